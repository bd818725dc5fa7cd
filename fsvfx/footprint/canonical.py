"""Where a path leads: the one spelling of all that mean the same file."""

from __future__ import annotations

import os
import unicodedata
from itertools import islice

_LOOKED_AT = 64
"""Names of a folder that are tried in the other letter case."""


class Disk:
    """Spells paths canonically, by the disk as it is now: links followed, ``..`` and ``//`` gone, Unicode composed,
    letter case folded where the disk does not tell it apart. S3 addresses stay: there every spelling is a key of its
    own. Folders are looked at once.
    """

    def __init__(self) -> None:
        self._folders: dict[str, str] = {}
        self._blind: dict[str, bool] = {}
        self._links: dict[str, dict[str, str]] = {}

    def path(self, given: str) -> str:
        """Of the name ``given`` itself: if that is a link, of the link, not of what it points at."""
        if given.startswith("s3://"):
            return given
        folder, _, name = os.path.abspath(given).rpartition("/")
        real = self.folder(folder or "/")
        return f"{real.rstrip('/')}/{self.name(name, real)}" if name else real

    def target(self, given: str) -> str:
        """Of what ``given`` leads to in the end."""
        return given if given.startswith("s3://") else self.path(os.path.realpath(given))

    def folder(self, given: str) -> str:
        """Of a folder, which need not exist."""
        if given.startswith("s3://"):
            return given
        if (known := self._folders.get(given)) is None:
            real = os.path.realpath(given)
            known = self._folders[given] = self.name(real, real)
        return known

    def name(self, text: str, folder: str) -> str:
        """``text`` as a name in ``folder``."""
        if folder.startswith("s3://"):
            return text
        composed = unicodedata.normalize("NFC", text)
        return unicodedata.normalize("NFC", composed.casefold()) if self._is_blind(folder) else composed

    def links_in(self, folder: str) -> dict[str, str]:
        """The links that lie in ``folder``: name -> where it leads. Empty if the folder is not there."""
        if (known := self._links.get(folder)) is None:
            known = {}
            try:
                with os.scandir(folder) as entries:
                    known = {each.name: self.target(each.path) for each in entries if each.is_symlink()}
            except OSError:
                pass  # absent or closed: whoever reads from it says so
            self._links[folder] = known
        return known

    def _is_blind(self, folder: str) -> bool:
        while (known := self._blind.get(folder)) is None and not os.path.isdir(folder):
            folder = os.path.dirname(folder)
        if known is None:
            known = self._blind[folder] = is_case_blind(folder)
        return known


def is_case_blind(folder: str) -> bool:
    """Whether the disk takes names in the existing ``folder`` that differ only in letter case for one."""
    try:
        with os.scandir(folder) as entries:
            names = {each.name for each in islice(entries, _LOOKED_AT)}
    except OSError:
        names = set()
    for name in names:
        if name.swapcase() != name and name.swapcase() not in names:
            return _are_one(os.path.join(folder, name), os.path.join(folder, name.swapcase()))
    above, own = os.path.split(folder)
    return own.swapcase() != own and _are_one(folder, os.path.join(above, own.swapcase()))


def _are_one(path: str, other: str) -> bool:
    try:
        return os.path.samestat(os.lstat(path), os.lstat(other))
    except OSError:
        return False
