"""Crops of plates of any depth and color space, as engines see them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.colour import PlateColour
from fsvfx.colour.planes import half_of
from fsvfx.faces.geometry import apply, crop, inverse, scale_of

_MARGIN = 8
"""Margin of plate pixels around a crop for its sampling."""


_SPACES = {"float16": "linear_rec709"}
"""Half-float pictures are assumed to be scene-linear, the others sRGB. Both spaces are in the built-in config."""
_ABOUT = 0.75
"""Margin of a piece around a face, as a multiple of its longer side: an aligned crop fits in at any rotation."""


@dataclass(frozen=True)
class Piece:
    """A copy of the part of a picture that a face's crop may show: picture (h, w, 3), and its corner (x, y) in that."""

    picture: NDArray[np.generic]
    corner: NDArray[np.int64]

    @classmethod
    def of(cls, picture: NDArray[np.generic], landmarks: NDArray[np.floating]) -> Piece:
        """Around a face with landmarks (468, 3) px in a picture (H, W, 3)."""
        low, high = landmarks[:, :2].min(axis=0), landmarks[:, :2].max(axis=0)
        reach = _ABOUT * float((high - low).max()) + _MARGIN
        limit = np.array(picture.shape[1::-1])
        first = np.clip(np.floor(low - reach).astype(np.int64), 0, limit - 1)
        last = np.clip(np.ceil(high + reach).astype(np.int64), first + 1, limit)
        return cls(picture[first[1] : last[1], first[0] : last[0]].copy(), first)

    def points(self, landmarks: NDArray[np.float32]) -> NDArray[np.float32]:
        """Landmarks (..., 3) of the picture in the piece's px."""
        return np.asarray(landmarks - np.array([*self.corner, 0]), np.float32)


def colour_of(picture: NDArray[np.generic]) -> PlateColour:
    """The assumed color space of a reference picture, in the built-in config."""
    return PlateColour(_SPACES.get(picture.dtype.name, "sRGB"))


def display_crop(
    plate: NDArray[np.generic], matrix: NDArray[np.float64], size: int, colour: PlateColour
) -> NDArray[np.float16]:
    """The crop of a plate frame (H, W, 3) as engines see it: (size, size, 3) f16 display [0, 1].

    Only the visible piece of the plate is converted.
    """
    cut = _piece(plate, matrix, size)
    if cut is None:
        return np.zeros((size, size, 3), np.float16)
    piece, moved = cut
    return half_of(np.clip(crop(colour.display(piece), moved, size), 0.0, 1.0))


def coarse_crop(
    plate: NDArray[np.generic], matrix: NDArray[np.float64], size: int, colour: PlateColour
) -> NDArray[np.float32]:
    """The same as float32, for detection: large plates are shrunk before their colors are converted, and in 8 bits, as
    people see them, not as engines do."""
    cut = _piece(plate, matrix, size)
    if cut is None:
        return np.zeros((size, size, 3), np.float32)
    piece, moved = cut
    height, width = (max(1, round(side * min(scale_of(moved), 1))) for side in piece.shape[:2])
    if (height, width) != piece.shape[:2]:
        given = piece.astype(np.float32) if piece.dtype == np.float16 else piece
        small = cv2.resize(np.ascontiguousarray(given), (width, height), interpolation=cv2.INTER_AREA)
        across, down = piece.shape[1] / width, piece.shape[0] / height
        moved[:, 2] += moved[:, :2] @ np.array([across - 1, down - 1]) / 2
        moved[:, :2] *= [across, down]
        piece = small.astype(plate.dtype)
    seen = crop(colour.shown(piece), moved, size)
    return np.asarray(np.multiply(seen, np.float32(1 / 255), dtype=np.float32), np.float32)


def _piece(
    plate: NDArray[np.generic], matrix: NDArray[np.float64], size: int
) -> tuple[NDArray[np.generic], NDArray[np.float64]] | None:
    """The part of the plate that a crop shows, and the matrix from there; None if there is none."""
    corners = apply(inverse(matrix), np.array([[0, 0], [size, 0], [0, size], [size, size]], np.float64) - 0.5)
    low = np.clip(np.floor(corners.min(axis=0)).astype(int) - _MARGIN, 0, None)
    high = np.ceil(corners.max(axis=0)).astype(int) + _MARGIN
    if (low >= plate.shape[1::-1]).any() or (high <= 0).any():
        return None
    moved = matrix.copy()
    moved[:, 2] += matrix[:, :2] @ low
    return plate[low[1] : high[1], low[0] : high[0]], moved
