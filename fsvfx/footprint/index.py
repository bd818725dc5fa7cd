"""An index of the files that are read or written already: looked up without comparing everything with everything."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from fsvfx.footprint.patterns import File, Files, Glob, Key, Numbered, Tree

_ESCAPED = re.compile(r"\[([*?\[])\]")
"""As ``glob.escape`` writes letters that mean themselves."""


class FileIndex:
    """Files that are read or written already, each with the words for what does so."""

    def __init__(self) -> None:
        self._files: dict[str, str] = {}
        self._named: dict[Key, list[tuple[str, str]]] = defaultdict(list)
        self._numbered: dict[Key, list[tuple[Numbered, str]]] = defaultdict(list)
        self._globs: list[tuple[Glob, str]] = []
        self._trees: dict[str, str] = {}
        self._above: dict[str, str] = {}
        """Every folder that something taken lies below, and what."""

    def add(self, files: Files | Glob, what: str) -> None:
        match files:
            case File():
                self._files.setdefault(files.path, what)
                for key in files.keys:
                    self._named[key].append((files.path.rpartition("/")[2], what))
                self._note_above(files.folder, what)
            case Numbered():
                self._numbered[files.key].append((files, what))
                self._note_above(files.folder, what)
            case Tree():
                self._trees.setdefault(files.folder, what)
                self._note_above(files.folder, what)
            case Glob():
                self._globs.append((files, what))
                self._note_above(_fixed(files.pattern), what)

    def owner(self, files: Files) -> str | None:
        """What reads or writes some of ``files`` already, in words; None if nothing does."""
        match files:
            case File():
                return self._files.get(files.path) or self._file(files)
            case Numbered():
                return self._sequence(files)
            case Tree():
                return self._tree(files.folder) or self._above.get(files.folder)

    def _file(self, file: File) -> str | None:
        name = file.path.rpartition("/")[2]
        for key in file.keys:
            for other, what in self._numbered.get(key, ()):
                if other.has(name):
                    return what
        return self._tree(file.folder) or next((what for glob, what in self._globs if glob.has(file)), None)

    def _sequence(self, files: Numbered) -> str | None:
        for other, what in self._numbered.get(files.key, ()):
            if files.meets(other):
                return what
        for name, what in self._named.get(files.key, ()):
            if files.has(name):
                return what
        return self._tree(files.folder) or next((what for glob, what in self._globs if glob.meets(files)), None)

    def _tree(self, folder: str) -> str | None:
        """What takes the folder whole."""
        return next((self._trees[each] for each in _and_above(folder) if each in self._trees), None)

    def _note_above(self, folder: str, what: str) -> None:
        for each in _and_above(folder):
            if each in self._above:
                return
            self._above[each] = what


def _and_above(folder: str) -> Iterator[str]:
    while folder:
        yield folder
        folder = folder.rpartition("/")[0] if not folder.endswith(":/") else ""


def _fixed(pattern: str) -> str:
    """The folder that a glob is surely below."""
    fixed = []
    for part in pattern.split("/")[:-1]:
        if any(letter in _ESCAPED.sub("", part) for letter in "*?["):
            break
        fixed.append(_ESCAPED.sub(r"\1", part))
    return "/".join(fixed)
