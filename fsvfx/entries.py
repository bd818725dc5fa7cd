"""The replace entries of a shot: under which names stages keep each entry's arrays, and views that read them.

Frames are production frame numbers; crops are (S, S, 3) display [0, 1], mattes (S, S) in [0, 1], both float16. All
views raise StoreError for what no receipt vouches for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from fsvfx.arrays import Array, Data

Half = NDArray[np.float16]
Named = TypeVar("Named")


def entry_name(index: int) -> str:
    """Of the shot's ``index``-th replace entry, from 0: of its tables, its mattes, its figures in receipts."""
    return f"r{index}"


ENTRY = "rN"
"""Stands for each entry's name in what stages declare."""


def entry_of(name: str) -> tuple[str, str]:
    """The entry in an array's or a table's full name (empty: none), and the name with `ENTRY` in its place."""
    entry, slash, rest = name.partition("/")
    if entry[:1] == "r" and entry[1:].isdigit():
        return entry, f"{ENTRY}{slash}{rest}"
    return "", name


def array_name(entry: int | str, array: str) -> str:
    """Of a per-frame array of an entry, which is given by its index or its name."""
    return f"{entry_name(entry) if isinstance(entry, int) else entry}/{array}"


def named(index: int, **arrays: Named) -> dict[str, Named]:
    """An entry's arrays under their full names, as a stage puts them out."""
    return {array_name(index, name): array for name, array in arrays.items()}


@dataclass(frozen=True)
class EntryView:
    """One entry's arrays in the results of a stage."""

    data: Data
    index: int

    def has(self, array: str) -> bool:
        return self.data.has(array_name(self.index, array))

    def frame(self, array: str, number: int) -> Array:
        return self.data.frame(array_name(self.index, array), number)

    def frames(self, array: str) -> Array:
        return self.data.frames(array_name(self.index, array))

    def half(self, array: str, number: int) -> Half:
        return np.asarray(self.frame(array, number), np.float16)


class TrackedEntry(EntryView):
    """The performer's rows in a chunk's part of ``track``: as many as there are finds and filled gaps."""

    @cached_property
    def rows(self) -> dict[str, NDArray[Any]]:
        """Columns frame, box, score, landmarks (k, 468, 3) plate px, filled, segment_start, crop_size."""
        return dict(self.data.table(entry_name(self.index)))

    @property
    def crop_size(self) -> int:
        table: dict[str, NDArray[Any]] = dict(self.data.table("entries"))
        return int(table["crop_size"][table["entry"] == self.index][0])

    @property
    def filled(self) -> list[int]:
        """The frames whose landmarks are interpolated."""
        return [int(number) for number in self.rows["frame"][np.asarray(self.rows["filled"], np.bool_)]]


class AlignedEntry(EntryView):
    """The performer's aligned face; all zeros where there is none."""

    @cached_property
    def present(self) -> NDArray[np.bool_]:
        """(n,): whether the frame shows the performer."""
        return np.asarray(self.frames("present"), np.bool_)

    @cached_property
    def starts(self) -> NDArray[np.bool_]:
        """(n,): a cut or a gap lies before the frame."""
        return np.asarray(self.frames("start"), np.bool_)

    @cached_property
    def matrices(self) -> NDArray[np.float64]:
        """(n, 2, 3): plate px -> crop px."""
        return np.asarray(self.frames("matrix"), np.float64)

    @cached_property
    def shown(self) -> frozenset[int]:
        """The frames that show the performer."""
        return frozenset(number for number, there in zip(self.data.numbers, self.present, strict=True) if there)

    @cached_property
    def size(self) -> int:
        """S, the side of the crops."""
        return int(self.frame("crops", self.data.numbers[0]).shape[0])

    def is_present(self, number: int) -> bool:
        return bool(self.frame("present", number))

    def matrix(self, number: int) -> NDArray[np.float64]:
        return np.asarray(self.frame("matrix", number), np.float64)

    def landmarks(self, number: int) -> NDArray[np.float32]:
        """(468, 3) crop px."""
        return np.asarray(self.frame("landmarks", number), np.float32)

    def crop(self, number: int) -> Half:
        return self.half("crops", number)


@dataclass(frozen=True)
class GoesIn:
    """Who goes into an entry: a person's ``references``, or the member of a bank whom the stage ``cast`` has chosen."""

    data: Data
    cast: str = ""
    """The entry's name, if its identity comes from a bank."""

    @classmethod
    def of(cls, inputs: Mapping[str, Data], index: int, identity: str) -> GoesIn:
        """``identity``: as an entry's ``goes_in`` has it."""
        references = inputs.get(f"references/{identity}")
        return cls(inputs["cast"], entry_name(index)) if references is None else cls(references)

    @property
    def digest(self) -> str:
        return f"{self.data.digest} {self.cast}".strip()

    def pictures(self, array: str) -> Array:
        """``crops``, ``landmarks``, ``embedding`` or ``sharpness`` of each picture."""
        if not self.cast:
            return self.data.frames(array)
        return self.data.table(self.cast)[array]

    @property
    def count(self) -> int:
        """Of the pictures."""
        if not self.cast:
            return len(self.data.numbers)
        return len(self.pictures("sharpness")) if self.data.has(self.cast) else 0


class SwappedEntry(EntryView):
    """The swap, in the aligned face's crops."""

    def crop(self, number: int) -> Half:
        return self.half("crops", number)

    def matte(self, number: int) -> Half:
        return self.half("matte", number)


class OccludedEntry(EntryView):
    """Mattes of what is seen of the face, in the aligned face's crops."""

    def front(self, number: int) -> Half:
        """Something is in front of the face."""
        return self.half("front", number)

    def face(self, number: int) -> Half:
        """The face as seen in the plate."""
        return self.half("face", number)

    def identity(self, number: int) -> Half:
        """The face as seen in the swap; only where a matte names it."""
        return self.half("identity", number)


class RotoEntry(EntryView):
    """The entry's external matte."""

    def matte(self, number: int) -> Half:
        """(H, W), pixel on pixel with the plate."""
        return self.half("roto", number)
