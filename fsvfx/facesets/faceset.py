"""A faceset: one person's faces to train on, their sampling weights, and those held out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from fsvfx.arrays import Data
from fsvfx.digests import digest_of
from fsvfx.errors import InputError
from fsvfx.store import ShotStore, open_data
from schemas.receipts import Receipt

DEGREES = 8.0
"""Height and width of a bin of poses, yaw by pitch."""
FEWEST = 8
"""Bins with fewer faces have less weight: a single odd frame must not be memorized."""


class Pictures(Protocol):
    """Pictures that are read on demand."""

    def __len__(self) -> int: ...

    def __getitem__(self, row: int, /) -> NDArray[np.generic]: ...


@dataclass(frozen=True)
class Faceset:
    """m faces, in the order of their footage.

    crops: each (S, S, 3) f16, display [0, 1]. landmarks (m, 468, 3) f32, crop px. mask: each (S, S) u8, 255 in the face
    with its forehead. pose (m, 3) f32: yaw, pitch, roll in degrees. sharpness (m,) f32, on the scale of reference
    pictures. names: of the footage; footage (m,): index into them; frame (m,): the production's number. held_out (m,)
    bool: never trained on. digest: of everything.
    """

    person: str
    size: int
    crops: Pictures
    mask: Pictures
    landmarks: NDArray[np.float32]
    pose: NDArray[np.float32]
    sharpness: NDArray[np.float32]
    names: tuple[str, ...]
    footage: NDArray[np.int64]
    frame: NDArray[np.int64]
    held_out: NDArray[np.bool_]
    digest: str

    def __len__(self) -> int:
        return len(self.frame)

    def source(self, row: int) -> tuple[str, int]:
        """The footage's name and the frame number."""
        return self.names[int(self.footage[row])], int(self.frame[row])


@dataclass(frozen=True)
class Stored:
    """Pictures in a store."""

    data: Data
    name: str

    def __len__(self) -> int:
        return len(self.data.numbers)

    def __getitem__(self, row: int, /) -> NDArray[np.generic]:
        return self.data.frame(self.name, int(row))


@dataclass(frozen=True)
class Chosen:
    """A subset of other pictures: rows (k,)."""

    whole: Pictures
    rows: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, row: int, /) -> NDArray[np.generic]:
        return self.whole[int(self.rows[row])]


@dataclass(frozen=True)
class Joined:
    """Pictures of several facesets, concatenated."""

    parts: tuple[Pictures, ...]

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    def __getitem__(self, row: int, /) -> NDArray[np.generic]:
        for part in self.parts:
            if row < len(part):
                return part[row]
            row -= len(part)
        raise IndexError(row)


def open_faceset(store: ShotStore, receipt: Receipt) -> Faceset:
    """Opens what ``build`` has committed; crops and masks are read on demand. Raises StoreError."""
    data = open_data(store, [receipt])
    names = receipt.parameters["footage"]
    assert isinstance(names, list)
    return Faceset(
        person=receipt.unit.person,
        size=int(str(receipt.qc["size"])),
        crops=Stored(data, "crops"),
        mask=Stored(data, "mask"),
        landmarks=np.asarray(data.frames("landmarks"), np.float32),
        pose=np.asarray(data.frames("pose"), np.float32),
        sharpness=np.asarray(data.frames("sharpness"), np.float32),
        names=tuple(map(str, names)),
        footage=np.asarray(data.frames("footage"), np.int64),
        frame=np.asarray(data.frames("frame"), np.int64),
        held_out=np.asarray(data.frames("held_out"), np.bool_),
        digest=receipt.digest,
    )


def merged(facesets: Sequence[Faceset]) -> Faceset:
    """All faces of several facesets of one person. Raises InputError if they are of several people, or sizes.

    Each keeps its own held-out faces: facesets of the same takes are better built as one.
    """
    first = facesets[0]
    if len({(each.person, each.size) for each in facesets}) > 1:
        raise InputError(
            "Facesets of " + ", ".join(f"{each.person} at {each.size} px" for each in facesets) + " can't be merged",
            hint="Merge facesets of one person and one size; build them again with the same faceset.size",
        )
    offsets = np.cumsum([0, *(len(each.names) for each in facesets[:-1])])
    return Faceset(
        person=first.person,
        size=first.size,
        crops=Joined(tuple(each.crops for each in facesets)),
        mask=Joined(tuple(each.mask for each in facesets)),
        landmarks=np.concatenate([each.landmarks for each in facesets]),
        pose=np.concatenate([each.pose for each in facesets]),
        sharpness=np.concatenate([each.sharpness for each in facesets]),
        names=tuple(name for each in facesets for name in each.names),
        footage=np.concatenate([each.footage + offset for each, offset in zip(facesets, offsets, strict=True)]),
        frame=np.concatenate([each.frame for each in facesets]),
        held_out=np.concatenate([each.held_out for each in facesets]),
        digest=digest_of([each.digest for each in facesets]),
    )


def weights(pose: NDArray[np.floating], held_out: NDArray[np.bool_], *, balanced: bool = True) -> NDArray[np.float64]:
    """pose (m, 2 or more): yaw, pitch in degrees -> (m,) sums to 1; held-out faces have zero.

    All bins of poses have the same weight, if they have at least ``FEWEST`` faces.
    """
    counts = np.ones(len(pose))
    shown = ~held_out
    if balanced and shown.any():
        bins = np.floor(np.asarray(pose, np.float64)[shown, :2] / DEGREES + 0.5)
        _, which, number = np.unique(bins, axis=0, return_inverse=True, return_counts=True)
        counts[shown] = np.maximum(number[which.ravel()], FEWEST)
    result: NDArray[np.float64] = np.where(shown, 1 / counts, 0.0)
    result /= max(result.sum(), np.finfo(np.float64).tiny)
    return result
