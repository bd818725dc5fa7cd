"""Finding an image sequence's files, on disk or S3: frame number -> file."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from fsvfx.errors import PlateError
from fsvfx.media import digests, remote
from fsvfx.media.files import Place, check_reach, unreadable
from fsvfx.spelling import names_in, plain
from schemas.templates import VIDEOS, frame_place, suffix


@dataclass(frozen=True)
class SequenceFile:
    """One frame's file. ``stamp`` changes when its content does."""

    url: str
    stamp: str
    etag: str | None = None
    is_link: bool = False

    def local(self) -> Path:
        return remote.local_copy(self.url, self.etag)


def has_token(path: str) -> bool:
    """Whether the file name has a placeholder for the frame number."""
    return frame_place(path) is not None


def is_sequence(path: str) -> bool:
    """Whether ``path`` means numbered files. An existing file (on disk) with exactly that name means itself."""
    return has_token(path) and suffix(path) not in VIDEOS and not (not remote.is_remote(path) and Path(path).is_file())


def find_files(pattern: str, place: Place) -> dict[int, SequenceFile]:
    """Every existing frame, by its number. Raises PlateError; StoreError for S3.

    Of two files that differ only in the composition of accents, the one spelled like ``pattern`` is used.
    """
    form = _form(remote.spelled(pattern), place)
    check_reach(place, form.folder)
    found = _on_s3(form) if remote.is_remote(pattern) else _on_disk(form, place)
    if not found and has_token(f"{form.folder}/{form.before}"):
        what = "no file of the sequence exists; of several places for the frame number, the last one is used"
        raise place.error(what, "Keep only one: name.####.exr")
    if not found:
        raise place.error("no file of the sequence exists", _absent(form))
    return found


def suggestion(folder: Path) -> str:
    """How to write the sequences in a folder."""
    import fileseq  # here: it is slow, and folders are rarely given

    found = [s for s in fileseq.findSequencesOnDisk(str(folder)) if len(s) > 1]
    names = [f"{s.basename()}{'#' * s.zfill()}{s.extension()}" for s in found[:3] if s.zfill()]
    return f"Give a sequence, such as {' or '.join(names)}" if names else "Give a video file or a sequence"


@dataclass(frozen=True)
class _Form:
    """The naming pattern of a sequence's files."""

    folder: str
    before: str
    width: int
    after: str

    def number(self, name: str) -> tuple[int, bool] | None:
        """The number in ``name``, and whether the rest is spelled exactly like the pattern; None if it does not
        match."""
        if match := self._exact.fullmatch(name):
            return int(match[1]), True
        match = self._plain.fullmatch(plain(name))
        return (int(match[1]), False) if match else None

    def near(self, names: Iterable[str]) -> str | None:
        """The pattern of those ``names`` that differ only in capitalization, or in the number of digits."""
        before, after = (re.escape(plain(part)) for part in (self.before, self.after))
        wanted = re.compile(rf"({before})([0-9]+)({after})", re.IGNORECASE)
        found = [match for name in sorted(names) if (match := wanted.fullmatch(plain(name)))]
        return f"{found[0][1]}{'#' * min(len(each[2]) for each in found)}{found[0][3]}" if found else None

    @cached_property
    def _exact(self) -> re.Pattern[str]:
        return _expression(self.before, self.width, self.after)

    @cached_property
    def _plain(self) -> re.Pattern[str]:
        return _expression(plain(self.before), self.width, plain(self.after))


def _form(pattern: str, place: Place) -> _Form:
    parts = frame_place(pattern)
    if parts is None:
        raise place.error("the name has no place for the frame number", "Add one: name.####.exr")
    folder, _, before = parts[0].rpartition("/")
    return _Form(folder, before, *parts[1:])


def _expression(before: str, width: int, after: str) -> re.Pattern[str]:
    # Numbers may outgrow their padding (9999, 10000) but are never padded beyond it.
    return re.compile(rf"{re.escape(before)}(\d{{{width}}}|[1-9]\d{{{width},}}){re.escape(after)}", re.ASCII)


def _on_disk(form: _Form, place: Place) -> dict[int, SequenceFile]:
    found: dict[int, SequenceFile] = {}
    try:
        with os.scandir(form.folder or ".") as entries:
            for entry in entries:
                _add(found, form, entry.name, partial(_file, entry))
    except OSError as error:
        raise _no_folder(error, place) from None
    return found


def _on_s3(form: _Form) -> dict[int, SequenceFile]:
    found: dict[int, SequenceFile] = {}
    for url, etag in remote.listing(f"{form.folder}/{remote.ascii_part(form.before)}").items():
        folder, _, name = url.rpartition("/")
        if folder == form.folder:
            _add(found, form, name, partial(SequenceFile, url, etag, etag))
    return found


def _add(found: dict[int, SequenceFile], form: _Form, name: str, file: Callable[[], SequenceFile | None]) -> None:
    match = form.number(name)
    if match and (match[0] not in found or match[1]) and (made := file()):
        found[match[0]] = made


def _file(entry: os.DirEntry[str]) -> SequenceFile | None:
    """None for a link to nothing, or to itself: that frame is missing, the others are not."""
    try:
        return SequenceFile(entry.path, digests.stamp_of(Path(entry.path)), is_link=entry.is_symlink())
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ELOOP):
            raise
        return None


def _no_folder(error: OSError, place: Place) -> PlateError:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return place.error("its folder does not exist", "Check the path; relative paths start at the manifest's folder")
    return unreadable(error, place)


def _absent(form: _Form) -> str:
    """The hint if no file matches: capitals and padding are easily mistaken."""
    meant = None if remote.is_remote(form.folder) else form.near(names_in(Path(form.folder)))
    return f"Did you mean '{meant}'?" if meant else "Check the path and how many digits the frame number has"
