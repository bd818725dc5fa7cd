"""Uses of clips -> cuts: named, in whole frames of one exact rate, none of them retimed."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from fsvfx.editorial.edl_text import DROP, RETIMED
from fsvfx.editorial.names import media_name, media_path, reel_of, shot_names
from fsvfx.editorial.read import Edit
from fsvfx.editorial.uses import Use, uses_of
from fsvfx.errors import EditError, Problem
from schemas import rates

if TYPE_CHECKING:
    from opentimelineio.opentime import RationalTime

_WHOLE = 1e-3
_RETIMES = {"timeremap", "timewarp", "retime", "speed", "speedchange", "timestretch", "freezeframe", "timeeffect"}
"""Names of effects by which editing systems change time, besides OpenTimelineIO's own kinds."""


@dataclass(frozen=True)
class Stated:
    """What the edit says about a clip's media: frame ``start`` is file number ``number`` (None: its first frame)."""

    start: int
    frames: int
    number: int | None


@dataclass(frozen=True)
class Cut:
    """What one shot needs of its media. Frames are counted in the media's time, as its timecode counts them."""

    shot: str
    clip: str
    reel: str
    media: str
    """Name of the file that the edit plays, without its ending; empty if it names none."""
    path: str
    """That file, or the sequence with ``#`` for the digits."""
    rate: Fraction
    start: int
    frames: int
    head: int
    """Of ``frames``, those before the cut that a transition shows."""
    tail: int
    drop: bool | None
    """Whether its source timecodes are drop-frame; None: the edit does not say."""
    stated: Stated | None

    @property
    def end(self) -> int:
        """The first frame that is not needed."""
        return self.start + self.frames


@dataclass(frozen=True)
class Cuts:
    """All of an edit's, with the uses they come from, in the same order."""

    cuts: tuple[Cut, ...]
    uses: tuple[Use, ...]
    notes: tuple[str, ...]


def cuts_of(edit: Edit, names: str = "{clip}", wanted: Container[str] | None = None) -> Cuts:
    """Name every shot and take its frames. ``names``: template of the shots' names, see ``shot_names``.

    ``wanted``: only these shots; default: all.

    Raises EditError with every retimed shot, every one at another rate and every one between frames; InputError if
    ``names`` is no template.
    """
    found = uses_of(edit)
    if not found.shown:
        raise EditError(str(edit.file), (Problem("(edit)", "there is no picture in it", "Export the picture tracks"),))
    named = shot_names([use.clip for use in found.shown], names)
    problems: list[Problem] = []
    cuts: list[Cut] = []
    uses = [(use, name) for use, name in zip(found.shown, named.names) if wanted is None or name in wanted]
    for use, name in uses:
        try:
            wrong = list(_wrong(use, edit.rate))
            problems += [Problem(name, what, mend) for what, mend in wrong]
            if not wrong:
                cuts.append(_cut(use, name, edit))
        except rates.RateError as error:
            problems.append(Problem(name, str(error), "Export the edit again, at the rate that it was cut at"))
    if problems:
        raise EditError(str(edit.file), tuple(problems))
    notes = (*found.notes, *named.notes, *_effects(uses))
    return Cuts(tuple(cuts), tuple(use for use, _ in uses), notes)


def _wrong(use: Use, rate: Fraction) -> list[tuple[str, str]]:
    """What keeps a use from being a shot, and how to mend it."""
    retimes = [said for said in map(_retime, use.effects) if said] + _motion(use)
    if retimes:
        mend = "Bake the retime into the plate and cut that in at its own speed"
        return [(f"it is retimed ({', '.join(dict.fromkeys(retimes))}), which is not done here", mend)]
    own = rates.exact(use.source.duration.rate)
    played = getattr(use.clip.media_reference, "rate", 0)
    for what, other in (("the clip", own), ("its image sequence", rates.exact(played) if played else rate)):
        if other != rate:
            said = f"{what} runs at {other} frames a second, the edit at {rate}: that is a retime"
            return [(said, "Convert the media to the edit's rate and cut it in again")]
    if not all(_is_whole(time, rate) for time in (use.source.start_time, use.source.duration)):
        return [("it begins or ends between two frames", "Snap the cut to frames in the editing system")]
    return []


def _retime(effect: Any) -> str | None:
    from opentimelineio.schema import FreezeFrame, LinearTimeWarp, TimeEffect

    if isinstance(effect, FreezeFrame):
        return "a freeze frame"
    if isinstance(effect, LinearTimeWarp):
        return None if effect.time_scalar == 1 else f"speed {effect.time_scalar:.4g}"
    plain = {"".join(filter(str.isalpha, name.lower())) for name in (effect.effect_name, effect.name)}
    if isinstance(effect, TimeEffect) or plain & _RETIMES:
        return str(effect.effect_name or effect.name or "a time effect")
    return None


def _motion(use: Use) -> list[str]:
    return [said.removeprefix(RETIMED).strip() for said in _comments(use) if said.startswith(RETIMED)]


def _comments(use: Use) -> list[str]:
    """What an EDL says below the event."""
    return [str(said) for said in use.clip.metadata.get("cmx_3600", {}).get("comments", [])]


def _effects(uses: Sequence[tuple[Use, str]]) -> list[str]:
    """Effects that leave time alone stay with the editing system."""
    return [
        f"{name}: the edit's effect {effect.effect_name or effect.name} is not applied"
        for use, name in uses
        for effect in use.effects
        if not hasattr(effect, "time_scalar")
    ]


def _cut(use: Use, name: str, edit: Edit) -> Cut:
    rate = edit.rate
    head, tail = (_frames(time, rate) if time else 0 for time in (use.head, use.tail))
    return Cut(
        shot=name,
        clip=use.clip.name,
        reel=reel_of(use.clip),
        media=media_name(use.clip),
        path=media_path(use.clip),
        rate=rate,
        start=_frames(use.source.start_time, rate) - head,
        frames=_frames(use.source.duration, rate) + head + tail,
        head=head,
        tail=tail,
        drop=DROP in _comments(use) if edit.is_edl else None,
        stated=None if edit.is_edl else _stated(use, rate),  # an EDL's is made up from its clips
    )


def _stated(use: Use, rate: Fraction) -> Stated | None:
    reference: Any = use.clip.media_reference
    there = reference.available_range
    if there is None:
        return None
    return Stated(
        _frames(there.start_time, rate), _frames(there.duration, rate), getattr(reference, "start_frame", None)
    )


def _frames(time: RationalTime, rate: Fraction) -> int:
    return round(_value(time, rate))


def _is_whole(time: RationalTime, rate: Fraction) -> bool:
    value = _value(time, rate)
    return abs(value - round(value)) < _WHOLE


def _value(time: RationalTime, rate: Fraction) -> float:
    """In frames of ``rate``. Rates that mean the same are not converted: 23.98 would drift against 24000/1001."""
    own = rates.snapped(time.rate)
    return float(time.value) if own == rate else float(Fraction(time.value) * rate / own)
