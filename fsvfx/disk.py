"""Files and folders that are there whole or not at all, and last; and what went wrong with a disk, in plain words."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from fsvfx.errors import FsvfxError, MachineError, Where
from fsvfx.settings import machine

DRAFT = ".draft."
_HINTS = {
    errno.ENOSPC: "The disk is full: free some space, then run this again",
    errno.EDQUOT: "The disk quota is exceeded: delete files or have it raised, then run this again",
    errno.EROFS: "The disk is mounted read-only: mount it for writing, or choose another folder",
    errno.EACCES: "Give the user who runs fsvfx write permission there, or choose another folder",
    errno.EPERM: "Give the user who runs fsvfx write permission there, or choose another folder",
    errno.EIO: "The disk or share reports errors: check it, then run this again",
    errno.ESTALE: "The network share is gone: mount it again, then run this again",
    errno.ENAMETOOLONG: "Use a shorter name",
    errno.ENOTDIR: "Part of its path is a file, not a folder: choose another path",
    errno.EEXIST: "Part of its path is a file, not a folder: choose another path",
    errno.EISDIR: "A folder has that name: choose another file name",
    errno.EFBIG: "The disk can't hold files of that size: use another disk",
}
_TOLD_IN_TEXT = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO, errno.ESTALE)
_PASSING = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.EAGAIN, None}
"""What may be better if tried again."""
_PROBE = 1 << 18


def private(folder: Path) -> Path:
    """``folder``, made if need be, open to its owner alone. Raises OSError.

    One that is shared on purpose stays as it is: a home, one that belongs to somebody else, one whose group or sticky
    bit is set.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    state = folder.stat()
    shared = state.st_mode & (stat.S_ISVTX | stat.S_ISGID) or folder in (Path("/"), Path.home())
    if state.st_uid == os.geteuid() and state.st_mode & 0o077 and not shared:
        folder.chmod(0o700)
    return folder


def cache(*names: str) -> Path:
    """A place in the machine's cache, which only its owner may look into."""
    with suppress(OSError):  # whoever writes there meets it again
        private(machine().cache)
    return machine().cache.joinpath(*names)


@contextmanager
def told_plainly(path: Path) -> Iterator[None]:
    """Writing ``path`` inside: what a disk refuses comes out as MachineError, also where a library raised its own.

    Errors that have nothing to do with the disk pass as they are.
    """
    try:
        yield
    except OSError as error:
        raise unwritable(path, error) from error
    except Exception as error:
        if isinstance(error, FsvfxError) and type(error) is not MachineError:
            raise
        found = _reason(error, path)
        if found is None:
            raise
        raise unwritable(path, found) from error


def unwritable(path: Path, error: OSError) -> MachineError:
    """What to say when ``path`` could not be written."""
    number = error.errno if error.errno in _HINTS else (found.errno if (found := _reason(error, path)) else error.errno)
    said = os.strerror(number) if number in _HINTS and number is not None else error.strerror or str(error)
    return MachineError(
        f"{path} can't be written: {said}",
        hint=_HINTS.get(number or 0, "Check the path and the disk, then run this again"),
        where=Where(file=str(path)),
        transient=number in _PASSING,
    )


def _reason(error: Exception, path: Path) -> OSError | None:
    """Why the disk refused: encoders and libraries tell it in words at most. If not even that, the disk is asked."""
    text = str(error).lower()
    for number in _TOLD_IN_TEXT:
        if os.strerror(number).lower() in text:
            return OSError(number, os.strerror(number))
    try:
        with tempfile.TemporaryFile(dir=_existing(path.parent)) as probe:
            probe.write(bytes(_PROBE))
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as found:
        return found
    return None


def _existing(folder: Path) -> Path:
    return next((each for each in (folder, *folder.parents) if each.is_dir()), Path("/"))


def check_room(file: Path) -> None:
    """Whether the disk still takes what is written behind ``file``. Raises OSError.

    Some writers of pictures swallow it when their last buffer finds no room: the file is cut short, and nothing says
    so. A disk that has no room for a buffer more is full.
    """
    size = file.stat().st_size
    with file.open("r+b", buffering=0) as handle:
        handle.seek(size)
        try:
            written = handle.write(bytes(_PROBE))
        finally:
            handle.truncate(size)
    if written < _PROBE:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def sync(path: Path) -> None:
    """Wait until a file or folder is safe on its disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def place_folder(final: Path, write: Callable[[Path], None]) -> None:
    """Let ``write`` fill a folder, then give it its final name, all of it safe on the disk. Raises MachineError."""
    draft = final.with_name(f"{DRAFT}{final.name}")
    with told_plainly(final):
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        write(draft)
        for file in draft.iterdir():
            sync(file)
        sync(draft)
        draft.rename(final)
        sync(final.parent)


def linked(source: Path, target: Path) -> None:
    """The same bytes under another name: a hard link where the disk allows one, else a copy. Raises OSError."""
    try:
        os.link(os.path.realpath(source), target)
    except OSError:
        shutil.copyfile(source, target)


def place_file(final: Path, content: bytes) -> None:
    """Write a file; what was there stays until all of the new one is safe. Raises MachineError."""
    draft = final.with_name(f"{DRAFT}{final.name}")
    try:
        with told_plainly(final):
            final.parent.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(content)
            sync(draft)
            draft.replace(final)
            sync(final.parent)
    finally:
        with suppress(OSError):
            draft.unlink()


@contextmanager
def drafted(final: Path) -> Iterator[Path]:
    """A path to write to; what is there takes the name ``final`` once all went well. Several processes may write one.

    For caches: nothing waits until it is safe on the disk. Raises OSError.
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=DRAFT, dir=final.parent) as folder:
        draft = Path(folder) / final.name
        yield draft
        draft.replace(final)


def remove_folder(folder: Path) -> None:
    """Away at once by name; a kill halfway leaves a draft, never a part under the old name."""
    doomed = folder.with_name(f"{DRAFT}{folder.name}")
    folder.rename(doomed)
    shutil.rmtree(doomed)


def remove_drafts(folder: Path) -> None:
    """What a killed process left half-done."""
    for draft in folder.glob(f"{DRAFT}*"):
        shutil.rmtree(draft) if draft.is_dir() else draft.unlink()
