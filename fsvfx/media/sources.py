"""Opens a job's plate, and the pictures that each stage's unit reads from files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from fsvfx.arrays import Array, Source
from fsvfx.entries import entry_name
from fsvfx.errors import PlateError
from fsvfx.media import remote
from fsvfx.media.files import Place, check_reach
from fsvfx.media.plate import Canvas, PlateReader
from fsvfx.media.references import PersonSource
from fsvfx.media.sequence.files import has_token, suggestion
from fsvfx.reach import reach_of
from schemas.frames import FrameRange
from schemas.job import ShotJob, driver_job
from schemas.manifest import Replace
from schemas.receipts import Unit
from schemas.templates import PICTURES, frame_path, suffix

if TYPE_CHECKING:
    from fsvfx.media.sequence.plate import SequenceReader


def open_plate(job: ShotJob) -> PlateReader:
    """The shot's plate, checked to have every frame that the shot needs.

    Videos (mp4, mov, webm, mkv, gif) and image sequences (exr, dpx, png, tiff, jpg), on disk or ``s3://``. Raises
    PlateError (what, which frames, a hint); StoreError if S3 refuses or is unreachable.
    """
    path = job.shot.plate.path
    place = Place(path, job.shot.name, reach_of(job))
    check_reach(place, path)
    if suffix(path) in PICTURES:
        if has_token(path):
            from fsvfx.media.sequence.plate import SequencePlate  # here: videos do not need it

            return SequencePlate(job, place)
        raise place.error("a single still is not a plate", "Use #### (or %04d) for the frame number in its name")
    local = remote.local_copy(remote.spelled(path))
    if local.is_dir():
        raise place.error("this is a folder", suggestion(local))
    from fsvfx.media.video.plate import VideoPlate  # here: sequences do not need it

    return VideoPlate(job, local, place)


class OpenedPlate:
    """A job's plate, shared by all units that read it; opened on first use."""

    def __init__(self, job: ShotJob) -> None:
        self._job = job

    @cached_property
    def reader(self) -> PlateReader:
        return open_plate(self._job)


class PlateSource:
    """The plate frames of one unit."""

    def __init__(self, plate: OpenedPlate, numbers: Sequence[int]) -> None:
        self._plate = plate
        self._numbers = numbers

    def fingerprint(self) -> dict[str, str]:
        return self._plate.reader.fingerprint(self._numbers)

    def pictures(self, series: str = "") -> Iterator[Array]:
        yield from self._plate.reader.pictures(self._numbers)


def source_for(job: ShotJob, unit: Unit, stage: str = "", plate: OpenedPlate | None = None) -> Source:
    """The input of ``stage``: external mattes for ``roto``, drivers' footage for ``driver``; otherwise plate frames for
    a chunk (or the whole shot), references for a person. ``plate``: the job's, if several units read it. Raises
    PlateError, StoreError."""
    if stage == "roto":
        return RotoSource(job, _numbers(job, unit))
    if stage == "driver":
        return DriverSource(job)
    return (
        PersonSource(job, unit.person)
        if unit.kind == "person"
        else PlateSource(plate or OpenedPlate(job), _numbers(job, unit))
    )


def _numbers(job: ShotJob, unit: Unit) -> list[int]:
    return list(unit.chunk.frames if unit.chunk else job.shot.plate.frames)


class DriverSource:
    """The footage of a shot's drivers: a series for each entry that has one, named ``r0``, ``r1`` ..."""

    def __init__(self, job: ShotJob) -> None:
        driven = [index for index, entry in enumerate(job.shot.replace) if entry.driver]
        self._jobs = {entry_name(index): driver_job(job, index) for index in driven}

    def fingerprint(self) -> dict[str, str]:
        found = {}
        for name, job in self._jobs.items():
            for frame, digest in open_plate(job).fingerprint(list(job.shot.plate.frames)).items():
                found[f"{name}/{frame}"] = digest
        return found

    def pictures(self, series: str = "") -> Iterator[Array]:
        """All frames (H, W, 3) of the driver of the entry ``series``."""
        job = self._jobs[series]
        yield from open_plate(job).pictures(list(job.shot.plate.frames))


class RotoSource:
    """External mattes of some frames: a series for each entry with a roto, named ``r0``, ``r1`` ..."""

    def __init__(self, job: ShotJob, numbers: Sequence[int]) -> None:
        self._job = job
        self._numbers = list(numbers)
        self._entries = {entry_name(index): entry for index, entry in enumerate(job.shot.replace) if entry.roto}

    def fingerprint(self) -> dict[str, str]:
        """Each file's content, and the position of the plate's pixels. Raises PlateError for frames without a matte."""
        found = {"canvas": f"{self._canvas.data} of {self._canvas.display}"}
        for name, entry in self._entries.items():
            digests = self._reader(entry).fingerprint(self._numbers)
            found |= {f"{name}/{number}": digest for number, digest in digests.items()}
        return found

    def pictures(self, series: str = "") -> Iterator[Array]:
        """Each frame's matte (H, W) float16 of the entry ``series``. Raises PlateError."""
        from fsvfx.media.mattes import probe_matte, read_matte

        entry = self._entries[series]
        reader = self._reader(entry)
        for number in self._numbers:
            path, place = reader.files[number].local(), reader.place(number)
            if number == self._numbers[0]:
                probe_matte(path, entry.roto_layer, place)
            yield read_matte(path, self._canvas, entry.roto_layer, place)

    def check(self, series: str) -> None:
        """Raises PlateError for frames without a matte; opens none."""
        self._reader(self._entries[series])

    @cached_property
    def _canvas(self) -> Canvas:
        return open_plate(self._job).info.canvas

    def _reader(self, entry: Replace) -> SequenceReader:
        """Checked to have every frame."""
        from fsvfx.media.sequence.plate import SequenceReader

        pattern = str(entry.roto)
        reader = SequenceReader(pattern, Place(pattern, self._job.shot.name, reach_of(self._job)))
        missing = [number for number in self._numbers if number not in reader.files]
        if missing:
            raise self._absent(pattern, entry, reader, missing)
        reader.check_links(self._numbers)
        return reader

    def _absent(self, pattern: str, entry: Replace, reader: SequenceReader, missing: Sequence[int]) -> PlateError:
        return Place(frame_path(pattern, missing[0]), self._job.shot.name).error(
            f"the roto of {entry.performer} has no file for {len(missing)} of {len(self._numbers)} frames; "
            f"available: {FrameRange(reader.files)}",
            "Add the missing files; use a black one where the matte is empty",
            missing,
        )
