"""Files and folders that are there whole or not at all, and last."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from fsvfx.errors import MachineError, Where

DRAFT = ".draft."


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
    try:
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        write(draft)
        for file in draft.iterdir():
            sync(file)
        sync(draft)
        draft.rename(final)
        sync(final.parent)
    except OSError as error:
        raise _unwritable(final, error) from error


def place_file(final: Path, content: bytes) -> None:
    """Write a file; what was there stays until all of the new one is safe. Raises MachineError."""
    draft = final.with_name(f"{DRAFT}{final.name}")
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(content)
        sync(draft)
        draft.replace(final)
        sync(final.parent)
    except OSError as error:
        raise _unwritable(final, error) from error


def remove_folder(folder: Path) -> None:
    """Away at once by name; a kill halfway leaves a draft, never a part under the old name."""
    doomed = folder.with_name(f"{DRAFT}{folder.name}")
    folder.rename(doomed)
    shutil.rmtree(doomed)


def remove_drafts(folder: Path) -> None:
    """What a killed process left half-done."""
    for draft in folder.glob(f"{DRAFT}*"):
        shutil.rmtree(draft) if draft.is_dir() else draft.unlink()


def _unwritable(path: Path, error: OSError) -> MachineError:
    return MachineError(
        f"{path.name} can't be written: {error.strerror or error}",
        mend="Make room on that disk, or check its rights, and run it again",
        where=Where(file=str(path)),
    )
