"""Names of files as people write them, and as disks hold them: composed and decomposed Unicode, capitals, globs."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable
from pathlib import Path
from unicodedata import normalize

from schemas.templates import frame_place

_GLOB = re.compile(r"[*?\[]")


def plain(name: str) -> str:
    """``name`` in composed form: what two spellings of one name have in common."""
    return name if name.isascii() else normalize("NFC", name)


def dead_link(path: Path) -> str:
    """What to say of a link to nothing; empty: ``path`` is none. A link to itself is another fault."""
    if path.is_symlink():
        try:
            path.stat()
        except FileNotFoundError:
            return f"a link to '{os.readlink(path)}', which is not there"
        except OSError:
            return ""
    return ""


def is_glob(name: str) -> bool:
    return bool(_GLOB.search(name))


def on_disk(path: Path) -> Path:
    """``path`` (absolute) as the disk spells it.

    A part that is not there, where one is that differs only in how its accents are composed, is that one: macOS hands
    over decomposed names, keyboards type composed ones. What is there as it is written stays.
    """
    if str(path).isascii() or os.path.lexists(path):
        return path
    found = Path(path.anchor)
    for part in path.parts[1:]:
        found /= _part_on_disk(found, part)
    return found


def _part_on_disk(folder: Path, part: str) -> str:
    if part.isascii() or os.path.lexists(folder / part):
        return part
    return one_of(part, names_in(folder)) or part


def is_there(path: Path) -> bool:
    """Whether ``path`` is there as it is written: a file, a folder, or files with numbers where it has ``####``."""
    if os.path.lexists(path):
        return True
    parts = frame_place(str(path))
    if parts is None:
        return False
    folder, _, before = parts[0].rpartition("/")
    before, after = plain(before), plain(parts[2])
    names = [plain(name) for name in names_in(Path(folder))]
    return any(_between(name, before, after).isdecimal() for name in names)


def _between(name: str, before: str, after: str) -> str:
    around = name.startswith(before) and name.endswith(after)
    return name[len(before) : len(name) - len(after)] if around else ""


def one_of(name: str, names: Iterable[str]) -> str | None:
    """``name`` if it is among ``names``, else the first that is the same but for its composition."""
    known = sorted(names)
    if name in known:
        return name
    return next((other for other in known if plain(other) == plain(name)), None)


def fixed_part(path: Path) -> Path:
    """``path`` up to its first part that is a glob: one with ``* ? [`` that is not there as it is written."""
    fixed = Path(path.anchor)
    for part in path.parts[1:]:
        if is_glob(part) and not os.path.lexists(fixed / part):
            break
        fixed /= part
    return fixed


def matches(pattern: Path) -> list[str]:
    """The files that ``pattern`` (absolute) means, sorted: itself if it is there, else what it matches as a glob.

    Folders that are there as they are written count as such, whatever letters are in them.
    """
    fixed = fixed_part(pattern)
    if fixed == pattern:
        return [str(pattern)] if pattern.is_file() else []
    rest = str(pattern.relative_to(fixed))
    forms = {rest, *(normalize(form, rest) for form in ("NFC", "NFD"))}
    found = {path for form in forms for path in glob.glob(f"{glob.escape(str(fixed))}/{form}", recursive=True)}
    return sorted(path for path in found if os.path.isfile(path))


def near(path: Path) -> str | None:
    """The name of a file beside ``path`` that differs from it only in capitals."""
    return but_for_capitals(path.name, names_in(path.parent))


def but_for_capitals(name: str, names: Iterable[str]) -> str | None:
    """The first of ``names`` that differs from ``name`` only in capitals."""
    wanted = plain(name).casefold()
    return next((other for other in sorted(names) if other != name and plain(other).casefold() == wanted), None)


def names_in(folder: Path) -> list[str]:
    """What ``folder`` holds, sorted; nothing if it can't be read."""
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []
