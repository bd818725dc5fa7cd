"""An image sequence as a plate: its frame numbers are in its file names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from fsvfx.arrays import Array
from fsvfx.digests import blake3_of
from fsvfx.errors import PlateError
from fsvfx.media import addresses, digests, sniff, timecodes
from fsvfx.media.colour_tags import check_interop_id, exr_colour_notes
from fsvfx.media.files import Place, check_reach, check_size, held
from fsvfx.media.pixels import Window, laid, size_of, union_of
from fsvfx.media.plate import RATE_HINT, PlateInfo
from fsvfx.media.sequence.files import SequenceFile, find_files
from fsvfx.media.sequence.frame import FrameHead, notes_of, probe_frame, read_frame, read_head
from fsvfx.spelling import dead_link
from schemas import rates
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.templates import frame_path

_DOWNLOADS = 8
_UNREADABLE = ""


class SequenceReader:
    """Frames of a sequence by number. ``layer``: for EXR, the layer or part that contains the picture."""

    def __init__(self, pattern: str, place: Place, layer: str | None = None) -> None:
        self.files: dict[int, SequenceFile] = find_files(pattern, place)
        self._place = place
        self._layer = layer

    def place(self, number: int) -> Place:
        return self._place.of(self.files[number].url, number)

    def picture(self, number: int) -> Array:
        """One frame (H, W, 3) at native depth. PlateError."""
        return self.read(number)[0]

    def read(self, number: int) -> tuple[Array, FrameHead]:
        """One frame, and the facts in its file. PlateError."""
        return read_frame(*self._at(number), self._layer)

    def head(self, number: int) -> FrameHead:
        """Facts from one frame's file; cached per process until the file changes. PlateError."""
        return _head(self.files[number], self.place(number), self._layer)

    def probe(self, number: int) -> None:
        """PlateError if reading the frame is dangerous; see ``media/probe.py``."""
        probe_frame(*self._at(number), self._layer)

    def kind(self, number: int) -> sniff.Kind:
        """The kind of one frame's file, by its content. PlateError if it is not a supported picture."""
        return sniff.picture_kind(*self._at(number))

    def notes(self, number: int) -> list[str]:
        return notes_of(*self._at(number), self._layer)

    def union(self, numbers: Sequence[int]) -> Window:
        """The union of the data windows of ``numbers``, cached. Frames that can't be read are skipped here.

        PlateError if none can.
        """
        kind = f"#data window of {self._layer or 'plain'}"
        places = {f"{self.files[number].url}{kind}": number for number in numbers}
        stamps = {place: self.files[number].stamp for place, number in places.items()}
        known = digests.remembered(stamps, lambda place: self._window_text(places[place]), at_once=_DOWNLOADS)
        found = [tuple(map(int, text.split())) for text in known.values() if text != _UNREADABLE]
        return union_of([(a, b, c, d) for a, b, c, d in found]) if found else self._window(numbers[0])

    def fingerprint(self, numbers: Sequence[int]) -> dict[str, str]:
        """blake3 of each frame's file, by frame number."""
        by_url = {self.files[number].url: number for number in numbers}
        stamps = {url: self.files[number].stamp for url, number in by_url.items()}
        self.check_links(numbers)

        def digest(url: str) -> str:
            return self._digest(by_url[url])

        known = digests.remembered(stamps, digest, at_once=_DOWNLOADS)
        return {str(number): known[self.files[number].url] for number in numbers}

    def check_links(self, numbers: Sequence[int]) -> None:
        """PlateError if a file of ``numbers`` is a link out of the manifest's reach."""
        for number in numbers:
            if self.files[number].is_link:
                check_reach(self.place(number), self.files[number].url)

    def _at(self, number: int) -> tuple[Path, Place]:
        return self.files[number].local(), self.place(number)

    def _digest(self, number: int) -> str:
        with held(*self._at(number)) as there:
            return blake3_of(there)

    def _window(self, number: int) -> Window:
        head = self.head(number)
        height, width = head.size
        return head.windows[0] if head.windows else (0, 0, width - 1, height - 1)

    def _window_text(self, number: int) -> str:
        try:
            return " ".join(map(str, self._window(number)))
        except PlateError:
            return _UNREADABLE


@lru_cache(maxsize=256)
def _head(file: SequenceFile, place: Place, layer: str | None) -> FrameHead:
    return read_head(file.local(), place, layer)


