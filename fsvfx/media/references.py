"""A person's references: stills, sequences and footage, as pictures."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np

from fsvfx.errors import PlateError, Where
from fsvfx.manifests.reach import ReachError, reach
from fsvfx.media import digests, remote
from fsvfx.media.frame_file import read_frame
from fsvfx.media.plate import Numbering, Place
from fsvfx.media.sequence import SequenceReader
from fsvfx.media.sequence_files import has_token
from fsvfx.media.video import VideoReader
from schemas.job import ShotJob
from schemas.templates import PICTURES, suffix

MOST_PER_VIDEO = 64
_GLOB = re.compile(r"[*?\[]")


class PersonSource:
    """Pictures of a person: every still; of each video or sequence ``MOST_PER_VIDEO`` frames at most, evenly spread.

    The order is the manifest's, names sorted within a glob: the same files always give the same pictures.
    """

    def __init__(self, job: ShotJob, person: str) -> None:
        self._person = person
        self._shot = job.shot.name
        self._manifest = job.manifest
        self._files = self._resolve(job.people[person].references)

    def fingerprint(self) -> dict[str, str]:
        """Digest of each reference's content, by its place in the order. Raises PlateError."""
        return {str(place): digest for place, digest in enumerate(map(self._digest, self._files))}

    def pictures(self, series: str = "") -> Iterator[np.ndarray[Any, Any]]:
        """Each picture (H, W, 3), RGB, native depth. Raises PlateError, which names the file and frame."""
        for file in self._files:
            yield from self._pictures_of(file)

    def _pictures_of(self, file: str) -> Iterator[np.ndarray[Any, Any]]:
        place = Place(file, self._shot)
        if has_token(file):
            sequence = SequenceReader(file, place)
            numbers = sorted(sequence.files)
            yield from (sequence.picture(numbers[i]) for i in spread(len(numbers)))
        elif suffix(file) in PICTURES:
            yield read_frame(remote.local_copy(file), place, ())[0]
        else:
            video = VideoReader(remote.local_copy(file), place, Numbering(0))
            yield from video.pictures(spread(len(video)))

    def _digest(self, file: str) -> str:
        if has_token(file):
            sequence = SequenceReader(file, Place(file, self._shot))
            numbers = sorted(sequence.files)
            chosen = [numbers[i] for i in spread(len(numbers))]
            return "+".join(sequence.fingerprint(chosen).values())
        try:
            local = remote.local_copy(file)
            stamps = {str(local): digests.stamp_of(local)}
            known = digests.remembered(stamps, lambda name: digests.file_digest(Path(name)))
        except OSError as error:
            raise self._error(f"reference {file} can't be read: {error.strerror}", file) from None
        return known[str(local)]

    def _resolve(self, references: Sequence[str]) -> list[str]:
        """Every file, each once; all that is missing is told at once."""
        found = {reference: self._matches(reference) for reference in references}
        absent = [reference for reference, files in found.items() if not files]
        if absent:
            what = "reference" if len(absent) == 1 else "references"
            raise self._error(f"{what} of {self._person} not found: {', '.join(absent)}", absent[0])
        return list(dict.fromkeys(file for files in found.values() for file in files))

    def _matches(self, reference: str) -> list[str]:
        if has_token(reference):
            return [reference]
        if _GLOB.search(reference):
            return _remote_glob(reference) if remote.is_remote(reference) else self._local_glob(reference)
        if remote.is_remote(reference):
            return [reference] if remote.exists(reference) else []
        if Path(reference).is_dir():
            raise self._error(f"reference {reference} of {self._person} is a folder", reference)
        return [reference] if Path(reference).exists() else []

    def _local_glob(self, pattern: str) -> list[str]:
        """What the pattern matches; a link among them may still not lead out of the manifest's reach."""
        found = sorted(path for path in glob.glob(pattern, recursive=True) if Path(path).is_file())
        for path in found:
            try:
                reach(self._manifest, path)
            except ReachError as error:
                raise self._error(f"reference {error.what}", path) from None
        return found

    def _error(self, what: str, file: str) -> PlateError:
        mend = f"Mend people.{self._person}.references: files, globs such as refs/*.png, or sequences"
        return PlateError(what, mend=mend, where=Where(shot=self._shot, file=file))


def spread(count: int, most: int = MOST_PER_VIDEO) -> list[int]:
    """Up to ``most`` of ``count`` indices, evenly spread, first and last included."""
    return [int(i) for i in np.rint(np.linspace(0, count - 1, min(count, most)))] if count else []


def _remote_glob(pattern: str) -> list[str]:
    fixed = _GLOB.split(pattern, maxsplit=1)[0]
    return sorted(url for url in remote.listing(fixed) if fnmatchcase(url, pattern))
