"""The JSON of an OpenTimelineIO file, checked before its C++ parser sees it: bad input can crash it. Pure."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fsvfx.errors import Problem

Check = Callable[[Any], bool]

_MEDIA = frozenset(
    ("ExternalReference", "ImageSequenceReference", "MissingReference", "GeneratorReference", "MediaReference")
)
_EFFECTS = frozenset(("Effect", "TimeEffect", "LinearTimeWarp", "FreezeFrame"))
_ITEMS = frozenset(("Clip", "Gap", "Filler", "Stack", "Track", "Sequence", "Transition", "Item", "Composable"))
_OTHERS = frozenset(("Timeline", "Marker", "SerializableCollection", "RationalTime", "TimeRange", "TimeTransform"))
_ALL = _MEDIA | _EFFECTS | _ITEMS | _OTHERS
OLD_NAMES = {"Sequence": 1, "Filler": 1, "SerializeableCollection": 1}
"""Former names of kinds, which are still read."""
OPAQUE = ("metadata", "parameters")
"""Fields with arbitrary contents."""


def kind_of(value: Any) -> str:
    """``Clip`` for an object with the schema ``Clip.2``; empty if it is not an object."""
    return str(value.get("OTIO_SCHEMA", "")).partition(".")[0] if isinstance(value, dict) else ""


def _of(*kinds: str) -> Check:
    return lambda value: kind_of(value) in kinds


def _maybe(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _list_of(kinds: frozenset[str]) -> Check:
    """Objects of other known kinds are wrong; unknown kinds are reported elsewhere."""
    return lambda value: value is None or (isinstance(value, list) and all(_fits(kind_of(one), kinds) for one in value))


def _fits(kind: str, kinds: frozenset[str]) -> bool:
    return kind in kinds or (kind != "" and kind not in _ALL)


def _is_media(value: Any) -> bool:
    return isinstance(value, dict) and all(kind_of(one) in _MEDIA for one in value.values())


def _is_text(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 31


def _is_plain(value: Any) -> bool:
    return value is None or (isinstance(value, dict) and not kind_of(value))


_TIME, _RANGE = _of("RationalTime"), _of("TimeRange")
_FIELDS: dict[str, Check] = {
    "source_range": _maybe(_RANGE),
    "available_range": _maybe(_RANGE),
    "marked_range": _maybe(_RANGE),
    "global_start_time": _maybe(_TIME),
    "start_time": _maybe(_TIME),
    "duration": _maybe(_TIME),
    "in_offset": _maybe(_TIME),
    "out_offset": _maybe(_TIME),
    "tracks": _of("Stack"),
    "effects": _list_of(_EFFECTS),
    "markers": _list_of(frozenset(("Marker",))),
    "media_reference": _maybe(_of(*_MEDIA)),
    "media_references": _is_media,
    "metadata": _is_plain,
    "parameters": _is_plain,
    "enabled": lambda value: isinstance(value, bool),
    "time_scalar": _is_number,
    "start_frame": _is_whole,
    "frame_step": _is_whole,
    "frame_zero_padding": _is_whole,
    "available_image_bounds": _maybe(_of("Box2d")),
    "color": lambda value: _is_text(value) or kind_of(value) == "Color",
} | dict.fromkeys(
    (
        "name", "kind", "target_url", "target_url_base", "name_prefix", "name_suffix", "missing_frame_policy",
        "transition_type", "effect_name", "active_media_reference_key", "generator_kind", "comment", "OTIO_SCHEMA",
    ),
    _is_text,
)  # fmt: skip
_CHILDREN = _list_of(_ITEMS)
_NEEDED = {"Timeline": ("tracks",), "TimeRange": ("start_time", "duration")}


def wrong_fields(value: dict[str, Any]) -> Iterator[str]:
    """Names of fields that are missing or have invalid contents."""
    kind = kind_of(value)
    yield from (field for field in _NEEDED.get(kind, ()) if not isinstance(value.get(field), dict))
    for field, held in value.items():
        check = _CHILDREN if field == "children" and "Collection" not in kind else _FIELDS.get(field)
        if check is not None and not check(held):
            yield field


_STRINGS = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_BRACKETS = re.compile(r"[\[\]{}]")
_AGAIN = "Export the edit again"
MOST_RATE = 1e6
"""Sound has 192000 samples a second."""
MOST_VALUE = 1e12
_SHOWN = 40
_TIMES = ("RationalTime", "TimeRange")


def nesting(text: str) -> int:
    """Nesting depth of the lists and objects in JSON ``text``, valid or not."""
    depth = deepest = 0
    for bracket in _BRACKETS.finditer(_STRINGS.sub("", text)):
        depth += 1 if bracket[0] in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def parsed(text: str) -> dict[str, Any]:
    """``text`` as data. Raises ValueError; also for duplicate keys in an object: readers differ in which they use."""
    data = json.loads(text, object_pairs_hook=_object)
    if not isinstance(data, dict) or "OTIO_SCHEMA" not in data:
        raise ValueError("it is JSON, but not an OpenTimelineIO object")
    return data


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"an object has the key '{twice[:_SHOWN]}' twice")
    return made


def problems_in(data: dict[str, Any], known: Mapping[str, int]) -> tuple[Problem, ...]:
    """Objects of kinds and versions that are not ``known``, references between objects, and impossible times.

    A problem's field is the name of the innermost named object. Metadata may contain anything, except invalid times:
    OpenTimelineIO reads those, too.
    """
    return tuple(_walk(data, "(edit)", known, inside_metadata=False))


def _walk(value: Any, name: str, known: Mapping[str, int], *, inside_metadata: bool) -> Iterator[Problem]:
    if isinstance(value, list):
        for one in value:
            yield from _walk(one, name, known, inside_metadata=inside_metadata)
    elif isinstance(value, dict):
        schema, kind = str(value.get("OTIO_SCHEMA", "")), kind_of(value)
        if isinstance(value.get("name"), str) and value["name"] and not inside_metadata:
            name = value["name"]
        if kind in _TIMES:
            yield from _wrong_time(kind, value, name)
        elif kind == "Transition" and any(_is_negative(value.get(side)) for side in ("in_offset", "out_offset")):
            yield Problem(name, "a transition has a negative offset", _AGAIN)
        elif kind.startswith("SerializableObjectRef"):
            yield Problem(name, "it refers to another object of the file (SerializableObjectRef)", _AGAIN)
        elif kind and kind not in known and not inside_metadata:
            hint = "If it changes time or picture, bake it into the plate; then export the edit without it"
            yield Problem(name, f"it holds an object of an unknown kind: {schema[:80]}", hint)
        elif kind in known and _version(schema) > known[kind]:
            what = f"it holds {schema[:80]}; the newest supported version is {kind}.{known[kind]}"
            yield Problem(name, what, "Export the edit for an older OpenTimelineIO")
        if kind in known or not inside_metadata:
            for field in wrong_fields(value):
                yield Problem(name, f"its field {field} is missing or holds an invalid value", _AGAIN)
        for key, one in value.items():
            yield from _walk(one, name, known, inside_metadata=inside_metadata or key in OPAQUE)


def _version(schema: str) -> int:
    version = schema.rpartition(".")[2]
    return int(version) if version.isascii() and version.isdigit() and len(version) < 9 else 0


def _wrong_time(kind: str, value: dict[str, Any], name: str) -> Iterator[Problem]:
    if kind == "TimeRange":
        if _is_negative(value.get("duration")):
            yield Problem(name, f"a duration is negative: {value['duration']['value']:g}", _AGAIN)
        return
    rate, count = _number(value.get("rate")), _number(value.get("value"))
    if rate is None or not 0 < rate <= MOST_RATE:
        yield Problem(name, f"{str(value.get('rate'))[:_SHOWN]} is not a frame rate", _AGAIN)
    elif count is None or abs(count) > MOST_VALUE:
        yield Problem(name, f"{str(value.get('value'))[:_SHOWN]} is not a time", _AGAIN)


def _is_negative(time: Any) -> bool:
    count = _number(time.get("value")) if isinstance(time, dict) else None
    return count is not None and count < 0


def _number(value: Any) -> float | None:
    """None if it is not a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if abs(value) < math.inf else None