class SequencePlate:
    """A shot's plate as numbered picture files of one size and depth."""

    def __init__(self, job: ShotJob, place: Place) -> None:
        self._job = job
        self._place = place
        self._reader = SequenceReader(job.shot.plate.path, place, job.shot.plate.layer)
        self._check_range()
        if self._kind is sniff.EXR:
            number, head = self._pattern
            check_interop_id(head.interop_id, job, self._reader.place(number))

    @cached_property
    def info(self) -> PlateInfo:
        number, head = self._pattern
        rate = self._frame_rate(head)
        read = addresses.read(lambda later: self._address(number + later), rate) if rate else addresses.Reading()
        height, width = size_of(self._canvas)
        about_color = exr_colour_notes(self.exr_header(number), self._job)
        return PlateInfo(
            width=width,
            height=height,
            dtype=head.dtype,
            frame_rate=rate,
            timecode=self._timecode(number, read, rate),
            first=min(self._reader.files),
            last=max(self._reader.files),
            has_audio=False,
            pixel_aspect=head.pixel_aspect,
            exr_header=self.exr_header(number) or None,
            data_window=self._canvas if head.windows else None,
            display_window=head.windows[1] if head.windows else None,
            notes=(
                *self._reader.notes(number),
                *about_color,
                *filter(None, [read.note]),
            ),
            doubts=tuple(about_color) if self._job.shot.plate.header_color == "check" else (),
        )

    def pictures(self, numbers: Sequence[int]) -> Iterator[Array]:
        for number in numbers:
            picture, head = self._reader.read(number)
            self._check_alike(number, head)
            yield laid(picture, head.windows[0], self._canvas) if head.windows else picture

    def fingerprint(self, numbers: Sequence[int]) -> dict[str, str]:
        plate = self._job.shot.plate
        chosen = {"layer": plate.layer} if plate.layer else {}
        laid_on = {"data window": str(self._canvas)} if plate.data_window == "union" else {}
        return self._reader.fingerprint(numbers) | chosen | laid_on

    def audio_file(self) -> Path | None:
        return None

    def exr_header(self, number: int) -> dict[str, Any]:
        return dict(self._reader.head(number).header) if self._kind is sniff.EXR else {}

    def dpx_header(self, number: int) -> dict[str, Any]:
        return dict(self._reader.head(number).header) if self._kind is sniff.DPX else {}

    @cached_property
    def _kind(self) -> sniff.Kind | None:
        """The kind of the first of the shot's frames that is a picture at all, by its content."""
        for number in self._job.shot.plate.frames:
            try:
                return self._reader.kind(number)
            except PlateError:
                continue
        return None

    @cached_property
    def _pattern(self) -> tuple[int, FrameHead]:
        """The shot's first readable frame: an unreadable one must not affect the others."""
        failed: PlateError | None = None
        for number in self._job.shot.plate.frames:
            try:
                self._reader.probe(number)
                return number, self._reader.head(number)
            except PlateError as error:
                failed = failed or error
        raise failed or self._place.error("the shot has no frames", "Write plate.frames")

    @cached_property
    def _canvas(self) -> Window:
        """The window that the plate's arrays show."""
        head = self._pattern[1]
        if head.windows is None:
            return (0, 0, head.size[1] - 1, head.size[0] - 1)
        if self._job.shot.plate.data_window == "union":
            union = self._reader.union(list(self._job.shot.plate.frames))
            height, width = size_of(union)
            check_size(width, height, self._place)
            return union
        return head.windows[0]

    def _check_alike(self, number: int, head: FrameHead) -> None:
        first, pattern = self._pattern
        place = self._reader.place(number)
        moves = self._job.shot.plate.data_window == "union" and head.windows is not None
        if head.dtype != pattern.dtype or (head.size != pattern.size and not head.windows):
            raise place.error(
                f"frame {number} is {_kind(head)}, the shot starts with {_kind(pattern)}",
                "Provide frames of one size and depth",
            )
        if head.windows and pattern.windows and head.windows[moves:] != pattern.windows[moves:]:
            raise place.error(
                f"frame {number} has data and display windows {head.windows}, frame {first} has {pattern.windows}",
                "Render all frames with one data window and one display window, or, where only data windows differ, "
                "write plate.data_window: union",
            )
        if head.interop_id != pattern.interop_id:
            check_interop_id(head.interop_id, self._job, place)

    def _frame_rate(self, head: FrameHead) -> Fraction | None:
        """The rate in the headers or the manifest; frames need none, videos and timecodes do."""
        said = self._job.shot.plate.frame_rate
        wanted = rates.parse(said) if said else None
        rate = head.frame_rate or wanted
        if wanted and rate != wanted:
            raise self._place.error(
                f"the headers say {rate} frames a second, the manifest says {wanted}",
                f"Leave out plate.frame_rate, or set it to {rate}",
            )
        return rate

    def _timecode(self, number: int, read: addresses.Reading, rate: Fraction | None) -> str | None:
        if rate is None:
            if self._job.shot.plate.timecode:
                what = "plate.timecode can't be used: the image sequence has no frame rate"
                raise self._place.error(what, RATE_HINT)
            return None  # each frame keeps its own header
        back = self._job.shot.plate.first_frame - number
        at_first = timecodes.shift(read.text, back, rate) if read.text else None
        return timecodes.one_timecode(self._job, at_first, rate, self._place)

    def _address(self, number: int) -> addresses.Address | None:
        """For frame ``number``, if the shot has it and it can be read."""
        if number not in self._job.shot.plate.frames:
            return None
        try:
            return self._reader.head(number).address
        except PlateError:
            return None

    def _check_range(self) -> None:
        missing = [n for n in self._job.shot.plate.frames if n not in self._reader.files]
        if not missing:
            self._reader.check_links(list(self._job.shot.plate.frames))
            return
        there, are = FrameRange(self._reader.files), "is" if len(missing) == 1 else "are"
        link = dead_link(Path(frame_path(self._job.shot.plate.path, missing[0])))
        raise self._place.error(
            f"{len(missing)} of {len(self._job.shot.plate.frames)} frames {are} missing; available: {there}"
            + (f"; {missing[0]} is {link}" if link else ""),
            "Add the missing files, or correct plate.frames",
            missing,
        )


def _kind(head: FrameHead) -> str:
    return f"{head.size[1]}x{head.size[0]} {head.dtype}"
