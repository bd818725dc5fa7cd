"""Putting deliverables in place: whole or not at all, on disk or S3."""

from __future__ import annotations

import errno
import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path

from blake3 import blake3

from fsvfx.disk import sync
from fsvfx.errors import MachineError, Where
from fsvfx.media import remote

_LASTING = {errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.EROFS, errno.ENAMETOOLONG}
"""What no waiting mends."""


def place(target: str, write: Callable[[Path], None]) -> tuple[str, int]:
    """Let ``write`` make a file, then give it its final name ``target`` (a path or s3://); its digest and size.

    The final name shows nothing, or what was there, until all of the file is safe. Raises MachineError.
    """
    try:
        if remote.is_remote(target):
            return _upload(target, write)
        return _rename(Path(target), write)
    except OSError as error:
        raise MachineError(
            f"{target} can't be written: {error.strerror or error}",
            mend="Make room on that disk"
            if error.errno in (errno.ENOSPC, errno.EDQUOT)
            else "Check the path and rights",
            where=Where(file=target),
            transient=error.errno not in _LASTING,
        ) from error


def file_digest(path: Path) -> str:
    """Hex blake3 of the file's bytes."""
    hasher = blake3()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            hasher.update(block)
    return hasher.hexdigest()


def _rename(final: Path, write: Callable[[Path], None]) -> tuple[str, int]:
    final.parent.mkdir(parents=True, exist_ok=True)
    draft = final.with_name(f".{final.stem}.{uuid.uuid4().hex[:12]}.part{final.suffix}")
    try:
        write(draft)
        facts = file_digest(draft), draft.stat().st_size
        sync(draft)
        draft.replace(final)
        sync(final.parent)
        return facts
    finally:
        draft.unlink(missing_ok=True)


def _upload(target: str, write: Callable[[Path], None]) -> tuple[str, int]:
    with tempfile.TemporaryDirectory(prefix="fsvfx-") as folder:
        draft = Path(folder) / target.rpartition("/")[2]
        write(draft)
        facts = file_digest(draft), draft.stat().st_size
        remote.upload(draft, target)
        return facts
