"""The atlas: a face's picture laid out by the mesh's UV, so that the same features are in the same place for all
faces."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.faces.raster import Floats, Raster, blur, rasterise
from fsvfx.faces.topology import TRIANGLES, UV

Ints = NDArray[np.int64]

SIDE = 64
"""Height and width, px."""


@lru_cache(maxsize=1)
def places() -> Floats:
    """(468, 3): the positions of the mesh's vertices in the atlas, px; z is 0."""
    flat = np.column_stack([UV[:, 0], 1 - UV[:, 1]]) * (SIDE - 1)
    return np.column_stack([flat, np.zeros(len(flat))]).astype(np.float32)


@lru_cache(maxsize=1)
def raster() -> Raster:
    return rasterise(places(), TRIANGLES, SIDE)


def laid_out(crop: Floats, mesh: Floats) -> Floats:
    """(p, 3) colors of a picture (S, S, 3) with its mesh (468, 2+) at the atlas's covered pixels, slightly blurred."""
    return raster().sample(blur(crop, len(crop) / 100), mesh)


def extended(picture: Floats) -> Floats:
    """A picture (SIDE, SIDE, 3) in which each pixel outside the mesh has the color of the nearest one on it."""
    return picture[_nearest()]


@lru_cache(maxsize=1)
def _nearest() -> tuple[Ints, Ints]:
    """Row and column, for each pixel, of the nearest one on the mesh."""
    _, labels = cv2.distanceTransformWithLabels(
        np.asarray(raster().coverage == 0, np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE, labelType=cv2.DIST_LABEL_PIXEL
    )
    places = np.zeros(int(labels.max()) + 1, np.int64)
    covered = raster().coverage.ravel() > 0
    places[labels.ravel()[covered]] = np.flatnonzero(covered)
    row, column = np.divmod(places[labels], SIDE)
    return row, column


def filled(colours: Floats) -> Floats:
    """(SIDE, SIDE, 3) from colors (p, 3) of the covered pixels, extended beyond the mesh."""
    picture = raster().picture(colours, np.zeros((SIDE, SIDE, 3), np.float32))
    around = blur(picture, 2.0) / np.maximum(blur(raster().coverage, 2.0), 1e-3)[..., None]
    return np.asarray(np.where(raster().coverage[..., None] > 0, picture, around), np.float32)
