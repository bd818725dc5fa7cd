"""Picture collections on disk: a folder for each person, with pictures in it."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from schemas.base import is_name
from schemas.templates import PICTURES, suffix
from schemas.train import HeldOut

CUTOUTS = (".png", ".tif", ".tiff")
RENAME = "Rename the folders: letters without accents, digits, and _ . - between them; or leave them out"
_DIGITS = re.compile(r"(\d+)")


def everybody_in(folder: Path) -> list[str]:
    """Names of its subfolders, sorted; empty if it does not exist. Those that can't be a person's name are skipped."""
    try:
        with os.scandir(folder) as entries:
            return sorted(one.name for one in entries if one.is_dir() and is_name(one.name))
    except OSError:
        return []


def unnamed_in(folder: Path) -> list[str]:
    """Names of its subfolders that contain pictures but can't be a person's name, sorted."""
    try:
        with os.scandir(folder) as entries:
            others = [one for one in entries if one.is_dir() and not is_name(one.name) and not one.name.startswith(".")]
            return sorted(one.name for one in others if any(pictures_of(Path(one.path))))
    except OSError:
        return []


def chosen(names: Sequence[str], only: Sequence[str], leave_out: Sequence[str] = ()) -> list[str]:
    """Those of ``names`` that match a glob of ``only``, and none of ``leave_out``."""
    return [name for name in names if matches(name, only) and not matches(name, leave_out)]


def matches(name: str, patterns: Sequence[str]) -> bool:
    """Whether one of these names or globs matches the name."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def is_held_out(person: str, held_out: HeldOut) -> bool:
    """By name, or by a hash of it: nobody changes sides when others are added or removed."""
    if matches(person, held_out.people):
        return True
    drawn = hashlib.sha256(f"{held_out.seed}/{person}".encode()).digest()
    return int.from_bytes(drawn[:8]) < held_out.share * 2**64


def pictures_of(folder: Path) -> Iterator[Path]:
    """A person's pictures in the order of their names, 2 before 10."""
    names = [name for name in os.listdir(folder) if suffix(name) in PICTURES and not name.startswith(".")]
    yield from (folder / name for name in sorted(names, key=_natural))


def cutouts_in(folder: Path) -> list[Path]:
    """The PNGs and TIFFs in a folder, sorted; empty if it does not exist."""
    try:
        return sorted(one for one in folder.iterdir() if suffix(one.name) in CUTOUTS and not one.name.startswith("."))
    except OSError:
        return []


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (0, part) for part in _DIGITS.split(name)]
