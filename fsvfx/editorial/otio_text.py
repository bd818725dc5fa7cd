"""The JSON of an edit, looked through before OpenTimelineIO sees it: its parser is C++, which bad input can crash.

Nesting, numbers, kinds of objects. Pure.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from fsvfx.editorial.otio_fields import OPAQUE, kind_of, wrong_fields
from fsvfx.errors import Problem

_STRINGS = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_BRACKETS = re.compile(r"[\[\]{}]")
_AGAIN = "Export the edit again"
MOST_RATE = 1e6
"""Sound has 192000 samples a second."""
MOST_VALUE = 1e12
_SHOWN = 40
_TIMES = ("RationalTime", "TimeRange")


def nesting(text: str) -> int:
    """How deep the lists and objects of JSON ``text`` are nested, whether it is sound or not."""
    depth = deepest = 0
    for bracket in _BRACKETS.finditer(_STRINGS.sub("", text)):
        depth += 1 if bracket[0] in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def parsed(text: str) -> dict[str, Any]:
    """``text`` as data. Raises ValueError; also for a key twice in an object: readers differ in which they take."""
    data = json.loads(text, object_pairs_hook=_object)
    if not isinstance(data, dict) or "OTIO_SCHEMA" not in data:
        raise ValueError("it is JSON, but no OpenTimelineIO object")
    return data


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"an object has '{twice[:_SHOWN]}' twice")
    return made


def problems_in(data: dict[str, Any], known: Mapping[str, int]) -> tuple[Problem, ...]:
    """Objects of kinds and versions that are not ``known``, references between objects, and times that can be none.

    A problem's field is the name of the innermost named object. Metadata may hold what it likes, but for its times:
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
            yield Problem(name, f"it holds an object of a kind that is not known: {schema[:80]}", hint)
        elif kind in known and _version(schema) > known[kind]:
            what = f"it holds {schema[:80]}; the newest that is read is {kind}.{known[kind]}"
            yield Problem(name, what, "Export the edit for an older OpenTimelineIO")
        if kind in known or not inside_metadata:
            for field in wrong_fields(value):
                yield Problem(name, f"its field {field} holds what can't be there, or is missing", _AGAIN)
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
        yield Problem(name, f"{str(value.get('rate'))[:_SHOWN]} is no frame rate", _AGAIN)
    elif count is None or abs(count) > MOST_VALUE:
        yield Problem(name, f"{str(value.get('value'))[:_SHOWN]} is no time", _AGAIN)


def _is_negative(time: Any) -> bool:
    count = _number(time.get("value")) if isinstance(time, dict) else None
    return count is not None and count < 0


def _number(value: Any) -> float | None:
    """None for what is none, infinity and NaN among it."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if abs(value) < math.inf else None
