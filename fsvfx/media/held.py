"""Opening a file to read it: the one way for plates, references and roto."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from fsvfx import spelling
from fsvfx.errors import PlateError
from fsvfx.media import remote
from fsvfx.media.plate import Place
from fsvfx.reach import ReachError


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
