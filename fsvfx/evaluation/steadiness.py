"""Flicker along tracked points, and the seam, of swaps in their crops."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.faces.raster import remap_points
from fsvfx.qc.figures import flicker, luminance, seam

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

_BLUR = 0.012
"""Sigma of what a point sees, as a share of the crop: a point that is tracked a little off is no flicker."""


def seams(plates: U8, comps: U8, mattes: F32) -> F32:
    """``qc.figures.seam`` of pictures (n, S, S, 3) with mattes (n, S, S): (n,), NaN without an edge."""
    pairs = zip(plates, comps, mattes, strict=True)
    return np.array([seam(luminance(plate), luminance(comp), matte) for plate, comp, matte in pairs], np.float32)


def flickers(
    plates: U8, comps: U8, mattes: F32, landmarks: F32, frames: Sequence[int], footage: Sequence[str] = ()
) -> F32:
    """What changes from frame to frame at the mesh's points (n, 468, 2+) in the comp and not in the plate: (n,).

    In shares of the display range; NaN where the frame before is not there. footage: each frame's, if of several.
    """
    found = np.full(len(frames), np.nan, np.float32)
    before: tuple[F32, F32] | None = None
    for place, points in enumerate(landmarks):
        now = _along(plates[place], points), _along(comps[place], points)
        follows = place > 0 and frames[place] == frames[place - 1] + 1
        if before is not None and follows and (not footage or footage[place] == footage[place - 1]):
            found[place] = flicker(before, now, _at(mattes[place].astype(np.float32), points))
        before = now
    return found


def _along(picture: U8, points: F32) -> F32:
    return _at(np.asarray(cv2.GaussianBlur(luminance(picture), (0, 0), _BLUR * len(picture)), np.float32), points)


def _at(picture: F32, points: F32) -> F32:
    """(468,) values of a picture (S, S)."""
    return remap_points(np.ascontiguousarray(picture)[..., None], points[:, :2])[:, 0]
