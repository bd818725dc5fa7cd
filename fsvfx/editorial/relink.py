"""Timelines that play the deliverables: the production's own edit relinked, or one made of the manifest's shots."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fsvfx.delivery.timecodes import TimecodeTrack
from fsvfx.editorial.cuts import Cut, Cuts
from fsvfx.editorial.hand_back import FACTS, PLATE, HandBack, hand_back, references
from fsvfx.editorial.numbering import anchor_of
from fsvfx.editorial.plates import media_of
from fsvfx.editorial.read import Edit
from fsvfx.errors import EditError, InputError, Problem, Where
from fsvfx.media import open_plate, timecodes
from fsvfx.media.sequence import RATE_HINT
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.timecode import drops_by_default

if TYPE_CHECKING:
    from opentimelineio.schema import Timeline


def relinked(
    edit: Edit, cuts: Cuts, jobs: Sequence[ShotJob], folder: Path, *, external: bool = False
) -> tuple[HandBack, ...]:
    """Let the clips of ``edit`` play what ``jobs`` deliver; their ranges stay. The plate stays as one more reference.

    ``external``: see ``references``.

    Raises EditError with every shot that shows frames which are not delivered; RightsError, StoreError.
    """
    by_name = {job.shot.name.lower(): job for job in jobs}
    backs: list[HandBack] = []
    problems: list[Problem] = []
    for cut, use in zip(cuts.cuts, cuts.uses):
        try:
            back = _of_cut(cut, by_name[cut.shot.lower()])
        except InputError as error:
            problems.append(Problem(cut.shot, error.what, error.hint))
            continue
        _attach(use.clip, back, folder, external=external)
        backs.append(back)
    if problems:
        raise EditError(str(edit.file), tuple(problems))
    return tuple(backs)


def _of_cut(cut: Cut, job: ShotJob) -> HandBack:
    """Raises InputError if the edit shows what is not delivered; RightsError, StoreError."""
    plate = job.shot.plate
    media = media_of(plate.path, cut.rate)
    moved = 0 if media.is_sequence else plate.first_frame
    anchor = anchor_of(cut, media)
    first = anchor.number_of(cut.start) + moved
    last = first + cut.frames - 1
    is_within = plate.frames.first <= first and last <= plate.frames.last
    if not is_within or FrameRange.span(first, last) - plate.frames:
        what = f"the edit shows frames {first}-{last}, the manifest has {plate.frames}"
        raise InputError(what, hint="Import the edit again; what is done stays done")
    told = media.timecode or plate.timecode
    drop = ";" in told if told and cut.drop is None else None
    return hand_back(job, cut.rate, anchor.time_of(plate.frames.first - moved), drop=drop)


def _attach(clip: Any, back: HandBack, folder: Path, *, external: bool) -> None:
    """What the clip had beside the medium that it plays, such as proxies, stays, too."""
    played = clip.active_media_reference_key
    kept = {key: one.clone() for key, one in clip.media_references().items() if not one.is_missing_reference}
    if played in kept:
        kept.setdefault(PLATE, kept.pop(played))
    clip.set_media_references(kept | references(back, folder, external=external), clip.DEFAULT_MEDIA_KEY)
    clip.metadata[FACTS] = back.facts


def assembled(
    name: str, jobs: Sequence[ShotJob], folder: Path, *, external: bool = False
) -> tuple[Timeline, tuple[HandBack, ...]]:
    """A timeline of all frames of the shots, in a row. Raises EditError, RightsError, PlateError, StoreError."""
    from opentimelineio.opentime import RationalTime
    from opentimelineio.schema import Clip, Timeline, Track, TrackKind

    backs = tuple(_of_shot(job) for job in jobs)
    _check_one_rate(backs)
    track = Track("V1", kind=TrackKind.Video)
    for back in backs:
        clip = Clip(back.job.shot.name, source_range=back.available)
        _attach(clip, back, folder, external=external)
        track.append(clip)
    rate = backs[0].rate
    hour = timecodes.count("01:00:00;00" if drops_by_default(rate) else "01:00:00:00", rate)
    timeline = Timeline(name, global_start_time=RationalTime(hour, float(rate)))
    timeline.tracks.append(track)
    return timeline, backs


def _of_shot(job: ShotJob) -> HandBack:
    info, plate = open_plate(job).info, job.shot.plate
    if info.frame_rate is None:
        what = f"An edit counts in frames a second, and shot {job.shot.name}'s plate tells no frame rate"
        raise InputError(what, hint=RATE_HINT, where=Where(shot=job.shot.name, field="plate.frame_rate"))
    track = TimecodeTrack(info.frame_rate, plate.first_frame, info.timecode)
    label = track.at(plate.frames.first)
    return hand_back(job, info.frame_rate, timecodes.count(label, info.frame_rate), drop=";" in label)


def _check_one_rate(backs: Sequence[HandBack]) -> None:
    rate = backs[0].rate
    hint = "Export shots of one rate: --shot"
    others = [
        Problem(back.job.shot.name, f"it runs at {back.rate} frames a second, the first shot at {rate}", hint)
        for back in backs
        if back.rate != rate
    ]
    if others:
        raise EditError(backs[0].job.manifest, tuple(others))
