"""Facts from a plate's own files: its frames, size, rate and timecode, and its color space if they name one."""

from __future__ import annotations

from dataclasses import dataclass

from fsvfx.colour import DEFAULT_CONFIG
from fsvfx.media import remote
from fsvfx.media.colour_tags import exr_space, video_space
from fsvfx.media.files import Place
from fsvfx.media.plate import PlateInfo, PlateReader
from fsvfx.media.sequence.files import find_files, is_sequence
from fsvfx.media.sources import open_plate
from fsvfx.media.video.file import open_video
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.manifest import Person, Plate, Shot


@dataclass(frozen=True)
class PlateFacts:
    """A plate on disk. A video's frames count from 0; a sequence's numbers are those of its files."""

    path: str
    is_sequence: bool
    numbers: FrameRange
    """The frames that exist."""
    info: PlateInfo
    space: str | None
    """The color space named by header or tags, by the config's own name; None if they name none."""
    source: str
    """Where ``space`` comes from, in words."""

    @property
    def longest(self) -> FrameRange:
        """The longest range without a gap."""
        run = max(self.numbers.runs, key=len)
        return FrameRange.span(run.start, run.stop - 1)

    @property
    def missing(self) -> FrameRange:
        """Numbers between the first and the last for which a sequence has no file."""
        return FrameRange.span(self.numbers.first, self.numbers.last) - self.numbers


def facts_of(path: str, frame_rate: str | None = None, *, sound: bool = True) -> PlateFacts:
    """Open the plate at ``path`` (a video, or a sequence with ``####``) and read its facts.

    frame_rate: for sequences without one, and videos with unevenly spaced frames. sound: whether its sound is needed.
    Raises PlateError; StoreError for S3.
    """
    files = find_files(path, Place(path)) if is_sequence(path) else None
    first = min(files) if files else 0
    reader = plate_reader(path, FrameRange((first,)), frame_rate=frame_rate, sound=sound)
    numbers = FrameRange(files) if files else FrameRange.span(0, reader.info.last)
    space, source = _space_of(path, reader, first, is_video=files is None)
    return PlateFacts(path, files is not None, numbers, reader.info, space, source)


def plate_reader(
    path: str, frames: FrameRange, *, color_space: str = "sRGB", frame_rate: str | None = None, sound: bool = True
) -> PlateReader:
    """The plate at ``path``, opened for the user who runs fsvfx: it may be anywhere. A video's frames count from 0.

    Raises PlateError; StoreError for S3.
    """
    first = 0 if not is_sequence(path) else frames.first
    plate = Plate(
        path=path,
        first_frame=first,
        frames=frames,
        color_space=color_space,
        frame_rate=frame_rate,
        header_color="ignore",
        data_window="union",
    )
    return open_plate(job_of(plate).model_copy(update={"sound": sound}))


def job_of(plate: Plate, **people: Person) -> ShotJob:
    """A job that only reads ``plate``, and ``people``'s references. Their paths are absolute, or s3://."""
    return ShotJob(
        production="probe",
        shot=Shot(name="plate", plate=plate),
        people=people,
        deliver=(),
        store="memory://probe",
        colour_config=DEFAULT_CONFIG.name,
        manifest="/",  # the user who runs this names the files: they may be anywhere
    )


def _space_of(path: str, reader: PlateReader, first: int, *, is_video: bool) -> tuple[str | None, str]:
    if is_video:
        local = remote.local_copy(remote.spelled(path))
        file = open_video(local, Place(path))
        return video_space(file.transfer, file.primaries)
    return exr_space(reader.exr_header(first), DEFAULT_CONFIG)
