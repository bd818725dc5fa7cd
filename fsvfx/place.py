"""Files are put in place whole or not at all, on disk or S3, and never over somebody else's."""

from __future__ import annotations

import errno
import os
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from fsvfx.digests import blake3_of
from fsvfx.disk import check_room, sync, told_plainly
from fsvfx.errors import MachineError, Where
from fsvfx.media import remote
from schemas.templates import suffix

_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EACCES}
"""Errors of file systems without hard links."""


class Owner(Protocol):
    """Who places a file: knows where it may go, and what may be replaced."""

    def enter(self, folder: str) -> None:
        """Raises InputError if no file may be put into ``folder`` (or below s3://), which is no link and in no link."""

    def intend(self, target: str, digest: str) -> None:
        """Called before a file of ``digest`` is put at ``target``."""

    def check(self, target: str, digest: str) -> None:
        """Raises InputError if what is at ``target`` may not be replaced by a file of ``digest``."""


def place(target: str, write: Callable[[Path], object], owner: Owner) -> tuple[str, int]:
    """Let ``write`` make a file, then give it its final name ``target`` (a path or s3://); its digest and size.

    The final name shows nothing, or what was there, until all of the file is safe. What is there already is replaced
    only if the ``owner`` lets it. Raises MachineError; InputError of the owner's.
    """
    if remote.is_remote(target):
        return _upload(target, write, owner)
    return _rename(Path(target), write, owner)


def digest_at(target: str, *, follow: bool = False) -> str | None:
    """Hex blake3 of the file or object at ``target``; None if there is none, or only a link to one that is not to be
    followed. Raises StoreError for a server that can't be asked."""
    if not remote.is_remote(target):
        path = Path(target)
        return blake3_of(path) if path.is_file() and (follow or not path.is_symlink()) else None
    if not remote.exists(target):
        return None
    copy = remote.local_copy(target)
    try:
        return blake3_of(copy)
    finally:
        copy.unlink(missing_ok=True)  # a shot's frames would fill the cache


def _rename(final: Path, write: Callable[[Path], object], owner: Owner) -> tuple[str, int]:
    with _entered(final, owner) as folder:
        draft, there = folder / f".{uuid.uuid4().hex}.part{final.suffix}", folder / final.name
        try:
            with told_plainly(final):
                write(draft)
                check_room(draft)
                digest, size = blake3_of(draft), draft.stat().st_size
                sync(draft)
            owner.intend(str(final), digest)
            _check_same(folder, final)
            with told_plainly(final):
                if not _placed_anew(draft, there):
                    owner.check(str(final), digest)
                    draft.replace(there)
                sync(folder)
            return digest, size
        finally:
            with suppress(OSError):
                draft.unlink()


@contextmanager
def _entered(final: Path, owner: Owner) -> Iterator[Path]:
    """The folder of ``final``, by a path (of Linux's /proc) that means this very folder to fsvfx and to the processes
    that it starts, whatever becomes of its name. The owner is asked where it really lies."""
    owner.enter(os.path.realpath(final.parent))
    with told_plainly(final):
        final.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(final.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        folder = f"/proc/{os.getpid()}/fd/{handle}"
        owner.enter(os.readlink(folder))
        yield Path(folder)
    finally:
        os.close(handle)


def _check_same(folder: Path, final: Path) -> None:
    """Raises MachineError if another folder has come in place of the one that was entered."""
    with told_plainly(final):
        if not os.path.samestat(os.stat(final.parent), os.stat(folder)):
            what = f"{final.parent} was moved or replaced while {final.name} was written"
            raise MachineError(what, hint="Run it again", where=Where(file=str(final)), transient=True)


def _placed_anew(draft: Path, final: Path) -> bool:
    """Give ``draft`` the name ``final`` if nothing has it: in one step, where the disk knows hard links."""
    try:
        os.link(draft, final)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if os.path.lexists(final):
            return False
        draft.replace(final)
    return True


def _upload(target: str, write: Callable[[Path], object], owner: Owner) -> tuple[str, int]:
    owner.enter(target)
    with tempfile.TemporaryDirectory(prefix="fsvfx-") as folder:
        draft = Path(folder) / f"draft{suffix(target)}"
        with told_plainly(draft):
            write(draft)
            check_room(draft)
            digest, size = blake3_of(draft), draft.stat().st_size
        owner.intend(target, digest)
        if not remote.create(draft, target):
            owner.check(target, digest)
            remote.upload(draft, target)
        return digest, size
