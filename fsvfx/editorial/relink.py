"""Edits that play the deliverables: the production's own edit relinked, or a new one with every shot in a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from opentimelineio.opentime import RationalTime
from opentimelineio.schema import Clip, Timeline, Track, TrackKind

from fsvfx.editorial.cuts import Cut, Cuts, cuts_of
from fsvfx.editorial.edit import Edit, read_edit
from fsvfx.editorial.edl.writer import edl_of
from fsvfx.editorial.numbering import anchor_of
from fsvfx.editorial.plates import media_of
from fsvfx.editorial.references import FACTS, PLATE, ShotMedia, references, shot_media
from fsvfx.errors import EditError, InputError, Problem, Where
from fsvfx.media import RATE_HINT, open_plate, timecodes
from fsvfx.media.addresses import TimecodeTrack
from fsvfx.outputs import KEEP, Named
from fsvfx.place import place
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.timecode import drops_by_default


def relinked(
    edit: Edit, cuts: Cuts, jobs: Sequence[ShotJob], folder: Path, *, external: bool = False
) -> tuple[ShotMedia, ...]:
    """Make the clips of ``edit`` play the deliverables of ``jobs``; their ranges are unchanged. The plate is kept as an
    additional reference.

    ``external``: see ``references``.

    Raises EditError with every shot that shows frames which are not delivered; RightsError, StoreError.
    """
    by_name = {job.shot.name.lower(): job for job in jobs}
    backs: list[ShotMedia] = []
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


def _of_cut(cut: Cut, job: ShotJob) -> ShotMedia:
    """Raises InputError if the edit shows frames that are not delivered; RightsError, StoreError."""
    plate = job.shot.plate
    media = media_of(plate.path, cut.rate)
    moved = 0 if media.is_sequence else plate.first_frame
    anchor = anchor_of(cut, media)
    first = anchor.number_of(cut.start) + moved
    last = first + cut.frames - 1
    is_within = plate.frames.first <= first and last <= plate.frames.last
    if not is_within or FrameRange.span(first, last) - plate.frames:
        what = f"the edit shows frames {first}-{last}, the manifest has {plate.frames}"
        raise InputError(what, hint="Import the edit again; finished work is kept")
    label = media.timecode or plate.timecode
    drop = ";" in label if label and cut.drop is None else None
    return shot_media(job, cut.rate, anchor.time_of(plate.frames.first - moved), drop=drop)


def _attach(clip: Any, back: ShotMedia, folder: Path, *, external: bool) -> None:
    """The clip's other media, such as proxies, are kept."""
    played = clip.active_media_reference_key
    kept = {key: one.clone() for key, one in clip.media_references().items() if not one.is_missing_reference}
    if played in kept:
        kept.setdefault(PLATE, kept.pop(played))
    clip.set_media_references(kept | references(back, folder, external=external), clip.DEFAULT_MEDIA_KEY)
    clip.metadata[FACTS] = back.facts


def assembled(
    name: str, jobs: Sequence[ShotJob], folder: Path, *, external: bool = False
) -> tuple[Timeline, tuple[ShotMedia, ...]]:
    """A timeline of all frames of the shots, in a row. Raises EditError, RightsError, PlateError, StoreError."""
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


def _of_shot(job: ShotJob) -> ShotMedia:
    info, plate = open_plate(job).info, job.shot.plate
    if info.frame_rate is None:
        what = f"An edit needs a frame rate, and the plate of shot {job.shot.name} has none"
        raise InputError(what, hint=RATE_HINT, where=Where(shot=job.shot.name, field="plate.frame_rate"))
    track = TimecodeTrack(info.frame_rate, plate.first_frame, info.timecode)
    label = track.at(plate.frames.first)
    return shot_media(job, info.frame_rate, timecodes.count(label, info.frame_rate), drop=";" in label)


def _check_one_rate(backs: Sequence[ShotMedia]) -> None:
    rate = backs[0].rate
    hint = "Export shots of one rate, with --shot"
    others = [
        Problem(back.job.shot.name, f"it runs at {back.rate} frames a second, the first shot at {rate}", hint)
        for back in backs
        if back.rate != rate
    ]
    if others:
        raise EditError(backs[0].job.manifest, tuple(others))


@dataclass(frozen=True)
class ExportedEdit:
    """What the edit plays now, and notes for people."""

    shots: tuple[ShotMedia, ...]
    notes: tuple[str, ...]


def export_edit(
    jobs: Sequence[ShotJob],
    out: Path,
    edit: Path | None = None,
    *,
    names: str = "{clip}",
    rate: Fraction | None = None,
    external: bool = False,
    replace: bool = False,
) -> ExportedEdit:
    """Write ``out``, an .otio or .edl that plays the deliverables of ``jobs``: ``edit`` relinked, or all shots in a
    row.

    ``replace``: overwrite an existing file. ``external``: clips refer to sequences as ExternalReference, for Resolve.

    Raises EditError, InputError, PlateError, RightsError, StoreError, MachineError; then nothing is written.
    """
    check_suffix(out)
    owner = Named(replace, tuple(filter(None, [edit, *(Path(job.manifest) for job in jobs)])))
    owner.check_read(out)
    folder = out.absolute().parent
    if edit is None:
        timeline, backs = assembled(out.stem, jobs, folder, external=external)
        write_edit(timeline, out, backs[0].rate, owner=owner)
        return ExportedEdit(backs, _undelivered(backs))
    read = read_edit(edit, rate)
    shots = {job.shot.name for job in jobs}
    cuts = cuts_of(read, names, wanted=shots)
    if not cuts.cuts:
        hint = "Give the same --names as at import"
        raise InputError("The edit has none of the manifest's shots", hint=hint, where=Where(file=str(edit)))
    backs = relinked(read, cuts, jobs, folder, external=external)
    absent = sorted(shots - {cut.shot for cut in cuts.cuts})
    write_edit(read.timeline, out, read.rate, (False, read.record_drop) if read.is_edl else None, owner=owner)
    notes = [f"{name}: it is not in the edit" for name in absent]
    return ExportedEdit(backs, (*cuts.notes, *notes, *_undelivered(backs)))


def _undelivered(backs: Sequence[ShotMedia]) -> tuple[str, ...]:
    return tuple(f"{back.job.shot.name}: not delivered yet" for back in backs if not back.facts["delivered"])


SUFFIXES = (".otio", ".edl")


def check_suffix(path: Path) -> None:
    """Raises InputError for unsupported output formats."""
    if path.suffix.lower() not in SUFFIXES:
        hint = f"Use {' or '.join(SUFFIXES)}"
        raise InputError(f"Edits of kind '{path.suffix}' are not written", hint=hint, where=Where(field="--out"))


def write_edit(
    timeline: Timeline, path: Path, rate: Fraction, drops: tuple[bool, bool] | None = None, *, owner: Named = KEEP
) -> None:
    """Write ``timeline`` atomically, without overwriting files that the ``owner`` protects.

    ``drops``, for an EDL: whether sources that don't say so themselves, and the record, are drop-frame; default: at
    29.97 and 59.94. Raises InputError (an EDL has one picture track), MachineError.
    """
    as_edl = path.suffix.lower() == ".edl"
    text = edl_of(timeline, rate, drops) if as_edl else str(timeline.to_json_string(4)) + "\n"

    def write(draft: Path) -> None:
        draft.write_text(text, encoding="utf-8")

    place(str(path), write, owner)
