"""What each field of an OpenTimelineIO object may hold, as its C++ parser crashes on some that hold another. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Check = Callable[[Any], bool]

_MEDIA = frozenset(
    ("ExternalReference", "ImageSequenceReference", "MissingReference", "GeneratorReference", "MediaReference")
)
_EFFECTS = frozenset(("Effect", "TimeEffect", "LinearTimeWarp", "FreezeFrame"))
_ITEMS = frozenset(("Clip", "Gap", "Filler", "Stack", "Track", "Sequence", "Transition", "Item", "Composable"))
_OTHERS = frozenset(("Timeline", "Marker", "SerializableCollection", "RationalTime", "TimeRange", "TimeTransform"))
_ALL = _MEDIA | _EFFECTS | _ITEMS | _OTHERS
OLD_NAMES = {"Sequence": 1, "Filler": 1, "SerializeableCollection": 1}
"""Kinds as they were once called, which are read still."""
OPAQUE = ("metadata", "parameters")
"""Fields that hold what they like."""


def kind_of(value: Any) -> str:
    """``Clip`` of an object that says ``Clip.2``; empty for what is no object."""
    return str(value.get("OTIO_SCHEMA", "")).partition(".")[0] if isinstance(value, dict) else ""


def _of(*kinds: str) -> Check:
    return lambda value: kind_of(value) in kinds


def _maybe(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _list_of(kinds: frozenset[str]) -> Check:
    """Objects of other known kinds are wrong; of unknown ones there is more to tell elsewhere."""
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
    """Names of fields that hold what they can't, or are missing."""
    kind = kind_of(value)
    yield from (field for field in _NEEDED.get(kind, ()) if not isinstance(value.get(field), dict))
    for field, held in value.items():
        check = _CHILDREN if field == "children" and "Collection" not in kind else _FIELDS.get(field)
        if check is not None and not check(held):
            yield field
