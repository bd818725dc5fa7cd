"""A video file as a plate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from blake3 import blake3

from fsvfx.colour import ColourConfig
from fsvfx.errors import PlateError
from fsvfx.media import addresses, timecodes
from fsvfx.media.colour_tags import video_colour_notes
from fsvfx.media.files import Place, guarded, named
from fsvfx.media.pixels import upright
from fsvfx.media.plate import Numbering, PlateInfo
from fsvfx.media.video import audio
from fsvfx.media.video.clock import widest_gap
from fsvfx.media.video.decoder import VideoDecoder
from fsvfx.media.video.file import VideoFile, interlaced, open_video
from fsvfx.media.video.rgb import depth, to_rgb
from schemas import rates
from schemas.frames import FrameRange
from schemas.job import ShotJob


class VideoReader:
    """Frames of a video by index, upright RGB. Used for plates and references."""

    def __init__(self, path: Path, place: Place, numbering: Numbering) -> None:
        self.file: VideoFile = open_video(path, place)
        self._place = place
        self._numbering = numbering

    def __len__(self) -> int:
        return max(len(self.file.index), self.file.index.declared)

    def pictures(self, indices: Sequence[int]) -> Iterator[np.ndarray[Any, Any]]:
        """Each frame (H, W, 3). PlateError names a frame that is damaged, cut off, interlaced or has another size."""
        with guarded("the video can't be decoded", self._place):
            yield from self._pictures(indices)

    def _pictures(self, indices: Sequence[int]) -> Iterator[np.ndarray[Any, Any]]:
        present = [index for index in indices if index < len(self.file.index)]
        decoder = VideoDecoder(self.file.path, self.file.index, self._place, self._numbering)
        reformatter = VideoReformatter()
        for index, frame in zip(present, decoder.frames(present)):
            yield self._upright_rgb(self._numbering.number(index), frame, reformatter)
        if len(present) < len(indices):
            raise self._cut_off([i for i in indices if i >= len(self.file.index)])

    def fingerprint(self, indices: Sequence[int]) -> str:
        """Digest of the packets that ``indices`` are decoded from: damage elsewhere in the file has no effect."""
        index = self.file.index
        content = blake3(f"{index.header}|{self.file.turn}".encode())
        present = [i for i in indices if i < len(index)]
        positions = index.needed(present)
        content.update(index.digest[positions].tobytes())
        content.update(np.array([index.presented[i] - positions[0] for i in present], np.int64).tobytes())
        content.update(str(len(indices) - len(present)).encode())
        return content.hexdigest()

    def _upright_rgb(self, number: int, frame: VideoFrame, reformatter: VideoReformatter) -> np.ndarray[Any, Any]:
        if frame.interlaced_frame:
            raise interlaced(self._place)
        with named(self._place.of(self._place.file, number)):
            own, rgb = depth(frame), to_rgb(frame, reformatter)
        if (frame.width, frame.height) != self.file.coded or own != self.file.dtype:
            raise self._place.error(
                f"the picture changes at frame {number}: {frame.width}x{frame.height}, {own}; "
                f"the video starts with {self.file.coded[0]}x{self.file.coded[1]}, {self.file.dtype}",
                "Provide a plate of one size and depth",
                [number],
            )
        return upright(rgb, self.file.turn)

    def _cut_off(self, indices: Sequence[int]) -> PlateError:
        numbers = [self._numbering.number(i) for i in indices]
        return self._place.error(
            f"the file is cut off: it should have {self.file.index.declared} frames and has {len(self.file.index)}",
            "Copy it again from its source",
            numbers,
        )


class VideoPlate:
    """A shot's plate in a video file. Frame ``first_frame`` is the file's first presented frame."""

    def __init__(self, job: ShotJob, path: Path, place: Place) -> None:
        self._job = job
        self._place = place
        self._numbering = Numbering(job.shot.plate.first_frame)
        self._reader = VideoReader(path, place, self._numbering)
        self._check_range()

    @cached_property
    def info(self) -> PlateInfo:
        file = self._reader.file
        rate, uneven = self._frame_rate()
        read = addresses.read_label(file.timecode, file.timecode_rate or rate, rate)
        doubts = (*self._tags(), *filter(None, (uneven,)))
        return PlateInfo(
            width=file.width,
            height=file.height,
            dtype=file.dtype,
            frame_rate=rate,
            timecode=timecodes.one_timecode(self._job, read.text, rate, self._place),
            first=self._numbering.number(0),
            last=self._numbering.number(len(self._reader) - 1),
            has_audio=file.has_audio and not uneven,
            pixel_aspect=float(file.pixel_aspect),
            notes=(*file.notes, *doubts, *filter(None, (read.note,))),
            doubts=doubts,
        )

    def pictures(self, numbers: Sequence[int]) -> Iterator[np.ndarray[Any, Any]]:
        return self._reader.pictures([self._numbering.index(number) for number in numbers])

    def fingerprint(self, numbers: Sequence[int]) -> dict[str, str]:
        return {"video": self._reader.fingerprint([self._numbering.index(number) for number in numbers])}

    def audio_file(self) -> Path | None:
        if not self.info.has_audio:
            return None
        frames = self._job.shot.plate.frames
        file = self._reader.file
        start = file.index.seconds(self._numbering.index(frames.first)) - file.start
        return audio.extract(file.path, start, len(frames) / self._frame_rate()[0], self._place)

    def exr_header(self, number: int) -> dict[str, Any]:
        return {}

    def dpx_header(self, number: int) -> dict[str, Any]:
        return {}

    def _tags(self) -> list[str]:
        file, plate = self._reader.file, self._job.shot.plate
        return video_colour_notes(file.transfer, file.primaries, plate.color_space, ColourConfig.of(self._job))

    def _frame_rate(self) -> tuple[Fraction, str]:
        """The rate, and a note if the frames do not follow it evenly.

        Frames are counted, not timed, so any spacing gives the right pictures; only sound needs an even grid.
        """
        file = self._reader.file
        times, own = file.times, file.rate
        said = self._job.shot.plate.frame_rate
        wanted = rates.parse(said) if said else None
        if own and wanted and own != wanted:
            raise self._place.error(
                f"the video runs at {own} frames a second, the manifest says {wanted}",
                f"Leave out plate.frame_rate, or set it to {own}",
            )
        if own:
            return own, ""
        gap = f"the frame rate varies (longest gap after frame {self._numbering.number(widest_gap(times))})"
        is_heard = file.has_audio and self._job.sound
        if wanted is None and is_heard:
            raise self._place.error(
                f"{gap}, so its sound can't be kept in sync",
                "Convert it to a constant rate, or set plate.frame_rate: frames then play at that rate, without sound",
            )
        rate = wanted or next(rate for rate in map(rates.known, (*file.rates, 24)) if rate)
        told = f"{gap}: frames play at {rate} a second" + (", without the sound" if is_heard else "")
        return rate, told + ("" if wanted else "; set plate.frame_rate for another rate")

    def _check_range(self) -> None:
        first, last = self._numbering.number(0), self._numbering.number(len(self._reader) - 1)
        outside = self._job.shot.plate.frames - FrameRange.span(max(first, 0), last)
        if outside:
            raise self._place.error(
                f"the video has frames {first}-{last} ({last - first + 1} of them)",
                "Correct plate.frames or plate.first_frame",
                tuple(outside),
            )
