"""Plates named by a user: a video, a sequence by its pattern or by any of its frames, a folder of either."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import fileseq

from fsvfx.colour import DEFAULT_CONFIG, check_space
from fsvfx.errors import InputError, PlateError, Where
from fsvfx.media import remote
from fsvfx.media.facts import PlateFacts, facts_of
from fsvfx.media.files import Place
from fsvfx.media.sequence.files import find_files, has_token
from schemas.templates import PICTURES, VIDEOS, frame_place, suffix

_NUMBER = re.compile(r"(.*?)(\d+)(\.[^.]+)")
_GUESSES = {
    ".exr": (None, "scene-linear, but the header names no primaries"),
    ".dpx": (None, "the header does not say which log or gamma this is"),
    ".gif": ("sRGB", "as GIF pictures are"),
}
_LIKELY = ("sRGB", "the usual guess for 8-bit pictures; the file states none")
_VIDEO = ("Rec709", "the usual guess for video; its tags state none")
_OTHERS = {
    ".exr": ("ACEScg", "ACES2065-1", "linear_rec709"),
    ".dpx": ("LogC3", "LogC4", "SLog3", "Log3G10", "ADX10", "Rec709"),
}


@dataclass(frozen=True)
class FoundPlate:
    """A plate, a shot name derived from its file, and its color space.

    space: as written in a manifest; None: unknown. reason: its source. others: likely alternatives.
    """

    shot: str
    facts: PlateFacts
    space: str | None
    reason: str
    others: tuple[str, ...]

    @property
    def looks_like(self) -> str:
        """The space for viewing it if ``space`` is unknown."""
        return self.space or ("ACEScg" if suffix(self.facts.path) == ".exr" else "sRGB")


def find_plates(named: Iterable[str], color_space: str | None, frame_rate: str | None) -> list[FoundPlate]:
    """Each plate once, in the given order, each with a unique shot name.

    color_space, frame_rate: the user's values for all of them. Raises InputError, PlateError, StoreError.
    """
    found: list[FoundPlate] = []
    for path in dict.fromkeys(path for each in named for path in _paths(each)):
        facts = facts_of(path, frame_rate)
        found.append(FoundPlate(_own_name(path, [one.shot for one in found]), facts, *_space(facts, color_space)))
    return found


def name_of(text: str, otherwise: str = "") -> str:
    """``text`` as a valid name for a manifest."""
    plain = re.sub(r"[^A-Za-z0-9_.-]+", "_", text).strip("_.-")
    return plain[:60] or otherwise


def _paths(given: str) -> Iterator[str]:
    if remote.is_remote(given):
        yield given
        return
    path = Path(given).expanduser().absolute()
    if path.is_dir():
        found = list(_in_folder(path))
        if not found:
            raise _error("there is no plate in this folder", path, "Name a folder with a video or an image sequence")
        yield from found
    elif path.is_file() and suffix(path.name) in PICTURES:
        yield _sequence_of(path)
    elif path.is_file() or has_token(path.name):
        yield str(path)
    else:
        raise _error("there is no such file or folder", path, "Check the path")


def _in_folder(folder: Path) -> Iterator[str]:
    yield from (str(file) for file in sorted(folder.iterdir()) if suffix(file.name) in VIDEOS and file.is_file())
    for run in fileseq.findSequencesOnDisk(str(folder)):
        if run.extension().lower() in PICTURES and run.zfill():
            yield str(folder / f"{run.basename()}{'#' * run.zfill()}{run.extension()}")


def _sequence_of(frame: Path) -> str:
    """The pattern of the sequence that contains ``frame``: the number of digits is that of most of its files."""
    match = _NUMBER.fullmatch(frame.name)
    if match is None:
        hint = "Name a video, or a frame of an image sequence, such as sh0040.1001.exr"
        raise _error("a single still is not a plate", frame, hint)
    before, number, after = match.groups()
    widths = {len(number)} if number.startswith("0") else {len(number), *range(1, len(number))}
    patterns = [str(frame.with_name(f"{before}{'#' * width}{after}")) for width in sorted(widths, reverse=True)]
    return max(patterns, key=lambda pattern: len(find_files(pattern, Place(pattern))))


def _own_name(path: str, taken: list[str]) -> str:
    place = frame_place(path) if suffix(path) in PICTURES else None
    stem = place[0].rpartition("/")[2].rstrip("._-#") if place else path.rpartition("/")[2].rpartition(".")[0]
    name = name_of(stem) or name_of(path.split("/")[-2] if "/" in path else "", "shot")
    used = {each.lower() for each in taken}
    names = (name, *(f"{name}_{number}" for number in range(2, len(taken) + 3)))
    return next(each for each in names if each.lower() not in used)


def _space(facts: PlateFacts, said: str | None) -> tuple[str | None, str, tuple[str, ...]]:
    ending = suffix(facts.path)
    others = _OTHERS.get(ending, ("sRGB", "Rec709", "LogC3", "LogC4", "SLog3"))
    if said:
        check_space(DEFAULT_CONFIG, said)
        return said, "as given", others
    if facts.space:
        return facts.space, f"from {facts.source}", others
    if named := _in_name(facts.path):
        return named, "from its name", others
    space, reason = _GUESSES.get(ending, _LIKELY if facts.is_sequence else _VIDEO)
    return space, reason, others


def _in_name(path: str) -> str | None:
    """The color space in the file's or folder's name: ``sh0040_ACEScg.####.exr``, ``plates/lin_rec709/...``."""
    for part in reversed(path.split("/")[-3:]):
        words = [word for word in re.split(r"[._\- #]+", part) if word]
        for count in (3, 2, 1):
            for start in range(len(words) - count + 1):
                word = "_".join(words[start : start + count])
                if len(word) >= 4 and not word.isdigit() and _is_space(word):
                    return word
    return None


def _is_space(word: str) -> bool:
    if word.lower() in ("default", "reference", "linear"):
        return False
    try:
        check_space(DEFAULT_CONFIG, word)
    except InputError:
        return False
    return True


def _error(what: str, path: Path, hint: str) -> PlateError:
    return PlateError(what, hint=hint, where=Where(file=str(path)))
