"""Files that a person names on the command line: what is there is kept, unless it is fsvfx's own or they say so."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from PIL.PngImagePlugin import PngInfo

from fsvfx.errors import InputError, Where

_MARK = "fsvfx"


def _never(path: Path) -> bool:
    return False


@dataclass(frozen=True)
class Named:
    """The owner of such a file, as ``place`` asks for one.

    ``replace``: what is there may be written over. ``reads``: files that the command reads: those never are.
    ``is_own``: whether what is there was made by this command before.
    """

    replace: bool = False
    reads: tuple[Path, ...] = ()
    is_own: Callable[[Path], bool] = _never

    def enter(self, folder: str) -> None:
        """Anywhere: whoever runs fsvfx has named it."""

    def intend(self, target: str, digest: str) -> None:
        """Nothing is noted."""

    def check(self, target: str, digest: str) -> None:
        """Raises InputError if what is at ``target`` is to be kept."""
        from fsvfx.place import digest_at

        self.check_read(Path(target))
        if digest_at(target) != digest and not self._may_go(Path(target)):
            raise _taken(target)

    def check_free(self, target: Path) -> None:
        """Before the work: whether it may be written to ``target``. Raises InputError."""
        self.check_read(target)
        if os.path.lexists(target) and not self._may_go(target):
            raise _taken(str(target))

    def _may_go(self, target: Path) -> bool:
        return self.replace or self.is_own(target)

    def check_read(self, target: Path) -> None:
        """Raises InputError if ``target`` is one of the files that are read."""
        for each in self.reads:
            if os.path.realpath(each) == os.path.realpath(target) or _are_one(each, target):
                what = f"{target} is an input of this command, so it can't be overwritten"
                raise InputError(what, hint="Choose another output file", where=Where(file=str(target)))


KEEP = Named()


def write_file(path: Path, content: bytes, owner: Named) -> None:
    """Whole or not at all. Raises InputError if what is there is to be kept; MachineError."""
    from fsvfx.place import place

    def write(draft: Path) -> None:
        draft.write_bytes(content)

    place(str(path), write, owner)


def copy_file(source: Path, path: Path, owner: Named) -> None:
    """As ``write_file``, of the content of ``source``."""
    from fsvfx.place import place

    def write(draft: Path) -> None:
        shutil.copyfile(source, draft)

    place(str(path), write, owner)


def png(picture: NDArray[np.uint8]) -> bytes:
    """``picture`` (H, W, 3) sRGB as PNG, marked as fsvfx's own."""
    out, told = io.BytesIO(), PngInfo()
    told.add_text("Software", _MARK)
    Image.fromarray(picture).save(out, "PNG", pnginfo=told)
    return out.getvalue()


def is_own_png(path: Path) -> bool:
    """Whether ``png`` made the file."""
    try:
        with Image.open(path) as picture:
            return picture.format == "PNG" and picture.info.get("Software") == _MARK
    except (OSError, UnidentifiedImageError, ValueError, SyntaxError):
        return False


def _taken(target: str) -> InputError:
    hint = "Choose another file or folder, or add --replace to overwrite it"
    return InputError(f"{target} already exists", hint=hint, where=Where(file=target))


def _are_one(path: Path, other: Path) -> bool:
    try:
        return os.path.samefile(path, other)
    except OSError:
        return False
