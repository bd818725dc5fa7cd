"""Motion blur: the swap, smeared along the face's motion while the shutter was open."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.comp.finish.pictures import held, to_display, to_light
from fsvfx.faces import topology
from fsvfx.faces.geometry import similarity

F32 = NDArray[np.float32]
Points = NDArray[np.floating]

_SHUTTER = 0.5
"""Share of the frame interval that a 180 degree shutter is open."""
_STILL = 0.5
"""Motion shorter than this many px leaves no trace."""
_MOST = 48
"""Maximum number of pictures averaged."""
_GRID = 25
"""Motion is computed at this many places a side, and interpolated between them."""
_NEAR = 1 / 32
"""Reach of a landmark's own motion, as a share of the crop."""


def motion_blur(
    crop: F32,
    share: NDArray[np.floating],
    amount: float,
    *,
    landmarks: Points,
    before: Points | None = None,
    after: Points | None = None,
) -> F32:
    """Average ``crop`` (S, S, 3), display light, over the shutter's time; ``amount``: percent of 180 degrees.

    landmarks (468, 2) px; before, after: the same face one frame before and after, in this frame's px. The shutter is
    centered on the frame, and the face moves at constant speed while it is open. Averaged in light. Applies only where
    ``share`` (S, S) is above zero; a still face, or one without neighbor frames, is returned unchanged.
    """
    if amount == 0 or (before is None and after is None) or not (share > 0).any():
        return crop
    way = way_of(landmarks, before, after, crop.shape[0]) * np.float32(_SHUTTER * amount / 100)
    rows, columns = _box(share)
    longest = float(np.hypot(way[rows, columns, 0], way[rows, columns, 1]).max())
    if longest < _STILL:
        return crop
    blurred = crop.copy()
    mean = _averaged(to_light(crop), way, (rows, columns), count=min(_MOST, int(np.ceil(longest)) + 1))
    blurred[rows, columns] = to_display(mean)
    return held(blurred, crop)


def way_of(landmarks: Points, before: Points | None, after: Points | None, size: int) -> F32:
    """How far each pixel of a crop moves from frame to frame: (S, S, 2) x, y in px.

    The head moves by a similarity; on the face, the mesh's remaining motion (an opening mouth) is added.
    """
    first = landmarks if before is None else before
    last = landmarks if after is None else after
    frames = (before is not None) + (after is not None)
    moved = (np.asarray(last, np.float64) - first) / frames
    scale, turn, shift = similarity(landmarks[topology.RIGID], (landmarks + moved)[topology.RIGID])

    def head(points: NDArray[Any]) -> NDArray[Any]:
        moved_there: NDArray[Any] = scale * points @ turn.T + shift - points
        return moved_there

    line = np.linspace(0, size - 1, _GRID)
    places = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    own = _spread(places, np.asarray(landmarks, np.float64), moved - head(landmarks), _NEAR * size)
    return _grown((head(places) + own).reshape(_GRID, _GRID, 2).astype(np.float32), size)


def _spread(places: Points, landmarks: Points, own: Points, reach: float) -> NDArray[np.float64]:
    """The landmarks' ``own`` motion (468, 2) at ``places`` (n, 2): a distance-weighted mean that fades out away from
    the mesh."""
    apart = (places**2).sum(axis=1)[:, None] - 2 * places @ landmarks.T + (landmarks**2).sum(axis=1)
    weights = np.exp(-0.5 / reach**2 * apart)
    spread: NDArray[np.float64] = weights @ own / (weights.sum(axis=1, keepdims=True) + 0.5)
    return spread


def _grown(grid: F32, size: int) -> F32:
    """A grid that spans the pixel centers from first to last, interpolated at every pixel."""
    step = (len(grid) - 1) / (size - 1)
    matrix = np.array([[step, 0, 0], [0, step, 0]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(grid, matrix, (size, size), flags=flags, borderMode=cv2.BORDER_REPLICATE), np.float32
    )


def _averaged(light: F32, way: F32, box: tuple[slice, slice], count: int) -> F32:
    """The mean of ``count`` pictures, evenly spaced along the motion; ``box`` only."""
    rows, columns = box
    y, x = np.mgrid[rows, columns].astype(np.float32)
    step_x, step_y = np.ascontiguousarray(way[rows, columns].transpose(2, 0, 1))
    total = np.zeros((*x.shape, 3), np.float32)
    for turn in range(count):
        time = (turn + 0.5) / count - 0.5
        map_x, map_y = cv2.scaleAdd(step_x, -time, x), cv2.scaleAdd(step_y, -time, y)
        total += cv2.remap(light, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(total / count, np.float32)


def _box(share: NDArray[np.floating]) -> tuple[slice, slice]:
    rows, columns = np.flatnonzero((share > 0).any(axis=1)), np.flatnonzero((share > 0).any(axis=0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
