"""Finds the plate of each cut, and reads its facts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import fileseq

from fsvfx.editorial.cuts import Cut
from fsvfx.editorial.paths import PathMap, mapped, spellings
from fsvfx.errors import InputError, PlateError, Where
from fsvfx.media import remote
from fsvfx.media.facts import facts_of
from fsvfx.media.files import Place
from fsvfx.media.sequence.files import find_files, is_sequence
from schemas import rates
from schemas.templates import PICTURES, VIDEOS, fields, fill

FIELDS = ("name", "clip", "reel", "media")


@dataclass(frozen=True)
class Media:
    """A plate on disk. A video's frames count from 0; a sequence's numbers are those of its files."""

    path: str
    is_sequence: bool
    first: int
    last: int
    rate: Fraction
    timecode: str | None
    """Of ``first``."""

    @property
    def frames(self) -> int:
        return self.last - self.first + 1


def check_places(places: Sequence[str]) -> None:
    """Raises InputError if a place has unknown fields."""
    for place in places:
        unknown = set(fields(place)) - set(FIELDS)
        if unknown:
            hint = f"Available: {', '.join(f'{{{name}}}' for name in FIELDS)}"
            raise InputError(
                f"{{{min(unknown)}}} is not a field of plate paths", hint=hint, where=Where(field="--plates")
            )


def find_plate(cut: Cut, places: Sequence[str], edit: Path, maps: Sequence[PathMap] = ()) -> str | None:
    """The first existing plate: by ``places`` (folders, or paths with fields), otherwise at the edit's own path.

    In a folder it is a video or a sequence with the name of the shot, of the file that the edit plays, of the reel or
    of the clip. The edit's paths are relative to the folder ``edit``; ``maps`` translate them to local paths. With
    ``places``, only mapped paths of the edit are used.
    """
    for place in places:
        folder = Path(place).is_dir()
        found = next(_in_folder(Path(place), cut), None) if folder else _if_there(fill(place, **_words(cut)))
        if found:
            return found
    path = mapped(cut.path, maps)
    if not cut.path or (places and path is None):
        return None
    said = path or cut.path
    sought = (said if remote.is_remote(said) else str(edit / said) for said in spellings(said))
    return next((one for one in sought if _if_there(one)), None)


def _words(cut: Cut) -> dict[str, str]:
    return {"name": cut.shot, "clip": cut.clip, "reel": cut.reel or cut.clip, "media": cut.media or cut.clip}


def _if_there(path: str) -> str | None:
    if is_sequence(path):
        try:
            find_files(path, Place(path))
        except PlateError:
            return None
        return path
    there = remote.exists(path) if remote.is_remote(path) else Path(path).is_file()
    return path if there else None


def _in_folder(folder: Path, cut: Cut) -> Iterator[str]:
    known = _plates_in(folder)
    for word in dict.fromkeys((cut.shot, cut.media, cut.reel, cut.clip)):
        if word and word.lower() in known:
            yield known[word.lower()]


@lru_cache(maxsize=64)
def _plates_in(folder: Path) -> dict[str, str]:
    """Videos and sequences in ``folder`` and in its direct subfolders, by their names in lower case."""
    found: dict[str, str] = {}
    for place in (folder, *sorted(one for one in folder.iterdir() if one.is_dir())):
        for file in sorted(place.iterdir()):
            if file.suffix.lower() in VIDEOS:
                found.setdefault(file.stem.lower(), str(file))
        for run in fileseq.findSequencesOnDisk(str(place)):
            if run.extension().lower() in PICTURES and run.zfill():
                pattern = f"{run.basename()}{'#' * run.zfill()}{run.extension()}"
                found.setdefault(run.basename().rstrip("._-").lower(), str(place / pattern))
    return found


@lru_cache(maxsize=4096)
def media_of(path: str, rate: Fraction) -> Media:
    """Open the plate at ``path`` and read its facts. ``rate``: for sequences, which may have none.

    Raises PlateError; StoreError for S3.
    """
    facts = facts_of(path, rates.written(rate) if is_sequence(path) else None)
    own = facts.info.frame_rate or rate
    return Media(path, facts.is_sequence, facts.numbers.first, facts.numbers.last, own, facts.info.timecode)
