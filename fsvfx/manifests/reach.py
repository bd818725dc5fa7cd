"""What a manifest may reach: its own folder and the machine's roots; and s3:// where that is allowed."""

from __future__ import annotations

import os
import re
from pathlib import Path

from fsvfx.settings import machine

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?=/|[^\\]*//)")
_BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?", re.DOTALL)
_GLOB = re.compile(r"[*?\[]")


class ReachError(ValueError):
    """A path that a manifest may not name: ``what``, and how to ``mend`` it."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(f"{what}; {mend}")
        self.what = what
        self.mend = mend


def reach(manifest: Path | str, given: str, *, glob: bool = False) -> Path:
    """The absolute path of ``given`` as the manifest means it. Raises ReachError if it leads outside what it may reach.

    Symbolic links count as what they point at. Of a ``glob`` only the fixed part is looked at: who opens what it
    matches asks again with the match.
    """
    _check_text(given)
    if given.startswith("~"):
        raise ReachError(f"'{given}' begins with ~, which is not expanded", "Write a path relative to the manifest")
    if scheme := _SCHEME.match(given):
        raise ReachError(f"{scheme[1]}:// is not possible here", "Give a file, relative to the manifest")
    path = Path(os.path.normpath(Path(manifest).absolute().parent / given))
    real = Path(os.path.realpath(_fixed_part(path) if glob else path))
    roots = _roots(manifest)
    if not any(real.is_relative_to(root) for root in roots):
        raise ReachError(
            f"'{given}' leads outside the manifest's folder",
            "Move the files below the manifest, or let the machine's owner add their folder to FSVFX_ROOTS",
        )
    return path


def reach_or_s3(manifest: Path | str, given: str, *, glob: bool = False) -> str:
    """As ``reach``; ``s3://bucket/key`` passes. Raises ReachError, for other URLs too."""
    if not given.lower().startswith("s3:"):
        scheme = _SCHEME.match(given)
        if scheme:
            raise ReachError(f"{scheme[1]}:// is not read", "Use a file or s3://bucket/key")
        return str(reach(manifest, given, glob=glob))
    _check_text(given)
    if not _BUCKET.fullmatch(given) or ".." in given.split("/"):
        raise ReachError(f"'{given}' is no S3 address", "Write it as s3://bucket/key, without ..")
    return given


def _roots(manifest: Path | str) -> list[Path]:
    own = Path(manifest).absolute().parent
    return [Path(os.path.realpath(root)) for root in (own, *machine().roots)]


def _check_text(given: str) -> None:
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in given):
        raise ReachError("the path has control characters in it", "Take them out")
    if "\\" in given:
        raise ReachError(f"'{given}' has backslashes in it", "Separate folders with /")


def _fixed_part(path: Path) -> Path:
    """``path`` up to its first part with a glob."""
    fixed = Path(path.anchor)
    for part in path.parts[1:]:
        if _GLOB.search(part):
            break
        fixed /= part
    return fixed
