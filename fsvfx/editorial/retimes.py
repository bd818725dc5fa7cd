"""Whether an edit plays a clip at a different speed than it was shot at, wherever the editing system stores that. Pure.

OpenTimelineIO has LinearTimeWarp, FreezeFrame and TimeEffect. Editing systems also write plain effects, recognizable by
their names and metadata; and metadata of clips, media and nests.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from opentimelineio.schema import FreezeFrame, LinearTimeWarp, TimeEffect

from fsvfx.editorial.clips import Use
from fsvfx.editorial.edl.remarks import retimes_in
from fsvfx.editorial.edl.timeline import RETIMED
from fsvfx.editorial.effects import KEYS, KNOWN, NAMES, speaks_of_time, squeezed, words
from schemas import rates

_IDENTIFIERS = words(
    "effectname effectid matchname operation operationgroup operationdefinition name effecttype class classname "
    "mltservice"
)
"""Metadata keys whose value is an effect's name."""
_PARAMETERS = words("parameterid displayname name id")
_VALUES = words("value parametervalue startvalue")
_OFF = frozenset(("", "false", "no", "none", "off"))
_SPEEDS = words(
    "speed speedratio speedpercent speedpercentage clipspeed playbackspeed playbackrate playrate timescalar warpspeed "
    "visualscale"
)
_SOURCE_RATES = words(
    "foundrysourceframerate sourceframerate srcframerate mediainputframerate interpretfootageframerate"
)
_CURVES = words("lookup keyframes curve points timept")
"""Metadata keys of a time warp that contain it frame by frame."""
_NORMAL = 1e-6
"""Tolerance around speed 1: float32 rounding."""
_MLT_WARP = re.compile(r"(-?\d+\.?\d*):.")
"""Kdenlive's address of a file at a different speed."""
_DEEPEST = 24
_RESOLVE = "Resolve_OTIO"
_SLOT = "Resolve Effect"
"""Resolve gives every clip an empty slot for each of its own effects, including ``Retime and Scaling``. A retime is a
LinearTimeWarp or TimeEffect beside them, and the slot stays empty."""


@dataclass(frozen=True)
class Retimes:
    """``changes`` of time, each in a few words; ``others``: names of effects without any; ``unknown``: names of effects
    for which that is only assumed."""

    changes: tuple[str, ...]
    others: tuple[str, ...]
    unknown: tuple[str, ...]


def retimes_of(use: Use) -> Retimes:
    """For a clip and all of its ancestors."""
    found: list[str] = [*_remarks(use), *_address(use.clip.media_reference)]
    others: list[str] = []
    unknown: list[str] = []
    for holder in (use.clip, use.clip.media_reference, *use.around):
        found += _signs(holder.metadata if holder else {})
    for effect in use.effects:
        name = _shown_name(effect)
        if said := _said(effect):
            found.append(said) if effect.enabled else others.append(f"{name} (disabled)")
        elif not _is_warp(effect) and not _is_empty_slot(effect):
            (others if _is_known(effect) else unknown).append(name)
    return Retimes(tuple(dict.fromkeys(found)), tuple(dict.fromkeys(others)), tuple(dict.fromkeys(unknown)))


def remarks_of(clip: Any) -> list[str]:
    """The lines of an EDL below the event."""
    facts = clip.metadata.get("cmx_3600")
    said = facts.get("comments", []) if hasattr(facts, "get") else []
    return [one for one in ([said] if isinstance(said, str) else said) if isinstance(one, str)]


def source_rates(use: Use) -> Iterator[tuple[str, Fraction]]:
    """Frame rates of the medium in metadata, with their keys. Cameras' sensor rates are excluded."""
    for holder in (use.clip, use.clip.media_reference):
        for key, value in _entries(holder.metadata if holder else {}):
            if squeezed(key) in _SOURCE_RATES and (rate := _rate(value)):
                yield key, rate


def _entries(metadata: Any, deep: int = 0) -> Iterator[tuple[str, Any]]:
    for key, value in metadata.items() if hasattr(metadata, "items") and deep < _DEEPEST else ():
        yield str(key), value
        yield from _entries(value, deep + 1)


def _rate(value: Any) -> Fraction | None:
    try:
        return rates.parse(str(value))
    except rates.RateError:
        return None


def _remarks(use: Use) -> list[str]:
    """The remarks from our EDL reader, and those that OpenTimelineIO's has left unparsed."""
    found = [said.removeprefix(RETIMED).strip() for said in remarks_of(use.clip) if said.startswith(RETIMED)]
    left = [said.lstrip("* ").strip() for said in remarks_of(use.clip) if not said.startswith("FSVFX")]
    return [*found, *retimes_in(left, rates.snapped(use.source.duration.rate))]


def _address(reference: Any) -> list[str]:
    """The speed in the address of the media."""
    warp = _MLT_WARP.match(getattr(reference, "target_url", None) or "")
    return [f"speed {warp[1]}"] if warp and float(warp[1]) != 1 else []


def _is_warp(effect: Any) -> bool:
    return isinstance(effect, LinearTimeWarp)


def _said(effect: Any) -> str | None:
    """What ``effect`` does to time; None: nothing."""
    if isinstance(effect, FreezeFrame):
        return "a freeze frame"
    if _is_warp(effect):
        is_normal = abs(effect.time_scalar - 1) <= _NORMAL
        return next(_curves(effect.metadata), None) if is_normal else f"speed {effect.time_scalar:.7g}"
    if isinstance(effect, TimeEffect):
        return _shown_name(effect)
    if _is_empty_slot(effect):
        return None
    if any(map(speaks_of_time, _names(effect))) and not _is_known(effect):
        return _shown_name(effect)
    return next(_signs(effect.metadata), None)


def _names(effect: Any, of: Collection[str] = ()) -> list[str]:
    """All names of the effect, including those in its metadata. ``of``: only under these keys."""
    spaces = [effect.metadata, *(value for value in effect.metadata.values() if hasattr(value, "items"))]
    found = [
        value
        for space in spaces
        for key, value in space.items()
        if squeezed(str(key)) in (of or _IDENTIFIERS) and isinstance(value, str)
    ]
    own = () if of else (effect.effect_name, effect.name)
    return [name for name in (*found, *own) if name]


def _shown_name(effect: Any) -> str:
    names = [name for name in _names(effect) if name != _SLOT]
    return (names or [effect.schema_name()])[0][:80]


def _is_known(effect: Any) -> bool:
    """By its language-independent name, if the editing system has one."""
    names = [squeezed(name) for name in _names(effect, of=("matchname",)) or _names(effect) if name != _SLOT]
    return bool(names) and all(name.removeprefix("aeadbe") in KNOWN for name in names)


def _is_empty_slot(effect: Any) -> bool:
    facts = effect.metadata.get(_RESOLVE)
    is_slot = effect.effect_name == _SLOT and hasattr(facts, "get") and "Parameters" in facts
    return bool(is_slot and hasattr(facts["Parameters"], "__len__") and len(facts["Parameters"]) == 0)


def _signs(metadata: Any, deep: int = 0) -> Iterator[str]:
    """Changes of time in metadata, by unambiguous keys and effect names."""
    if deep > _DEEPEST or isinstance(metadata, str):
        return
    if not hasattr(metadata, "items"):
        for one in metadata if hasattr(metadata, "__iter__") else ():
            yield from _signs(one, deep + 1)
        return
    if _is_slot_data(metadata):
        return
    yield from _parameter(metadata)
    for key, value in metadata.items():
        plain = squeezed(str(key).rpartition(".")[2])  # ``foundry.timeline.retime``
        if plain in KEYS and not _is_neutral(value, plain):
            yield f"{key}: {str(value)[:40]}" if isinstance(value, str | int | float) else str(key)
        elif plain in _IDENTIFIERS and isinstance(value, str) and squeezed(value) in NAMES:
            yield value
        else:
            yield from _signs(value, deep + 1)


def _curves(metadata: Any, deep: int = 0) -> Iterator[str]:
    """From a time warp's metadata: what it does frame by frame, besides its speed."""
    for key, value in metadata.items() if hasattr(metadata, "items") and deep < _DEEPEST else ():
        if squeezed(str(key)) in _CURVES and hasattr(value, "__len__") and len(value):
            yield str(key)
        else:
            yield from _curves(value, deep + 1)
    yield from _signs(metadata) if deep == 0 else ()


def _is_slot_data(metadata: Any) -> bool:
    """An entry in Resolve's list of a clip's effects, with nothing set."""
    parameters = metadata.get("Parameters")
    return "Effect Name" in metadata and hasattr(parameters, "__len__") and len(parameters) == 0


def _parameter(metadata: Any) -> Iterator[str]:
    """``{parameterid: speed, value: 50}``"""
    plain = {squeezed(str(key)): value for key, value in metadata.items()}
    called = {squeezed(value) for key, value in plain.items() if key in _PARAMETERS and isinstance(value, str)}
    for name in called & KEYS:
        values = [_inner(value) for key, value in plain.items() if key in _VALUES]
        if any(not _is_neutral(value, name) for value in values) or plain.get("keyframes"):
            yield f"{name}: {str(values[0])[:40]}" if values else name


def _inner(value: Any) -> Any:
    """Premiere's ``{Position: ..., Value: 100}``."""
    if not hasattr(value, "items"):
        return value
    return next((one for key, one in value.items() if squeezed(str(key)) in _VALUES), value)


def _is_neutral(value: Any, key: str) -> bool:
    """Unset, disabled, or a speed of 1 or 100 %. A speed of 0 is a freeze frame."""
    if hasattr(value, "items"):
        keyed = ((squeezed(str(name)), one) for name, one in value.items())
        return all(_is_neutral(one, name if name in KEYS else key) for name, one in keyed)
    if hasattr(value, "__len__") and not isinstance(value, str):
        return len(value) == 0
    said = "" if value is None else str(value).strip().lower()
    if said in _OFF:
        return True
    try:
        number = float(Fraction(said.rstrip("% ")))
    except (ValueError, ZeroDivisionError):
        return False
    return number in (1, 100) if key in _SPEEDS else number == 0
