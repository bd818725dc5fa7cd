"""Finding an image sequence's files, on disk or S3: frame number -> file."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import fileseq

from fsvfx.errors import PlateError
from fsvfx.media import digests, remote
from fsvfx.media.plate import Place
from fsvfx.media.video_file import unreadable

_TOKEN = re.compile(r"#+|%0?(\d*)d")


@dataclass(frozen=True)
class SequenceFile:
    """One frame's file. ``stamp`` changes when its content does."""

    url: str
    stamp: str
    etag: str | None = None

    def local(self) -> Path:
        return remote.local_copy(self.url, self.etag)


def has_token(path: str) -> bool:
    """Whether the file name has a place for the frame number."""
    return bool(_TOKEN.search(path.rpartition("/")[2]))


def find_files(pattern: str, place: Place) -> dict[int, SequenceFile]:
    """Every frame that is there, by its number. Raises PlateError; StoreError for S3."""
    name = re.compile(_name_form(pattern, place))
    on_s3 = remote.is_remote(pattern)
    found = _on_s3(pattern, name) if on_s3 else _on_disk(Path(pattern).parent, name, place)
    if not found:
        raise place.error("no file of the sequence is there", "Check the path and how many digits the frame number has")
    return found


def suggestion(folder: Path) -> str:
    """How to write the sequences that a folder holds."""
    found = [s for s in fileseq.findSequencesOnDisk(str(folder)) if len(s) > 1]
    names = [f"{s.basename()}{'#' * s.zfill()}{s.extension()}" for s in found[:3] if s.zfill()]
    return f"Name the sequence, such as {' or '.join(names)}" if names else "Name a video file or a sequence"


def _name_form(pattern: str, place: Place) -> str:
    name = pattern.rpartition("/")[2]
    tokens = list(_TOKEN.finditer(name))
    if len(tokens) != 1:
        raise place.error("the name has several places for the frame number", "Leave one: name.####.exr")
    token = tokens[0]
    width = len(token[0]) if token[0].startswith("#") else int(token[1] or 1)
    # Numbers outgrow their padding (9999, 10000) but are never padded further than it.
    digits = rf"(\d{{{width}}}|[1-9]\d{{{width},}})"
    return f"^{re.escape(name[: token.start()])}{digits}{re.escape(name[token.end() :])}$"


def _on_disk(folder: Path, name: re.Pattern[str], place: Place) -> dict[int, SequenceFile]:
    found: dict[int, SequenceFile] = {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if match := name.match(entry.name):
                    found[int(match[1])] = SequenceFile(entry.path, digests.stamp_of(Path(entry.path)))
    except OSError as error:
        raise _no_folder(error, place) from None
    return found


def _no_folder(error: OSError, place: Place) -> PlateError:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return place.error("its folder does not exist", "Check the path; relative paths start at the manifest's folder")
    return unreadable(error, place)


def _on_s3(pattern: str, name: re.Pattern[str]) -> dict[int, SequenceFile]:
    folder, _, last = pattern.rpartition("/")
    token = _TOKEN.search(last)
    objects = remote.listing(f"{folder}/{last[: token.start()] if token else ''}")
    return {
        int(match[1]): SequenceFile(url, etag, etag)
        for url, etag in objects.items()
        if url.rpartition("/")[0] == folder and (match := name.match(url.rpartition("/")[2]))
    }
