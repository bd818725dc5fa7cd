"""Putting deliverables in place: whole or not at all, on disk or S3, and never over what is somebody else's."""

from __future__ import annotations

import errno
import os
import tempfile
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from blake3 import blake3

from fsvfx.disk import sync, told_plainly
from fsvfx.media import remote

_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EACCES}
"""How disks say that they know no hard links."""


class Owner(Protocol):
    """Who places a file: knows what may be replaced."""

    def intend(self, target: str, digest: str) -> None:
        """Told before a file of ``digest`` is put at ``target``."""

    def check(self, target: str, digest: str) -> None:
        """Raises InputError if what is at ``target`` may not be replaced by a file of ``digest``."""


def place(target: str, write: Callable[[Path], None], owner: Owner) -> tuple[str, int]:
    """Let ``write`` make a file, then give it its final name ``target`` (a path or s3://); its digest and size.

    The final name shows nothing, or what was there, until all of the file is safe. What is there already is replaced
    only if the ``owner`` lets it. Raises MachineError; InputError of the owner's.
    """
    if remote.is_remote(target):
        return _upload(target, write, owner)
    return _rename(Path(target), write, owner)


def file_digest(path: Path) -> str:
    """Hex blake3 of the file's bytes."""
    hasher = blake3()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            hasher.update(block)
    return hasher.hexdigest()


def _rename(final: Path, write: Callable[[Path], None], owner: Owner) -> tuple[str, int]:
    draft = final.with_name(f".{final.stem}.{uuid.uuid4().hex[:12]}.part{final.suffix}")
    try:
        with told_plainly(final):
            final.parent.mkdir(parents=True, exist_ok=True)
            write(draft)
            digest, size = file_digest(draft), draft.stat().st_size
            sync(draft)
        owner.intend(str(final), digest)
        with told_plainly(final):
            if not _placed_anew(draft, final):
                owner.check(str(final), digest)
                draft.replace(final)
            sync(final.parent)
        return digest, size
    finally:
        with suppress(OSError):
            draft.unlink()


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


def _upload(target: str, write: Callable[[Path], None], owner: Owner) -> tuple[str, int]:
    with tempfile.TemporaryDirectory(prefix="fsvfx-") as folder:
        draft = Path(folder) / target.rpartition("/")[2]
        with told_plainly(draft):
            write(draft)
            digest, size = file_digest(draft), draft.stat().st_size
        owner.intend(target, digest)
        if not remote.create(draft, target):
            owner.check(target, digest)
            remote.upload(draft, target)
        return digest, size
