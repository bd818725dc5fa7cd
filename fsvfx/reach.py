"""What a manifest may reach: its own folder, the machine's roots, its production's; and s3:// where that is allowed.

Asked when the manifest is loaded, for every path in it (``file``, ``place``), and again whenever one is opened or
written (``check``): by then a folder may have become a link.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fsvfx import spelling
from fsvfx.settings import machine

if TYPE_CHECKING:
    from schemas.job import ShotJob, TrainJob

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?=/|[^\\]*//)")
_DRIVE = re.compile(r"[A-Za-z]:[\\/]|\\\\")
_VARIABLE = re.compile(r"(?:^|/)(\$\w+|\$\{\w+\}|%\w+%)[^/]*/")
"""In the name of a folder."""
_BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?", re.DOTALL)
_OUTSIDE = "Move the files below the manifest, or have their folder added to FSVFX_ROOTS on this machine"
_NOT_LISTED = "Use a bucket that is listed, or have this one added to FSVFX_S3_ROOTS on this machine"


class ReachError(ValueError):
    """A path that a manifest may not name: ``what``, and a ``hint``."""

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(f"{what}; {hint}")
        self.what = what
        self.hint = hint


@dataclass(frozen=True)
class Reach:
    """What the manifest at ``manifest``, of ``production``, may read and write."""

    manifest: Path
    production: str | None = None

    def file(self, given: str, *, glob: bool = False) -> Path:
        """The absolute path of ``given`` as the manifest means it, spelled as on the disk. Raises ReachError if it
        leads outside.

        Symbolic links count as what they point at. Of a ``glob`` only the fixed part is looked at: who opens what it
        matches checks each match.
        """
        _check_text(given)
        folder = self.manifest.absolute().parent
        if not self.is_there(given):
            is_below = "/" in given and os.path.lexists(folder / given.partition("/")[0])
            given = given.rstrip() if is_below else given.strip()
            _check_kind(given, folder)
        path = spelling.on_disk(Path(os.path.normpath(folder / given)))
        real = Path(os.path.realpath(spelling.fixed_part(path) if glob else path))
        if not self.holds(real):
            by_link = f"leads through a link to '{real}', which is" if self.holds(path) else "is"
            raise ReachError(f"'{given}' {by_link} outside the manifest's folder", _OUTSIDE)
        return path

    def place(self, given: str, *, glob: bool = False) -> str:
        """As ``file``; ``s3://bucket/key`` passes where it is allowed. Raises ReachError, for other URLs too."""
        if not given.strip().lower().startswith("s3:"):
            scheme = _SCHEME.match(given)
            if (
                scheme
                and not _DRIVE.match(given)
                and not os.path.lexists(self.manifest.absolute().parent / given.partition("/")[0])
            ):
                raise ReachError(f"{scheme[1]}:// is not supported", "Use a file or s3://bucket/key")
            return str(self.file(given, glob=glob))
        _check_text(given)
        given = given.lstrip()
        if not _BUCKET.fullmatch(given) or ".." in given.split("/"):
            raise ReachError(f"'{given}' is not a valid S3 address", "Write it as s3://bucket/key, without ..")
        self.check(given)
        return given

    def is_there(self, given: str) -> bool:
        """Whether ``given`` is a file, a folder or a sequence that is there (on disk) as it is written."""
        if given.startswith("s3://") or "\0" in given:
            return False
        return spelling.is_there(spelling.on_disk(Path(os.path.normpath(self.manifest.absolute().parent / given))))

    def check(self, path: Path | str) -> None:
        """Raises ReachError if ``path`` (absolute, or s3://) leads outside as things are now."""
        url = str(path)
        if url.startswith("s3://"):
            listed = self._s3_roots()
            if listed is not None and not any(_is_below(url, root) for root in listed):
                raise ReachError(f"'{url}' is not in a bucket or folder that this machine allows", _NOT_LISTED)
        elif not self.holds(Path(os.path.realpath(Path(path)))):
            raise ReachError(f"'{path}' is outside the manifest's folder", _OUTSIDE)

    def holds(self, real: Path) -> bool:
        """Whether ``real``, a path without links, lies inside."""
        return any(_is_below(str(real), root) for root in self._folders())

    def _folders(self) -> list[str]:
        own = (root for root in self._own_roots() if not root.startswith("s3://"))
        return [os.path.realpath(str(root)) for root in (self.manifest.absolute().parent, *machine().roots, *own)]

    def _s3_roots(self) -> list[str] | None:
        """None: nobody has listed any, so all may be used."""
        productions = machine().production_roots.values()
        any_listed = any(root.startswith("s3://") for roots in productions for root in roots)
        if machine().s3_roots is None and not any_listed:
            return None
        own = (root for root in self._own_roots() if root.startswith("s3://"))
        return [*(machine().s3_roots or ()), *own]

    def _own_roots(self) -> tuple[str, ...]:
        return machine().production_roots.get(self.production or "", ())


def reach_of(job: ShotJob | TrainJob) -> Reach:
    """What the job's manifest may reach."""
    return Reach(Path(job.manifest), job.production)


def _is_below(url: str, root: str) -> bool:
    return f"{url}/".startswith(f"{root.rstrip('/')}/")


def _check_text(given: str) -> None:
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in given):
        raise ReachError("the path has control characters", "Remove them")
    if not given.strip():
        raise ReachError("the path is empty", "Write a path, or remove the field")


def _check_kind(given: str, folder: Path) -> None:
    """What is not there, and looks like something else than a file's name."""
    first = given.partition("/")[0]
    if os.path.lexists(folder / first):
        first, given = "", given.partition("/")[2]
    if first and _DRIVE.match(given):
        raise ReachError(f"'{given}' is a path on Windows", "Write where this machine has it, with /")
    if variable := _VARIABLE.search(given):
        raise ReachError(f"{variable[1]} is not expanded in paths", "Write the folder that it stands for")
    if first.startswith("~"):
        raise ReachError(f"'{given}' begins with ~, which is not expanded", "Write a path relative to the manifest")
    if first and (scheme := _SCHEME.match(given)):
        raise ReachError(f"{scheme[1]}:// is not allowed here", "Give a file, relative to the manifest")
    if "\\" in given:
        raise ReachError(f"'{given}' has backslashes", "Separate folders with /")
