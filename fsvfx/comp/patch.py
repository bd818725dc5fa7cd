"""Patches, the parts of a plate that a swap changes: where they are, and how crops get there and onto the plate."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from tempfile import TemporaryFile

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.comp.matte import FACE
from fsvfx.entries import EntryView
from fsvfx.faces.geometry import FILL, hold_highlights, inverse, sample, scale_of
from fsvfx.faces.geometry import apply as mapped

Half = NDArray[np.float16]
F32 = NDArray[np.float32]
Matrix = NDArray[np.float64]
Size = tuple[int, int]

_MARGIN = 3
"""Plate pixels around the matte that the region contains."""
_STEP = 16
"""Regions are multiples of this high and wide, where the plate is large enough: the solver's grids halve evenly."""


@dataclass(frozen=True)
class Patch:
    """One entry's share of a comp.

    origin: (y, x) of the patch's first pixel in the plate. patch: (h, w, 3) float16, comp space, scene-linear, already
    blended with the plate. matte: (h, w) float16 in [0, 1]; the patch applies where it is above zero.
    """

    origin: tuple[int, int]
    patch: Half
    matte: Half


class CompositedEntry(EntryView):
    """One entry's patches in the results of ``composite``."""

    @property
    def is_there(self) -> bool:
        """Whether anything was composited for it."""
        return self.has("present")

    @property
    def present(self) -> NDArray[np.bool_]:
        """(n,): whether the frame's matte is not empty."""
        return np.asarray(self.frames("present"), np.bool_)

    def patch(self, number: int) -> Patch | None:
        """None where nothing shows. Raises StoreError."""
        if not self.frame("present", number):
            return None
        y, x = (int(value) for value in self.frame("origin", number))
        return Patch((y, x), self.half("patch", number), self.half("matte", number))


def paste(area: Half, matte: Half, at: tuple[int, int], patches: Iterable[Patch]) -> None:
    """Lay ``patches`` in order onto ``area`` (h, w, 3), which lies at ``at`` (y, x) of the plate, and join their mattes
    (maximum) into ``matte`` (h, w). In place; parts outside ``area`` are ignored."""
    for patch in patches:
        top, left = patch.origin[0] - at[0], patch.origin[1] - at[1]
        y0, x0 = max(top, 0), max(left, 0)
        y1, x1 = min(top + patch.matte.shape[0], area.shape[0]), min(left + patch.matte.shape[1], area.shape[1])
        if y0 >= y1 or x0 >= x1:
            continue
        here = (slice(y0, y1), slice(x0, x1))
        there = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
        # Non-negative halves sort in the order of their bits, which is much faster in numpy.
        share, joint = patch.matte.view(np.int16)[there], matte.view(np.int16)[here]
        cv2.copyTo(patch.patch.view(np.int16)[there], (share > 0).view(np.uint8), area.view(np.int16)[here])
        np.maximum(joint, share, out=joint)


def apply(plate_comp: Half, patches: Sequence[Patch]) -> tuple[Half, Half]:
    """The comp of one frame, and its matte.

    plate_comp: (H, W, 3) float16, the plate in comp space. Gives comp (H, W, 3) float16 and matte (H, W) float16; the
    comp is ``plate_comp`` itself where there are no patches. Outside the matte it is bit-identical to ``plate_comp``.
    """
    if plate_comp.dtype != np.float16:
        raise TypeError(f"a plate in comp space is float16, this one is {plate_comp.dtype}")
    comp = plate_comp.copy() if patches else plate_comp
    matte: Half = np.zeros(comp.shape[:2], np.float16)
    paste(comp, matte, (0, 0), patches)
    return comp, matte


def box_of(patches: Sequence[Patch]) -> tuple[slice, slice]:
    """Rows and columns of the plate that contain all of ``patches``, at least one."""
    ends = [np.add(patch.origin, patch.matte.shape) for patch in patches]
    (top, left), (bottom, right) = np.min([patch.origin for patch in patches], axis=0), np.max(ends, axis=0)
    return slice(int(top), int(bottom)), slice(int(left), int(right))


class Spool:
    """``count`` frames of one shape and dtype, in an unnamed file that lives as long as the object; zeros until
    written."""

    def __init__(self, count: int, shape: tuple[int, ...], dtype: type[np.floating]) -> None:
        self.count, self.shape, self.dtype = count, shape, np.dtype(dtype)
        self._bytes = int(np.prod(shape)) * self.dtype.itemsize
        self._file = TemporaryFile()  # noqa: SIM115 - it lives as long as the spool
        self._file.truncate(count * self._bytes)

    def __setitem__(self, row: int, frame: NDArray[np.floating]) -> None:
        if frame.shape != self.shape:
            raise ValueError(f"frame {row} is {frame.shape}, not {self.shape}")
        self._file.seek(row * self._bytes)
        self._file.write(np.ascontiguousarray(frame, self.dtype).data)

    def __getitem__(self, row: int) -> NDArray[np.floating]:
        self._file.seek(row * self._bytes)
        frame: NDArray[np.floating] = np.frombuffer(self._file.read(self._bytes), self.dtype).reshape(self.shape)
        return frame

    def __iter__(self) -> Iterator[NDArray[np.floating]]:
        return (self[row] for row in range(self.count))


