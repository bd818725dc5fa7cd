"""Foreign files: opened within reach, judged by their headers, and every error named by file and frame."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from fsvfx import spelling
from fsvfx.errors import FsvfxError, PlateError, Where
from fsvfx.media import remote
from fsvfx.media.probe_child import is_of_memory
from fsvfx.reach import Reach, ReachError
from fsvfx.settings import machine
from schemas.frames import FrameRange


@dataclass(frozen=True)
class Place:
    """Which file is being read and for whom: makes errors that say so."""

    file: str
    shot: str | None = None
    reach: Reach | None = None
    """Asked whenever a file is opened; None: whoever runs fsvfx has named it."""

    def of(self, file: str) -> Place:
        """The same for another file."""
        return replace(self, file=file)

    def error(self, what: str, hint: str, numbers: Sequence[int] = ()) -> PlateError:
        frames = FrameRange(numbers) if numbers else None
        return PlateError(what, hint=hint, where=Where(shot=self.shot, frames=frames, file=self.file))


@contextmanager
def held(path: Path, place: Place, numbers: Sequence[int] = ()) -> Iterator[Path]:
    """A path to the very file that ``path`` names now, while the block lasts, whatever becomes of its name or folder.

    It is asked where that file lies, so no link leads out of ``place.reach``, not even one that has just been made.
    Libraries that open by name are handed this path (of Linux's /proc); it has no ending. PlateError: absent, a folder,
    empty, or out of reach.
    """
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)  # not read yet: no pipe waits, no device starts
    except OSError as error:
        raise unreadable(error, place, numbers) from None
    try:
        _check_place(handle, place, numbers)
        found = os.fstat(handle)
        if stat.S_ISDIR(found.st_mode):
            raise unreadable(IsADirectoryError(), place, numbers)
        if not stat.S_ISREG(found.st_mode):
            raise place.error("this is a pipe, socket or device, not a file", "Name a file", numbers)
        if not found.st_size:
            raise place.error("the file is empty", "Copy it again from its source", numbers)
        file = Path(f"/proc/self/fd/{handle}")
        if not os.access(file, os.R_OK):
            raise unreadable(PermissionError(), place, numbers)
        yield file
    finally:
        os.close(handle)


def check_reach(place: Place, path: Path | str, numbers: Sequence[int] = ()) -> None:
    """PlateError if ``path`` (a file, a folder, s3://) leads out of ``place.reach`` as things are now."""
    if place.reach:
        try:
            place.reach.check(path)
        except ReachError as error:
            raise place.error(error.what, error.hint, numbers) from None


def unreadable(error: OSError, place: Place, numbers: Sequence[int] = ()) -> PlateError:
    """What keeps a file from being opened, in plain words."""
    if isinstance(error, FileNotFoundError):
        near = None if remote.is_remote(place.file) else spelling.near(Path(place.file))
        hint = f"Did you mean '{near}'?" if near else "Check the path; relative paths start at the manifest's folder"
        return place.error("the file does not exist", hint, numbers)
    if isinstance(error, PermissionError):
        return place.error("the file may not be read", "Give this user the right to read it", numbers)
    if isinstance(error, IsADirectoryError):
        hint = "Name a video file, or a sequence such as plates/sh0040.####.exr"
        return place.error("this is a folder", hint, numbers)
    return place.error(f"the file can't be read: {error.strerror or error}", "Check the disk and the path", numbers)


def _check_place(handle: int, place: Place, numbers: Sequence[int]) -> None:
    """Copies of what lies on S3 are fsvfx's own; their address was asked about before they were made."""
    if place.reach is None or remote.is_remote(place.file):
        return
    real = Path(os.readlink(f"/proc/self/fd/{handle}"))
    if not place.reach.holds(real):
        hint = "Put the file itself there, or let the machine's owner add its folder to FSVFX_ROOTS"
        raise place.error("a link leads outside the folders that the manifest may read", hint, numbers)


COPY_AGAIN = "Copy it again from its source"


@contextmanager
def guarded(what: str, place: Place, numbers: Sequence[int] = ()) -> Iterator[None]:
    """PlateError ``what`` for anything that a decoder raises; an error of ours goes through as it is."""
    try:
        yield
    except FsvfxError:
        raise
    except Exception as error:
        said = " ".join(str(error).split())
        if not is_of_memory(error):
            raise place.error(f"{what} ({said or type(error).__name__})", COPY_AGAIN, numbers) from error
        hint = "Make the picture smaller, or read it on a machine with more memory"
        raise place.error(f"{what}: it asks for more memory than there is", hint, numbers) from None


def check_size(width: int, height: int, place: Place, numbers: Sequence[int] = ()) -> None:
    """PlateError for pictures without a pixel, and for those larger than the machine's settings allow."""
    allowed = machine()
    if width < 1 or height < 1:
        raise place.error(f"its header says {width}x{height} pixels", "Render or copy the file again", numbers)
    if max(width, height) > allowed.max_side:
        raise _refusal(f"it is {width}x{height} pixels; a side may have {allowed.max_side}", "MAX_SIDE", place, numbers)
    if width * height > allowed.max_pixels:
        what = f"it is {width}x{height} = {width * height} pixels; a picture may have {allowed.max_pixels}"
        raise _refusal(what, "MAX_PIXELS", place, numbers)


def too_many_channels(place: Place, numbers: Sequence[int] = ()) -> PlateError:
    """For more channels, or parts, than the machine's settings allow."""
    return _refusal(f"it has more than {machine().max_channels} channels or parts", "MAX_CHANNELS", place, numbers)


def too_long(place: Place, numbers: Sequence[int] = ()) -> PlateError:
    """For a header of more bytes than the machine's settings allow."""
    return _refusal(f"its header has more than {machine().max_header_bytes} bytes", "MAX_HEADER_BYTES", place, numbers)


def check_frames(count: int, place: Place) -> None:
    """PlateError for a video that has, or says that it has, more frames than the machine's settings allow."""
    allowed = machine().max_frames
    if count > allowed:
        raise _refusal(f"it says that it has {count} frames; a video may have {allowed}", "MAX_FRAMES", place, ())


def _refusal(what: str, setting: str, place: Place, numbers: Sequence[int]) -> PlateError:
    return place.error(what, f"If the file is right, set FSVFX_{setting} higher", numbers)
