"""What one field of a manifest means for another: names, people, frames. Pure; each check yields what it finds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from fsvfx.manifests.draft import Draft, ShotDraft
from fsvfx.manifests.yaml_text import Finding, Loc
from fsvfx.suggestions import suggestion
from schemas import rates
from schemas.frames import FrameRange
from schemas.manifest import Plate
from schemas.timecode import problem


def check_names(draft: Draft) -> Iterator[Finding]:
    """No two shots of one name; letter case does not tell them apart, as it does not on every disk."""
    seen: dict[str, str] = {}
    for shot in draft.shots:
        if shot.name is None:
            continue
        if (other := seen.get(shot.name.lower())) is not None:
            what = f"there is another {shot.noun} '{other}'"
            yield Finding((*shot.loc, "name"), what, f"Give each {shot.noun} its own name")
        seen.setdefault(shot.name.lower(), shot.name)


def check_people(draft: Draft) -> Iterator[Finding]:
    """Whoever is named is among the people, and nobody is replaced twice in a shot."""
    for shot in draft.shots:
        seen: set[str] = set()
        for index, entry in shot.replace.items():
            at = (*shot.loc, "replace", index)
            for role, name in (("performer", entry.performer), ("identity", entry.identity)):
                if name not in draft.named:
                    yield Finding((*at, role), f"'{name}' is not among the people", whom(name, draft.named))
            if entry.performer in seen:
                hint = "Keep one entry per performer; use overrides for other settings on some frames"
                yield Finding((*at, "performer"), f"'{entry.performer}' is replaced twice in this shot", hint)
            seen.add(entry.performer)
        yield from _check_told_apart(shot, draft)


def whom(name: str, named: Sequence[str]) -> str:
    """What to do where ``name`` is not among the people."""
    return suggestion(name, named, f"Add them to people (there: {', '.join(named) or 'nobody yet'})")


def _check_told_apart(shot: ShotDraft, draft: Draft) -> Iterator[Finding]:
    """With several faces to replace, something must say which is whose."""
    tracks: dict[int, int] = {}
    for index, entry in shot.replace.items():
        at = (*shot.loc, "replace", index)
        person = draft.people.get(entry.performer)
        chosen = entry.track is not None or entry.position is not None
        yield from check_chosen(at, entry.track, entry.position)
        if len(shot.replace) > 1 and person and not person.references and not chosen:
            what = f"several faces are replaced, and nothing says which is '{entry.performer}'"
            yield Finding(
                at, what, "Give track, position, or references of the performer; `fsvfx faces` shows the tracks"
            )
        if entry.track is not None and entry.track in tracks:
            what = f"track {entry.track} is replaced by entry {tracks[entry.track]} too"
            yield Finding((*at, "track"), what, "Give each entry its own track")
        if entry.track is not None:
            tracks.setdefault(entry.track, index)


def check_chosen(at: Loc, track: int | None, position: tuple[float, float] | None) -> Iterator[Finding]:
    """One way to say which face it is is enough."""
    if track is not None and position is not None:
        yield Finding((*at, "position"), "track and position are both given", "Leave one of them out")


def check_frames(draft: Draft) -> Iterator[Finding]:
    """Frames are in the plate, overrides in the shot."""
    for shot in draft.shots:
        if shot.plate is None:
            continue
        yield from _check_timecode(shot, shot.plate)
        inside = shot.plate.frames
        if shot.composite:
            ranges = [override.frames for override in shot.composite.overrides]
            yield from _check_overrides((*shot.loc, "composite", "overrides"), ranges, inside)
        for index, entry in shot.replace.items():
            ranges = [override.frames for override in entry.overrides]
            yield from _check_overrides((*shot.loc, "replace", index, "overrides"), ranges, inside)


def _check_overrides(at: Loc, ranges: Iterable[FrameRange], inside: FrameRange) -> Iterator[Finding]:
    for index, frames in enumerate(ranges):
        yield from check_within((*at, index, "frames"), frames, inside, "shot")


def check_within(at: Loc, frames: FrameRange, inside: FrameRange, noun: str) -> Iterator[Finding]:
    """Whether ``frames`` are ``inside`` those of what ``noun`` says."""
    if outside := frames - inside:
        what = f"frame {outside.first} is not in the {noun}'s frames ({inside})"
        yield Finding(at, what, f"Keep within {inside}")


def _check_timecode(shot: ShotDraft, plate: Plate) -> Iterator[Finding]:
    if plate.timecode is None or plate.frame_rate is None:
        return
    if wrong := problem(plate.timecode, rates.parse(plate.frame_rate)):
        yield Finding((*shot.loc, "plate", "timecode"), *wrong)
