"""One replace entry's face, frame by frame: the results of the stages before the composite."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from fsvfx.arrays import Data
from fsvfx.colour import from_half
from fsvfx.comp.expressions import sources
from fsvfx.comp.matte import hull, joined, shape
from fsvfx.comp.patch import Matrix, from_plate, scaled
from fsvfx.entries import AlignedEntry, OccludedEntry, RotoEntry, SwappedEntry
from fsvfx.faces.geometry import apply, inverse, sample
from schemas.composite import CompositeSettings

F32 = NDArray[np.float32]


class Face:
    """Pictures and mattes are float32: crops (S, S, 3) display light, mattes (S, S) in [0, 1].

    A swap whose face is scaled has a crop of its own: with the same size, but showing another part of the plate. There
    the swap's mattes are scaled along; mattes of the plate (a roto, occlusion) stay where they are in the plate.
    """

    def __init__(self, inputs: Mapping[str, Data], index: int, own: Collection[int]) -> None:
        """``own``: the chunk's frames; other frames read are their neighbors."""
        self._inputs, self._index, self._own = inputs, index, frozenset(own)
        self._aligned = AlignedEntry(inputs["align"], index)
        self._swapped = SwappedEntry(inputs["swap"], index)
        self._rows = {number: row for row, number in enumerate(self._aligned.data.numbers)}

    def is_there(self, number: int) -> bool:
        """Whether the frame was read and shows the performer."""
        return number in self._rows and bool(self._aligned.present[self._rows[number]])

    def starts(self, number: int) -> bool:
        """Whether the face has no previous frame: after a cut, or it was absent before."""
        return bool(self._aligned.starts[self._rows[number]]) or not self.is_there(number - 1)

    def segment(self, number: int, reach: int) -> range:
        """The frames around ``number``, at most ``reach`` away, that show the face without a cut or gap in between."""
        first = last = number
        while number - first < reach and not self.starts(first):
            first -= 1
        while last - number < reach and self.is_there(last + 1) and not self.starts(last + 1):
            last += 1
        return range(first, last + 1)

    def matrix(self, number: int, settings: CompositeSettings) -> Matrix:
        """(2, 3), plate px -> px of the swap's crop."""
        plain: Matrix = self._aligned.matrices[self._rows[number]]
        if settings.mode == "raw" or not settings.face_scale:
            return plain
        change = scaled(self.swap(number).shape[0], settings.face_scale)
        return np.column_stack([change[:, :2] @ plain[:, :2], apply(change, plain[:, 2])])

    def landmarks(self, number: int) -> F32:
        """(468, 2) crop px."""
        return self._aligned.landmarks(number)[:, :2]

    def swap(self, number: int) -> F32:
        return from_half(self._swapped.crop(number))

    def plate(self, number: int) -> F32:
        return from_half(self._aligned.crop(number))

    def matte(self, number: int, settings: CompositeSettings) -> F32:
        """Where the swap shows in its crop: joined, shaped, and without what is in front."""
        if settings.mode == "raw":
            return np.ones(self.swap(number).shape[:2], np.float32)
        given = {name: self._source(name, number, settings) for name in sources(settings.matte)}
        shaped = shape(joined(settings.matte, given), settings)
        return shaped if settings.occlusion == "none" else shaped * (1 - self.front(number, settings))

    def front(self, number: int, settings: CompositeSettings) -> F32:
        """How much is in front of the face, in the swap's crop."""
        return self._of_plate(from_half(self._occluded.front(number)), settings)

    def moved(self, number: int, other: int, settings: CompositeSettings) -> F32:
        """The landmarks (468, 2) of the face in the frame ``other``, as it moves in the crop of ``number``."""
        here, there = (
            apply(inverse(self._aligned.matrices[self._rows[n]]), self.landmarks(n)) for n in (number, other)
        )
        change = (there - here) @ self.matrix(number, settings)[:, :2].T
        return np.asarray(self.landmarks(number) + change, np.float32)

    def _source(self, name: str, number: int, settings: CompositeSettings) -> F32:
        if name == "learned":
            return from_half(self._swapped.matte(number))
        if name == "external":
            roto = RotoEntry(self._inputs["roto"], self._index).matte(number)
            return from_plate(roto, self.matrix(number, settings), self.swap(number).shape[0])
        size = self.swap(number).shape[0]
        if name == "hull" or (name in ("plate", "identity") and number not in self._own):
            # Only chunks whose own settings name them have them: for neighbor frames the hull is used instead.
            return hull(self.landmarks(number), size)
        if name == "plate":
            return self._of_plate(from_half(self._occluded.face(number)), settings)
        if name == "identity":
            return from_half(self._occluded.identity(number))
        return np.ones((size, size), np.float32)

    def _of_plate(self, matte: F32, settings: CompositeSettings) -> F32:
        """A matte of the plate's crop, in the swap's."""
        if not settings.face_scale:
            return matte
        size = matte.shape[0]
        return np.asarray(sample(matte, scaled(size, settings.face_scale), size), np.float32)

    @property
    def _occluded(self) -> OccludedEntry:
        return OccludedEntry(self._inputs["occlude"], self._index)
