"""An image sequence as a plate: its frame numbers are in its file names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from fsvfx.errors import PlateError
from fsvfx.media import digests, exr_in, frame_rate, stills, timecodes
from fsvfx.media.plate import Place, PlateInfo
from fsvfx.media.sequence_files import SequenceFile, find_files
from fsvfx.media.video_file import unreadable
from schemas.frames import FrameRange
from schemas.job import ShotJob

_DOWNLOADS = 8


class SequenceReader:
    """Frames of a sequence by number."""

    def __init__(self, pattern: str, place: Place) -> None:
        self.files: dict[int, SequenceFile] = find_files(pattern, place)
        self._shot = place.shot

    def place(self, number: int) -> Place:
        return Place(self.files[number].url, self._shot)

    def picture(self, number: int) -> np.ndarray[Any, Any]:
        """One frame (H, W, 3) at native depth. PlateError."""
        return self.read(number)[0]

    def read(self, number: int) -> tuple[np.ndarray[Any, Any], exr_in.ExrFrame | None]:
        """One frame, and all of it where it is an EXR. PlateError."""
        path, place = self.files[number].local(), self.place(number)
        if path.suffix.lower() == ".exr":
            frame = exr_in.read_exr(path, place, [number])
            return frame.rgb, frame
        return stills.read_still(path, place, [number]), None

    def exr_header(self, number: int) -> dict[str, Any]:
        return exr_in.read_header(self.files[number].local(), self.place(number), [number])

    def fingerprint(self, numbers: Sequence[int]) -> dict[str, str]:
        """blake3 of each frame's file, by frame number."""
        files = {self.files[number].url: self.files[number] for number in numbers}
        stamps = {url: file.stamp for url, file in files.items()}

        def digest(url: str) -> str:
            return self._digest(files[url])

        known = digests.remembered(stamps, digest, at_once=_DOWNLOADS)
        return {str(number): known[self.files[number].url] for number in numbers}

    def _digest(self, file: SequenceFile) -> str:
        try:
            return digests.file_digest(file.local())
        except OSError as error:
            raise unreadable(error, Place(file.url, self._shot)) from None


class SequencePlate:
    """A shot's plate as numbered picture files of one size and depth."""

    def __init__(self, job: ShotJob, place: Place) -> None:
        self._job = job
        self._place = place
        self._reader = SequenceReader(job.shot.plate.path, place)
        self._check_range()

    @cached_property
    def info(self) -> PlateInfo:
        picture, exr = self._pattern_frame
        header = exr.header if exr else {}
        data, display = exr_in.windows(header) if header else (None, None)
        rate = self._frame_rate(header)
        aspect = float(header.get("pixelAspectRatio", 1.0))
        return PlateInfo(
            width=picture.shape[1],
            height=picture.shape[0],
            dtype=picture.dtype,
            frame_rate=rate,
            timecode=self._timecode(header, rate),
            first=min(self._reader.files),
            last=max(self._reader.files),
            has_audio=False,
            pixel_aspect=aspect,
            exr_header=header or None,
            data_window=data,
            display_window=display,
            notes=tuple(self._notes(exr)),
        )

    def pictures(self, numbers: Sequence[int]) -> Iterator[np.ndarray[Any, Any]]:
        for number in numbers:
            picture, exr = self._reader.read(number)
            self._check_alike(number, picture, exr)
            yield picture

    def fingerprint(self, numbers: Sequence[int]) -> dict[str, str]:
        return self._reader.fingerprint(numbers)

    def audio_file(self) -> Path | None:
        return None

    def exr_header(self, number: int) -> dict[str, Any]:
        return self._reader.exr_header(number) if self._is_exr else {}

    @property
    def _is_exr(self) -> bool:
        return self._job.shot.plate.path.lower().endswith(".exr")

    @cached_property
    def _pattern_frame(self) -> tuple[np.ndarray[Any, Any], exr_in.ExrFrame | None]:
        """The shot's first frame that can be read: one that can't must not take the others with it."""
        failed: PlateError | None = None
        for number in self._job.shot.plate.frames:
            try:
                return self._reader.read(number)
            except PlateError as error:
                failed = failed or error
        raise failed or self._place.error("the shot has no frames", "Write plate.frames")

    def _check_alike(self, number: int, picture: np.ndarray[Any, Any], exr: exr_in.ExrFrame | None) -> None:
        pattern, own = self._pattern_frame
        if picture.shape != pattern.shape or picture.dtype != pattern.dtype:
            raise self._reader.place(number).error(
                f"frame {number} is {_kind(picture)}, the shot begins with {_kind(pattern)}",
                "Hand over frames of one size and depth",
                [number],
            )
        if exr and own and exr_in.windows(exr.header) != exr_in.windows(own.header):
            raise self._reader.place(number).error(
                f"frame {number} has data and display windows {exr_in.windows(exr.header)}, "
                f"the shot begins with {exr_in.windows(own.header)}",
                "Render all frames with one data window and one display window",
                [number],
            )

    def _frame_rate(self, header: dict[str, Any]) -> Fraction:
        said = self._job.shot.plate.frame_rate
        wanted = frame_rate.parse_rate(said) if said else None
        own = header.get("framesPerSecond")
        rate = frame_rate.snap(Fraction(own)) if own else wanted
        if rate is None:
            what = "the image sequence carries no frame rate"
            raise self._place.error(what, "Write plate.frame_rate, such as 24000/1001")
        if wanted and rate != wanted:
            raise self._place.error(
                f"the EXR headers say {rate} frames a second, the manifest says {wanted}",
                f"Leave plate.frame_rate out, or write {rate}",
            )
        return rate

    def _timecode(self, header: dict[str, Any], rate: Fraction) -> str | None:
        plate = self._job.shot.plate
        own = timecodes.of_exr(header)
        at_first = timecodes.shift(own, plate.first_frame - plate.frames.first, rate) if own else None
        return timecodes.one_timecode(self._job, at_first, self._place)

    def _notes(self, exr: exr_in.ExrFrame | None) -> Iterator[str]:
        if exr is None:
            first = self._reader.files[self._job.shot.plate.frames.first]
            note = stills.alpha_note(first.local())
            yield from [note] if note else []
            return
        data, display = exr_in.windows(exr.header)
        aspect = exr.header.get("pixelAspectRatio", 1.0)
        said = {
            "alpha is left out": any(channel.name == "A" for channel in exr.header["channels"]),
            "32-bit float pixels are rounded to half": exr.rounded,
            "the data window is not the display window: all of its pixels are kept": data != display,
            f"pixels are not square ({aspect:g}); they are kept as they are": aspect != 1.0,
        }
        yield from (note for note, holds in said.items() if holds)

    def _check_range(self) -> None:
        missing = [n for n in self._job.shot.plate.frames if n not in self._reader.files]
        if not missing:
            return
        there = FrameRange(self._reader.files)
        raise self._place.error(
            f"{len(missing)} of {len(self._job.shot.plate.frames)} frames are missing; there are {there}",
            "Bring the missing files, or mend plate.frames",
            missing,
        )


def _kind(picture: np.ndarray[Any, Any]) -> str:
    return f"{picture.shape[1]}x{picture.shape[0]} {picture.dtype}"
