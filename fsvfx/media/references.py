"""A person's references: stills, sequences and footage, as pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fsvfx import spelling
from fsvfx.digests import blake3_of
from fsvfx.errors import PlateError, Where
from fsvfx.media import digests, remote
from fsvfx.media.files import Place, held
from fsvfx.media.plate import Numbering
from fsvfx.media.sequence.files import is_sequence
from fsvfx.media.sniff import is_footage
from fsvfx.reach import ReachError, reach_of
from fsvfx.spelling import fixed_part, is_glob, matches, plain
from schemas.job import ShotJob

if TYPE_CHECKING:
    from fsvfx.media.sequence.plate import SequenceReader

MOST_PER_VIDEO = 64


@dataclass(frozen=True)
class _File:
    """A reference file, or the pattern of a sequence."""

    url: str
    is_sequence: bool = False


class PersonSource:
    """Pictures of a person: every still; from each video or sequence at most ``MOST_PER_VIDEO`` frames, evenly spread.

    In the manifest's order, with names sorted within a glob: the same files always give the same pictures.
    """

    def __init__(self, job: ShotJob, person: str) -> None:
        self._person = person
        self._shot = job.shot.name
        self._reach = reach_of(job)
        self._files = self._resolve(job.people[person].references)

    def fingerprint(self) -> dict[str, str]:
        """Digest of each reference's content, by its position in the order. Raises PlateError."""
        return {str(place): digest for place, digest in enumerate(map(self._digest, self._files))}

    def pictures(self, series: str = "") -> Iterator[np.ndarray[Any, Any]]:
        """Each picture (H, W, 3), RGB, native depth. Raises PlateError, which names the file and frame."""
        for file in self._files:
            yield from self._pictures_of(file)

    def firsts(self) -> Iterator[np.ndarray[Any, Any]]:
        """The first picture of every file. Raises PlateError."""
        for file in self._files:
            yield from islice(self._pictures_of(file), 1)

    def _pictures_of(self, file: _File) -> Iterator[np.ndarray[Any, Any]]:
        place = self._place(file.url)
        if file.is_sequence:
            sequence = _sequence(file.url, place)
            numbers = sorted(sequence.files)
            sequence.probe(numbers[0])
            yield from (sequence.picture(numbers[i]) for i in spread(len(numbers)))
            return
        local = remote.local_copy(file.url)
        if is_footage(local, place):
            from fsvfx.media.video.plate import VideoReader  # here: digests do not need it

            video = VideoReader(local, place, Numbering(0))
            yield from video.pictures(spread(len(video)))
        else:
            from fsvfx.media.sequence.frame import probe_frame, read_frame

            probe_frame(local, place)
            yield read_frame(local, place)[0]

    def _digest(self, file: _File) -> str:
        place = self._place(file.url)
        if file.is_sequence:
            sequence = _sequence(file.url, place)
            numbers = sorted(sequence.files)
            chosen = [numbers[i] for i in spread(len(numbers))]
            return "+".join(sequence.fingerprint(chosen).values())
        local = remote.local_copy(file.url)
        with held(local, place) as there:
            stamps = {str(local): digests.stamp_of(there)}
            return digests.remembered(stamps, lambda name: blake3_of(there))[str(local)]

    def _resolve(self, references: Sequence[str]) -> list[_File]:
        """Every file, each once; a single error names all missing ones."""
        found = {reference: self._matches(reference) for reference in references}
        absent = [reference for reference, files in found.items() if not files]
        if absent:
            what = "reference" if len(absent) == 1 else "references"
            raise self._error(f"{what} of {self._person} not found: {', '.join(absent)}", absent[0])
        return list(dict.fromkeys(file for files in found.values() for file in files))

    def _matches(self, reference: str) -> list[_File]:
        """An existing file is taken literally, whatever characters are in its name; otherwise it is a sequence, or a
        glob."""
        self._check(reference if remote.is_remote(reference) else str(fixed_part(Path(reference))))
        found = _found(reference)
        if found is None and is_sequence(reference):
            return [_File(reference, is_sequence=True)]
        if found is None and is_glob(reference):
            files = _remote_glob(reference) if remote.is_remote(reference) else matches(Path(reference))
            for file in files:
                self._check(file)
            return [_File(file) for file in files]
        if found is None and not remote.is_remote(reference) and Path(reference).is_dir():
            raise self._error(f"reference {reference} of {self._person} is a folder", reference)
        return [_File(found)] if found else []

    def _check(self, file: str) -> None:
        try:
            self._reach.check(file)
        except ReachError as error:
            raise self._error(f"reference {error.what}", file) from None

    def _place(self, file: str) -> Place:
        return Place(file, self._shot, self._reach)

    def _error(self, what: str, file: str) -> PlateError:
        near = None if remote.is_remote(file) or Path(file).exists() else spelling.near(Path(file))
        hint = f"Correct people.{self._person}.references: files, globs such as refs/*.png, or sequences"
        hint = f"Did you mean '{near}'?" if near else hint
        return PlateError(what, hint=hint, where=Where(shot=self._shot, file=file))


def _sequence(pattern: str, place: Place) -> SequenceReader:
    from fsvfx.media.sequence.plate import SequenceReader  # here: OpenEXR and Pillow are slow to import

    return SequenceReader(pattern, place)


def _found(reference: str) -> str | None:
    """The file with that name, in the spelling on disk."""
    if remote.is_remote(reference):
        url = remote.spelled(reference)
        return url if remote.exists(url) else None
    return reference if Path(reference).is_file() else None


def spread(count: int, most: int = MOST_PER_VIDEO) -> list[int]:
    """Up to ``most`` of ``count`` indices, evenly spread, including first and last."""
    return [int(i) for i in np.rint(np.linspace(0, count - 1, min(count, most)))] if count else []


def _remote_glob(pattern: str) -> list[str]:
    """Existing folders are taken literally, whatever characters are in their names; ``*`` matches ``/``, too."""
    fixed, rest = remote.fixed_part(pattern)
    return sorted(url for url in remote.listing(fixed) if fnmatchcase(plain(url.removeprefix(fixed)), plain(rest)))
