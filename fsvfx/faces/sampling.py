"""Cut turned squares out of pictures. Pixel coordinates: x right, y down, (0, 0) is the centre of the first pixel."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray


def apply(matrix: NDArray[np.float64], points: NDArray[np.floating]) -> NDArray[np.float64]:
    """A (2, 3) matrix on points (..., 2)."""
    moved: NDArray[np.float64] = points @ matrix[:, :2].T + matrix[:, 2]
    return moved


def inverse(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of a (2, 3) affine matrix."""
    linear = np.linalg.inv(matrix[:, :2])
    return np.column_stack([linear, -linear @ matrix[:, 2]])


def scale_of(matrix: NDArray[np.float64]) -> float:
    """Output pixels per input pixel."""
    return float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))


def move_points(matrix: NDArray[np.float64], points: NDArray[np.floating]) -> NDArray[np.float32]:
    """A (2, 3) similarity on landmarks (..., 3): z scales along."""
    z = points[..., 2:] * scale_of(matrix)
    return np.concatenate([apply(matrix, points[..., :2]), z], axis=-1).astype(np.float32)


def sample(
    picture: NDArray[Any], matrix: NDArray[np.float64], size: int, *, cubic: bool = False, mirror: bool = False
) -> NDArray[Any]:
    """The (size, size, C) crop that ``matrix`` (2, 3; picture px -> crop px) shows, in the picture's dtype.

    Shrinking averages (no aliasing). Outside the picture: black, or its mirror image.
    """
    times = max(1, int(np.ceil(1.0 / scale_of(matrix) - 0.25)))
    finer = matrix * times
    finer[:, 2] += 0.5 * times - 0.5
    flags = cv2.INTER_CUBIC if cubic and times == 1 else cv2.INTER_LINEAR
    border = cv2.BORDER_REFLECT_101 if mirror else cv2.BORDER_CONSTANT
    fine = cv2.warpAffine(picture, finer, (size * times, size * times), flags=flags, borderMode=border)
    return fine if times == 1 else cv2.resize(fine, (size, size), interpolation=cv2.INTER_AREA)
