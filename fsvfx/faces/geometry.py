"""The geometry of faces: affine maps between plate and crop, aligned crops, and sampling along them.

Pixel coordinates: x right, y down; (0, 0) is the center of the first pixel. A matrix is (2, 3) float64.
"""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.colour.curves import white_shown
from fsvfx.faces.topology import CANONICAL, MIRRORED, RIGID

FILL = 0.7
"""Height of the mesh, forehead included, over the side of its aligned crop."""
_STEP, _LEAST, _MOST = 64, 128, 1024

Matrix = NDArray[np.float64]


def similarity(source: NDArray[np.floating], target: NDArray[np.floating]) -> tuple[float, Matrix, Matrix]:
    """Scale, rotation (d, d) and shift (d,) with ``target ~ scale * rotation @ source + shift``, for points (n, d).

    Least squares (Procrustes; Umeyama 1991).
    """
    middle_s, middle_t = source.mean(axis=0, dtype=np.float64), target.mean(axis=0, dtype=np.float64)
    s, t = source - middle_s, target - middle_t
    u, values, vt = np.linalg.svd(t.T @ s)
    signs = np.ones(len(values))
    signs[-1] = np.sign(np.linalg.det(u @ vt)) or 1.0
    rotation = u @ np.diag(signs) @ vt
    scale = float((values * signs).sum() / (s**2).sum())
    return scale, rotation, middle_t - scale * rotation @ middle_s


def apply(matrix: Matrix, points: NDArray[np.floating]) -> Matrix:
    """Applies a (2, 3) matrix to points (..., 2)."""
    moved: Matrix = points @ matrix[:, :2].T + matrix[:, 2]
    return moved


def inverse(matrix: Matrix) -> Matrix:
    """The inverse of a (2, 3) affine matrix."""
    (a, b, x), (c, d, y) = matrix.tolist()  # plain numbers: many times faster than LAPACK on 2 x 2
    det = a * d - b * c
    return np.array(
        [[d / det, -b / det, (b * y - d * x) / det], [-c / det, a / det, (c * x - a * y) / det]], np.float64
    )


def scale_of(matrix: Matrix) -> float:
    """Output pixels per input pixel."""
    (a, b, _), (c, d, _) = matrix.tolist()
    return math.sqrt(abs(a * d - b * c))


def move_points(matrix: Matrix, points: NDArray[np.floating]) -> NDArray[np.float32]:
    """Applies a (2, 3) similarity to landmarks (..., 3): z is scaled, too."""
    z = points[..., 2:] * scale_of(matrix)
    return np.concatenate([apply(matrix, points[..., :2]), z], axis=-1).astype(np.float32)


def turns(angles: NDArray[np.floating]) -> Matrix:
    """Rotations (..., 2, 2) by ``angles`` (...), radians, clockwise in the picture."""
    cos, sin = np.cos(angles), np.sin(angles)
    return np.stack([np.stack([cos, -sin], axis=-1), np.stack([sin, cos], axis=-1)], axis=-2).astype(np.float64)


def sample(
    picture: NDArray[Any], matrix: Matrix, size: int, *, cubic: bool = False, mirror: bool = False
) -> NDArray[Any]:
    """The (size, size, C) crop that ``matrix`` (picture px -> crop px) selects, in the picture's dtype.

    Shrinking averages (no aliasing). Outside the picture: black, or its mirror image.
    """
    times = _times_finer(matrix)
    finer = matrix * times
    finer[:, 2] += 0.5 * times - 0.5
    flags = cv2.INTER_CUBIC if cubic and times == 1 else cv2.INTER_LINEAR
    border = cv2.BORDER_REFLECT_101 if mirror else cv2.BORDER_CONSTANT
    fine = cv2.warpAffine(picture, finer, (size * times, size * times), flags=flags, borderMode=border)
    return fine if times == 1 else cv2.resize(fine, (size, size), interpolation=cv2.INTER_AREA)


def hold_highlights(made: NDArray[np.float32], picture: NDArray[np.float32], matrix: Matrix, border: int) -> None:
    """Where ``made`` (h, w, C), sampled by cubics along ``matrix`` from ``picture`` (H, W, C), display light, is above
    white, clip it to white or to the brightest of the picture's pixels around it.

    A cubic overshoots at hard edges by a few hundredths: close to white those are stops of light that were never shot.
    The bound is a picture of each pixel's brightest neighbor, sampled linearly: at least the maximum of the four pixels
    around a place, at most that of the sixteen that its cubic uses. Values up to white don't change.
    """
    white = white_shown()
    if made.max(initial=0.0) <= white or _times_finer(matrix) > 1:  # averages reach beyond the edge
        return
    brightest = cv2.dilate(np.maximum(picture, np.float32(white)), np.ones((3, 3), np.uint8))
    most = cv2.warpAffine(brightest, matrix, made.shape[1::-1], flags=cv2.INTER_LINEAR, borderMode=border)
    np.minimum(made, most, out=made)


def _times_finer(matrix: Matrix) -> int:
    """How much finer than its result a picture is sampled before averaging."""
    return max(1, math.ceil(1.0 / scale_of(matrix) - 0.25))


def _template() -> Matrix:
    """The canonical mesh, seen from the front, in a unit square: y down, its height FILL."""
    flat = CANONICAL[:, :2].astype(np.float64) * np.array([1.0, -1.0])
    low, high = flat.min(axis=0), flat.max(axis=0)
    placed: Matrix = (flat - (low + high) / 2) / (high - low).max() * FILL + 0.5
    return placed


_TEMPLATE = _template()


def crop_matrix(landmarks: NDArray[np.floating], size: int) -> Matrix:
    """Landmarks (468, 3) in plate px -> similarity (2, 3), plate px -> px of the aligned (size, size) crop.

    The crop shows the face upright. Fitted by least squares to the points that expressions hardly move.
    """
    target = _TEMPLATE * size - 0.5
    scale, rotation, shift = similarity(landmarks[RIGID, :2], target[RIGID])
    return np.column_stack([scale * rotation, shift])


def crop(rgb: NDArray[Any], matrix: Matrix, size: int) -> NDArray[Any]:
    """The crop (size, size, 3) that ``matrix`` selects from rgb (H, W, 3), display light, in its dtype.

    Cubics that add no highlights (``hold_highlights``); mirrored beyond the picture's edge.
    """
    made = sample(rgb, matrix, size, cubic=True, mirror=True)
    if made.dtype == np.float32:
        hold_highlights(made, rgb, matrix, cv2.BORDER_REFLECT_101)
    return made


def mirrored(
    picture: NDArray[np.float32], mesh: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The mirror image of a picture (H, W, 3) and of its mesh (468, 3): left and right points are exchanged."""
    flipped = mesh[MIRRORED] * np.array([-1, 1, 1], np.float32) + np.array([picture.shape[1] - 1, 0, 0], np.float32)
    return np.ascontiguousarray(picture[:, ::-1]), np.asarray(flipped, np.float32)


def margin_of(size: int, wide: float) -> int:
    """Minimum number of px to add on every side of a crop for one ``wide`` times as wide."""
    return math.ceil(size * (wide - 1) / 2 - 1e-6)


def crop_size(landmarks: NDArray[np.floating]) -> int:
    """For faces (n, 468, 3): a multiple of 64 that keeps the plate's resolution for nine in ten of them."""
    native = [1.0 / scale_of(crop_matrix(each, 1)) for each in landmarks]
    wanted = math.ceil(float(np.quantile(native, 0.9)) / _STEP) * _STEP if native else _LEAST
    return int(np.clip(wanted, _LEAST, _MOST))