def box(matte: F32, matrix: Matrix) -> tuple[float, float, float, float] | None:
    """Top, left, bottom, right in plate pixels of the area that a crop's matte (S, S) covers; None for an empty one.

    matrix: (2, 3), plate px -> crop px.
    """
    rows = np.flatnonzero((matte > 0).any(axis=1))
    if not len(rows):
        return None
    covered = matte[rows] > 0
    left, right = covered.argmax(axis=1), matte.shape[1] - 1 - covered[:, ::-1].argmax(axis=1)
    ends = np.concatenate([np.column_stack([left - 1, rows]), np.column_stack([right + 1, rows])])
    reach = np.array([[0.0, -1.0], [0.0, 1.0]])
    points = mapped(inverse(matrix), (ends[:, None] + reach).reshape(-1, 2))
    return points[:, 1].min(), points[:, 0].min(), points[:, 1].max(), points[:, 0].max()


def regions(boxes: Sequence[tuple[float, float, float, float] | None], plate: Size) -> tuple[NDArray[np.int32], Size]:
    """Each frame's origin (n, 2) y, x, and one size (h, w) for all, so that the regions lie in the plate (H, W)."""
    found = [each for each in boxes if each is not None]
    size = tuple(
        min(limit, _round_up(max((each[axis + 2] - each[axis] for each in found), default=0.0) + 2 * _MARGIN + 1))
        for axis, limit in enumerate(plate)
    )
    origins = np.zeros((len(boxes), 2), np.int32)
    for row, each in enumerate(boxes):
        if each is not None:
            middle = [(each[axis] + each[axis + 2]) / 2 - (size[axis] - 1) / 2 for axis in (0, 1)]
            origins[row] = [int(np.clip(round(middle[axis]), 0, plate[axis] - size[axis])) for axis in (0, 1)]
    return origins, (size[0], size[1])


def to_plate(crop: F32, matrix: Matrix, origin: NDArray[np.int32], size: Size) -> F32:
    """Sample a picture (S, S, C) at the plate pixels of a region: (h, w, C) float32.

    Shrinking averages; otherwise cubic, within the picture's own range and without new highlights. Beyond the crop: its
    border's values.
    """
    there = _sampled(crop, matrix, origin, size, cv2.INTER_CUBIC, cv2.BORDER_REPLICATE)
    hold_highlights(there, crop, _back(matrix, origin), cv2.BORDER_REPLICATE)
    return np.clip(there, crop.min(), crop.max(), out=there)


def matte_to_plate(matte: F32, matrix: Matrix, origin: NDArray[np.int32], size: Size) -> F32:
    """Sample a matte (S, S) at the plate pixels of a region: (h, w) float32, zero beyond the crop."""
    return _sampled(matte, matrix, origin, size, cv2.INTER_LINEAR, cv2.BORDER_CONSTANT)


def from_plate(picture: NDArray[np.floating], matrix: Matrix, size: int) -> F32:
    """Sample a matte of the whole plate (H, W) in the crop: (size, size) float32, zero beyond the plate."""
    corners = mapped(inverse(matrix), np.array([[0, 0], [size, 0], [0, size], [size, size]], np.float64) - 0.5)
    left, top = np.clip(np.floor(corners.min(axis=0)).astype(int) - _STEP, 0, None)
    right, bottom = np.ceil(corners.max(axis=0)).astype(int) + _STEP
    piece = picture[top : max(bottom, 0), left : max(right, 0)].astype(np.float32)
    if not piece.size:
        return np.zeros((size, size), np.float32)
    moved = matrix.copy()
    moved[:, 2] += matrix[:, :2] @ (left, top)
    return np.asarray(sample(piece, moved, size), np.float32)


def octaves(size: int) -> int:
    """How many octaves larger faces in crops (size, size) are than those that lengths refer to."""
    return math.ceil(math.log2(FILL * size / FACE) - 0.25)


def scaled(size: int, percent: float) -> Matrix:
    """(2, 3): crop px -> px in the crop of a face this many percent larger, about its center."""
    factor = 1 / (1 + percent / 100)
    middle = (size - 1) / 2
    return np.array([[factor, 0.0, middle * (1 - factor)], [0.0, factor, middle * (1 - factor)]])


def _sampled(crop: F32, matrix: Matrix, origin: NDArray[np.int32], size: Size, how: int, border: int) -> F32:
    times = max(1, int(np.ceil(scale_of(matrix) - 0.25)))
    back = _back(matrix, origin) * times
    back[:, 2] += 0.5 * times - 0.5
    flags = how if times == 1 else cv2.INTER_LINEAR
    there = cv2.warpAffine(crop, back, (size[1] * times, size[0] * times), flags=flags, borderMode=border)
    if times > 1:
        there = cv2.resize(there, (size[1], size[0]), interpolation=cv2.INTER_AREA)
    return np.asarray(there, np.float32)


def _back(matrix: Matrix, origin: NDArray[np.int32]) -> Matrix:
    """(2, 3): crop px -> px of the plate's region at ``origin``."""
    back = inverse(matrix)
    back[:, 2] -= origin[::-1]
    return back


def _round_up(length: float) -> int:
    return int(np.ceil(max(length, 1.0) / _STEP)) * _STEP
