"""Whether a manifest's shots are consistent: names, people, frames, rates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from fsvfx.delivery import kinds
from fsvfx.documents import Finding, Loc
from fsvfx.errors import FsvfxError, InputError, Where
from fsvfx.manifests.draft import Draft, ShotDraft, listed, mapping
from fsvfx.reach import Reach, ReachError
from fsvfx.suggestions import suggestion
from schemas import rates
from schemas.frames import FrameRange
from schemas.manifest import Manifest, Plate, Shot
from schemas.templates import VIDEOS, suffix
from schemas.timecode import problem


def check_names(draft: Draft) -> Iterator[Finding]:
    """No two shots have the same name; letter case does not distinguish them, as some disks ignore it."""
    seen: dict[str, str] = {}
    for shot in draft.shots:
        if shot.name is None:
            continue
        if (other := seen.get(shot.name.lower())) is not None:
            what = f"another {shot.noun} is named '{other}'"
            yield Finding((*shot.loc, "name"), what, f"Give each {shot.noun} its own name")
        seen.setdefault(shot.name.lower(), shot.name)


def check_people(draft: Draft) -> Iterator[Finding]:
    """Everybody named is among the people, and nobody is replaced twice in a shot."""
    for shot in draft.shots:
        seen: set[str] = set()
        for index, entry in shot.replace.items():
            at = (*shot.loc, "replace", index)
            named: dict[Loc, object] = {("performer",): entry.performer, ("identity",): entry.identity}
            if entry.driver:
                named["driver", "person"] = entry.driver.person
            for role, name in named.items():
                if isinstance(name, str) and name and name not in draft.named:
                    yield Finding((*at, *role), f"'{name}' is not among the people", whom(name, draft.named))
            if entry.performer and entry.performer in seen:
                hint = "Keep one entry per performer; use overrides for other settings on some frames"
                yield Finding((*at, "performer"), f"'{entry.performer}' is replaced twice in this shot", hint)
            seen.add(entry.performer)
        yield from _check_told_apart(shot, draft)


def whom(name: str, named: Sequence[str]) -> str:
    """The hint if ``name`` is not among the people."""
    return suggestion(name, named, f"Add them to people (so far: {', '.join(named) or 'nobody'})")


def _check_told_apart(shot: ShotDraft, draft: Draft) -> Iterator[Finding]:
    """With several faces to replace, something must distinguish them."""
    tracks: dict[int, int] = {}
    for index, entry in shot.replace.items():
        at = (*shot.loc, "replace", index)
        person = draft.people.get(entry.performer)
        chosen = entry.track is not None or entry.position is not None
        yield from check_chosen(at, entry.track, entry.position)
        if len(shot.replace) > 1 and person and not person.references and not chosen and not entry.is_crowd:
            what = f"several faces are replaced, but nothing says which is '{entry.performer}'"
            yield Finding(
                at, what, "Give track, position, or references of the performer; `fsvfx faces` shows the tracks"
            )
        if entry.track is not None and entry.track in tracks:
            what = f"track {entry.track} is also replaced by entry {tracks[entry.track]}"
            yield Finding((*at, "track"), what, "Give each entry its own track")
        if entry.track is not None:
            tracks.setdefault(entry.track, index)


def check_chosen(at: Loc, track: int | None, position: tuple[float, float] | None) -> Iterator[Finding]:
    """Only one way of choosing the face is given."""
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
    """Whether ``frames`` are within ``inside``, the frames of ``noun``."""
    if outside := frames - inside:
        what = f"frame {outside.first} is not in the {noun}'s frames ({inside})"
        yield Finding(at, what, f"Keep within {inside}")


def _check_timecode(shot: ShotDraft, plate: Plate) -> Iterator[Finding]:
    if plate.timecode is None or plate.frame_rate is None:
        return
    if wrong := problem(plate.timecode, rates.parse(plate.frame_rate)):
        yield Finding((*shot.loc, "plate", "timecode"), *wrong)


_HEADERS = {".exr", ".dpx"}
"""Sequences whose headers may contain a rate."""


def check_rates(draft: Draft, data: dict[str, Any], manifest: Path) -> Iterator[Finding]:
    """Reported at the plate, unless the file's ``data`` has a wrong rate there, which has been reported already.

    For EXR and DPX the header of the shot's first frame is read, if it is on this machine.
    """
    timed = next((one.kind for one in draft.deliver.values() if kinds.kind(one.kind).needs_rate), None)
    reach = Reach(manifest, draft.production)
    said = {index for index, raw in listed(data.get("shots")) if mapping(mapping(raw).get("plate")).get("frame_rate")}
    for shot in draft.shots:
        if shot.plate is None or shot.loc[1] in said or suffix(shot.plate.path) in VIDEOS:
            continue
        wants = f"a {timed}" if timed else "plate.timecode" if shot.plate.timecode else None
        if wants and _tells_none(shot.plate, reach):
            what = f"{wants} needs a frame rate, but the image sequence has none"
            yield Finding((*shot.loc, "plate"), what, "Write frame_rate, such as 24000/1001")


def _tells_none(plate: Plate, reach: Reach) -> bool:
    if suffix(plate.path) not in _HEADERS:
        return True
    try:
        return _first_rate(plate, reach) is None
    except (FsvfxError, ReachError, KeyError, ValueError):
        return False  # reported by other checks, or by preflight


def _first_rate(plate: Plate, reach: Reach) -> object:
    from fsvfx.media.files import Place  # here: media imports this package for the manifest's reach
    from fsvfx.media.remote import is_remote
    from fsvfx.media.sequence.plate import SequenceReader

    path = reach.place(plate.path)
    if is_remote(path):
        raise ReachError("it is not on this machine", "")
    return SequenceReader(path, Place(path, reach=reach), plate.layer).head(plate.frames.first).frame_rate


def shots_of(manifest: Manifest, names: Sequence[str], path: Path) -> list[Shot]:
    """The named ones, or all, in the manifest's order. Raises InputError if there is no such shot."""
    known = [shot.name for shot in manifest.shots]
    for name in names:
        if name not in known:
            hint = suggestion(name, known)
            raise InputError(f"No shot named '{name}' in the manifest", hint=hint, where=Where(file=str(path)))
    return [shot for shot in manifest.shots if not names or shot.name in names]
