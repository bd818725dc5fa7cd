"""Sets of files that one path stands for: a file, a numbered sequence, a glob, a folder with all below it. Pure.

Paths are canonical here (see `where`): two of them are equal if and only if they mean the same file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase, translate
from functools import cached_property

from schemas.frames import FrameRange

_RUN = re.compile(r"[0-9]+")
_DIGITS = "0123456789"

Key = tuple[str, str, str]
"""Folder, and what stands before and after a run of digits: files that differ in more than that are not the same."""


@dataclass(frozen=True)
class File:
    path: str

    @property
    def folder(self) -> str:
        return self.path.rpartition("/")[0]

    @cached_property
    def keys(self) -> tuple[Key, ...]:
        """One for each run of digits in the name."""
        folder, _, name = self.path.rpartition("/")
        return tuple((folder, name[: run.start()], name[run.end() :]) for run in _RUN.finditer(name))

    @property
    def shown(self) -> str:
        return self.path


@dataclass(frozen=True)
class Numbered:
    """``folder/before0001after`` ...: numbers of at least so many ``digits``. ``frames``: which; None: any."""

    folder: str
    before: str
    digits: int
    after: str
    frames: FrameRange | None = None

    @property
    def key(self) -> Key:
        return self.folder, self.before.rstrip(_DIGITS), self.after.lstrip(_DIGITS)

    def name(self, frame: int) -> str:
        return f"{self.before}{frame:0{self.digits}d}{self.after}"

    def names(self) -> Iterator[str]:
        return map(self.name, self.frames or ())

    def has(self, name: str) -> bool:
        """Whether the file ``name`` of the folder is one of them."""
        if len(name) <= len(self.before) + len(self.after):
            return False
        number = name[len(self.before) : len(name) - len(self.after)]
        if not (name.startswith(self.before) and name.endswith(self.after) and number.isascii() and number.isdigit()):
            return False
        if len(number) < self.digits or (len(number) > self.digits and number[0] == "0"):
            return False
        return self.frames is None or int(number) in self.frames

    def meets(self, other: Numbered) -> bool:
        """Whether a file is one of both. One of the two has its frames."""
        if self.folder != other.folder:
            return False
        if (self.before, self.after) == (other.before, other.after):
            return self._share_a_number(other)
        few, many = (self, other) if self.frames is not None else (other, self)
        return any(many.has(name) for name in few.names())

    def _share_a_number(self, other: Numbered) -> bool:
        """Numbers that are longer than both paddings look the same in both; of one padding all do."""
        known = [each for each in (self.frames, other.frames) if each is not None]
        both = known[0] if len(known) == 1 else known[0] & known[1]
        alike = 0 if self.digits == other.digits else 10 ** (max(self.digits, other.digits) - 1)
        return bool(both) and both.last >= alike

    @property
    def shown(self) -> str:
        return f"{self.folder}/{self.before}{'#' * self.digits}{self.after}"


@dataclass(frozen=True)
class Glob:
    """What a glob finds. On disk ``*`` stays within a folder and ``**`` does not; on S3 ``*`` goes over slashes too."""

    pattern: str

    @property
    def is_remote(self) -> bool:
        return self.pattern.startswith("s3://")

    @cached_property
    def _parts(self) -> list[str]:
        return self.pattern.split("/")

    def has(self, file: File) -> bool:
        if self.is_remote:
            return fnmatchcase(file.path, self.pattern)
        return _match(file.path.split("/"), self._parts)

    def meets(self, files: Numbered) -> bool:
        if self.is_remote:
            find = re.compile(translate(self.pattern)).match
            return any(find(f"{files.folder}/{name}") for name in files.names())
        *folders, last = self._parts
        above = files.folder.split("/")
        if last == "**":
            return _match(above, self._parts)
        if not _match(above, folders):
            return False
        find = re.compile(translate(last)).match
        return any(map(find, files.names()))


@dataclass(frozen=True)
class Tree:
    """A folder and all below it."""

    folder: str

    @property
    def shown(self) -> str:
        return f"{self.folder}/"


Files = File | Numbered | Tree


def _match(parts: list[str], pattern: list[str]) -> bool:
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return any(_match(parts[skipped:], pattern[1:]) for skipped in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and _match(parts[1:], pattern[1:])
