"""Foreign files: opened within reach, identified by their headers, with file and frame in every error."""

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
from fsvfx.media.headers import HeaderError
from fsvfx.media.probe_child import is_of_memory
from fsvfx.reach import Reach, ReachError
from fsvfx.settings import machine
from schemas.frames import FrameRange


@dataclass(frozen=True)
class Place:
    """The file being read, and the shot and frames that it is for: makes errors that name them."""

    file: str
    shot: str | None = None
    reach: Reach | None = None
    """Checked whenever a file is opened; None: the user named the file, so it may be anywhere."""
    frames: tuple[int, ...] = ()

    def of(self, file: str, *frames: int) -> Place:
        """For the same shot, with another file and its frames."""
        return replace(self, file=file, frames=frames)

    def error(self, what: str, hint: str, frames: Sequence[int] = ()) -> PlateError:
        """An error about ``frames``; by default the place's own."""
        known = frames or self.frames
        where = Where(shot=self.shot, frames=FrameRange(known) if known else None, file=self.file)
        return PlateError(what, hint=hint, where=where)


@contextmanager
def held(path: Path, place: Place) -> Iterator[Path]:
    """A path to the file that ``path`` names now, valid during the block, even if its name or folder changes.

    The opened file's location is checked, so no link leads out of ``place.reach``, not even one that was just made.
    Libraries that open by name get this path (in Linux's /proc); it has no extension. PlateError: missing, a folder,
    empty, or out of reach.
    """
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)  # not opened for reading yet: no pipe waits, no device starts
    except OSError as error:
        raise unreadable(error, place) from None
    try:
        _check_place(handle, place)
        found = os.fstat(handle)
        if stat.S_ISDIR(found.st_mode):
            raise unreadable(IsADirectoryError(), place)
        if not stat.S_ISREG(found.st_mode):
            raise place.error("this is a pipe, socket or device, not a file", "Give a regular file")
        if not found.st_size:
            raise place.error("the file is empty", "Copy it again from its source")
        file = Path(f"/proc/self/fd/{handle}")
        if not os.access(file, os.R_OK):
            raise unreadable(PermissionError(), place)
        yield file
    finally:
        os.close(handle)


def check_reach(place: Place, path: Path | str) -> None:
    """PlateError if ``path`` (a file, a folder, s3://) currently leads out of ``place.reach``."""
    if place.reach:
        try:
            place.reach.check(path)
        except ReachError as error:
            raise place.error(error.what, error.hint) from None


def unreadable(error: OSError, place: Place) -> PlateError:
    """Why a file can't be opened, in plain words."""
    if isinstance(error, FileNotFoundError):
        if not remote.is_remote(place.file) and (said := spelling.dead_link(Path(place.file))):
            return place.error(f"the file is {said}", "Mount or restore what it points to, or replace the link")
        near = None if remote.is_remote(place.file) else spelling.near(Path(place.file))
        hint = f"Did you mean '{near}'?" if near else "Check the path; relative paths start at the manifest's folder"
        return place.error("the file does not exist", hint)
    if isinstance(error, PermissionError):
        return place.error("reading the file is not permitted", "Give this user permission to read it")
    if isinstance(error, IsADirectoryError):
        hint = "Give a video file, or a sequence such as plates/sh0040.####.exr"
        return place.error("this is a folder", hint)
    return place.error(f"the file can't be read: {error.strerror or error}", "Check the disk and the path")


def _check_place(handle: int, place: Place) -> None:
    """Copies from S3 are fsvfx's own; their address was checked before they were made."""
    if place.reach is None or remote.is_remote(place.file):
        return
    real = Path(os.readlink(f"/proc/self/fd/{handle}"))
    if not place.reach.holds(real):
        hint = "Put the file itself there, or have the machine's administrator add its folder to FSVFX_ROOTS"
        raise place.error("a link leads outside the folders that the manifest may read", hint)


COPY_AGAIN = "Copy it again from its source"


@contextmanager
def named(place: Place) -> Iterator[None]:
    """PlateError of ``place`` for a HeaderError, or for an error of the disk."""
    try:
        yield
    except HeaderError as error:
        raise place.error(error.what, error.hint) from None
    except OSError as error:
        raise unreadable(error, place) from None


@contextmanager
def guarded(what: str, place: Place) -> Iterator[None]:
    """PlateError ``what`` for any error of a decoder; fsvfx's own errors pass unchanged."""
    try:
        yield
    except FsvfxError:
        raise
    except HeaderError as error:
        raise place.error(error.what, error.hint) from None
    except Exception as error:
        said = " ".join(str(error).split())
        if not is_of_memory(error):
            raise place.error(f"{what} ({said or type(error).__name__})", COPY_AGAIN) from error
        hint = "Make the picture smaller, or read it on a machine with more memory"
        raise place.error(f"{what}: it needs more memory than is available", hint) from None


def check_size(width: int, height: int, place: Place) -> None:
    """PlateError for pictures without pixels, and for those larger than the machine's settings allow."""
    allowed = machine()
    if width < 1 or height < 1:
        raise place.error(f"its header says {width}x{height} pixels", "Render or copy the file again")
    if max(width, height) > allowed.max_side:
        raise _refusal(f"it is {width}x{height} pixels; a side may have at most {allowed.max_side}", "MAX_SIDE", place)
    if width * height > allowed.max_pixels:
        what = f"it is {width}x{height} = {width * height} pixels; a picture may have at most {allowed.max_pixels}"
        raise _refusal(what, "MAX_PIXELS", place)


def check_frames(count: int, place: Place) -> None:
    """PlateError for a video that has, or claims to have, more frames than the machine's settings allow."""
    allowed = machine().max_frames
    if count > allowed:
        raise _refusal(f"it claims {count} frames; a video may have at most {allowed}", "MAX_FRAMES", place)


def _refusal(what: str, setting: str, place: Place) -> PlateError:
    return place.error(what, f"If the file is right, set FSVFX_{setting} higher")
