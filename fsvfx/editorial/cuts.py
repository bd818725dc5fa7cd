"""Uses of clips -> cuts: named, in whole frames at one exact rate, none of them retimed."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from opentimelineio.opentime import RationalTime

from fsvfx.editorial.clips import Use, uses_of
from fsvfx.editorial.edit import Edit, stated_rate
from fsvfx.editorial.edl.timeline import DROP
from fsvfx.editorial.names import media_name, media_path, reel_of, shot_names
from fsvfx.editorial.retimes import Retimes, remarks_of, retimes_of, source_rates
from fsvfx.errors import EditError, Problem
from schemas import rates

_WHOLE = 1e-3
_MOST_DIGITS = 9


@dataclass(frozen=True)
class Stated:
    """The edit's data on a clip's media: frame ``start`` is file number ``number`` (None: its first frame)."""

    start: int
    frames: int
    number: int | None


@dataclass(frozen=True)
class Cut:
    """The frames of its media that one shot needs, in the media's time, as counted by its timecode."""

    shot: str
    clip: str
    reel: str
    media: str
    """Name of the file that the edit plays, without its extension; empty if it names none."""
    path: str
    """That file, or the sequence with ``#`` for the digits."""
    rate: Fraction
    start: int
    frames: int
    head: int
    """Of ``frames``, those before the cut that a transition shows."""
    tail: int
    drop: bool | None
    """Whether its source timecodes are drop-frame; None: unknown."""
    stated: Stated | None

    @property
    def end(self) -> int:
        """The first frame after the needed ones."""
        return self.start + self.frames


@dataclass(frozen=True)
class Cuts:
    """All cuts of an edit, with the uses that they come from, in the same order."""

    cuts: tuple[Cut, ...]
    uses: tuple[Use, ...]
    notes: tuple[str, ...]


def cuts_of(edit: Edit, names: str = "{clip}", wanted: Container[str] | None = None) -> Cuts:
    """Name every shot and get its frames. ``names``: template of the shots' names, see ``shot_names``.

    ``wanted``: only these shots; default: all.

    Raises EditError with every retimed shot, every one at another rate and every one between frames; InputError if
    ``names`` is not a template.
    """
    found = uses_of(edit)
    if not found.shown:
        raise EditError(str(edit.file), (Problem("(edit)", "it has no picture", "Export the picture tracks"),))
    named = shot_names([use.clip for use in found.shown], names)
    problems: list[Problem] = []
    cuts: list[Cut] = []
    notes: list[str] = [*edit.notes, *found.notes, *named.notes]
    uses = [(use, name) for use, name in zip(found.shown, named.names) if wanted is None or name in wanted]
    for use, name in uses:
        retimes = retimes_of(use)
        wrong = _wrong(use, edit.rate, retimes)
        problems += [Problem(_at(name, use), what, hint) for what, hint in wrong]
        notes += _effects(name, retimes)
        if not wrong:
            cuts.append(_cut(use, name, edit))
    if problems:
        raise EditError(str(edit.file), tuple(problems))
    return Cuts(tuple(cuts), tuple(use for use, _ in uses), tuple(notes))


def _at(name: str, use: Use) -> str:
    """A shot's name may come from a template; then the edit's own name is added."""
    return name if not use.clip.name or name in use.clip.name else f"{name} (clip '{use.clip.name}')"


def _wrong(use: Use, rate: Fraction, retimes: Retimes) -> list[tuple[str, str]]:
    """Why a use can't be a shot, and how to fix it."""
    if retimes.changes:
        hint = "Bake the retime into the plate, and cut that in at normal speed"
        return [(f"it is retimed ({', '.join(retimes.changes)}); retimes are not supported", hint)]
    if said := next(_other_rates(use, rate), None):
        return [(said, "Convert the media to the edit's rate and cut it in again")]
    if said := _contradiction(use):
        return [(said, "Fix the clip in the editing system, and export the edit again")]
    times = (use.source.start_time, use.source.duration, use.head, use.tail)
    if not all(_is_whole(time, rate) for time in times if time is not None):
        return [
            ("it or its transition starts or ends between two frames", "Snap the cut to frames in the editing system")
        ]
    return []


def _other_rates(use: Use, rate: Fraction) -> Iterator[str]:
    """Media at another rate may be played in real time, with dropped frames, or off speed: the edit does not say
    which."""
    reference: Any = use.clip.media_reference
    there = reference.available_range if reference else None
    kept = use.clip.source_range
    spans: list[tuple[str, Any]] = [("the clip", kept), ("its media", there)]
    spans += [(f"its parent '{item.name or item.schema_name()}'", item.source_range) for item in use.around]
    for what, span in spans:
        for time in (span.start_time, span.duration) if span else ():
            own = stated_rate(time)
            if own is not None and own != rate:
                yield f"{what} runs at {own} frames a second, the edit at {rate}: that is a retime"
    for key, own in source_rates(use):
        if own != rate:
            yield f"its {key} is {own} frames a second, the edit runs at {rate}: that is a retime"
    if hasattr(reference, "frame_step"):
        played, step = reference.rate, reference.frame_step
        if rates.known(played) != rate:
            yield f"its image sequence runs at {played:g} frames a second, the edit at {rate}: that is a retime"
        if step != 1:
            yield f"its image sequence skips files (frame_step {step}): that is a retime"


def _contradiction(use: Use) -> str | None:
    """Contradictions between the clip and its media: lengths, and digits of an image sequence that no file has."""
    reference: Any = use.clip.media_reference
    if reference is None:
        return f"it should play its media '{use.clip.active_media_reference_key}', but has none of that name"
    there = reference.available_range
    own = use.clip.trimmed_range().duration
    if there is not None and own.to_seconds() > there.duration.to_seconds() + 1e-6:
        return f"it shows {own.value:g} frames, but its media has {there.duration.value:g}"
    if not 0 <= getattr(reference, "frame_zero_padding", 0) <= _MOST_DIGITS:
        return f"its image sequence has frame numbers of {reference.frame_zero_padding} digits"
    return None


def _effects(name: str, retimes: Retimes) -> Iterator[str]:
    """Effects that don't change time remain in the editing system."""
    for effect in retimes.others:
        yield f"{name}: the edit's effect {effect} is not applied"
    for effect in retimes.unknown:
        yield f"{name}: the edit's effect {effect} is unknown and not applied; check that it does not change time"


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
        drop=DROP in remarks_of(use.clip) if edit.is_edl else None,
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
    """In frames at ``rate``. Equivalent rates are not converted: 23.98 would drift against 24000/1001."""
    own = rates.snapped(time.rate)
    return float(time.value) if own == rate else float(Fraction(time.value) * rate / own)
