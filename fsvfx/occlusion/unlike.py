"""Where a flattened face differs from its own look: cheap enough for every frame, and selects those worth examining.

The measure is that of ``front.difference``, in the mesh's own coordinates: neither a raster of the mesh nor anything
beyond it is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.occlusion.own_face import FLAT, Floats, OwnFace, facing, flat_raster, lit

Bools = NDArray[np.bool_]

TOLERANCE = np.array([6.0, 3.0, 3.0], np.float32)
"""Lab: differences from codecs, noise and shine are smaller."""
SIGMAS = 2.0
SHIFT = np.ones((5, 5), np.uint8)
"""Landmarks may be off by two pixels: a shift of the face within that is not a difference."""
WEAK, BY_HAND = 1.2, 2.0
"""Differences, in tolerances, that continue a region, and that start one where hands are."""
_LEAST = 0.0012
"""Minimum area of a region, relative to the face's: slightly less than that of an occluder."""
_RIM = 0.09
"""Occluders enter over the face's rim: this close, over the flattened face's side."""
_OPEN = np.ones((3, 3), np.uint8)


@dataclass(frozen=True)
class Likeness:
    """Compares flattened faces with an own look."""

    own: OwnFace

    def unlike(self, seen: Floats, mesh: Floats) -> Bools:
        """(p,): the parts of a flattened look (p, 3) that may be occluded, in a frame with that mesh (SIZE px)."""
        flat = flat_raster()
        away = flat.planes(self._away(seen, mesh)[:, None])[0]
        weak = cv2.morphologyEx((away > WEAK).astype(np.uint8), cv2.MORPH_OPEN, _OPEN)
        if not weak.any():
            return np.zeros(len(seen), np.bool_)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(weak, connectivity=8)
        least = _LEAST * len(seen)
        strong, touching = (np.bincount(labels[mask], minlength=count) for mask in (away > BY_HAND, _rim()))
        found = (stats[:, cv2.CC_STAT_AREA] >= least) & (strong > 0.15 * least + 2) & (touching > 0)
        found[0] = False
        return np.asarray(found[labels].ravel()[flat.pixels], np.bool_)

    def _away(self, seen: Floats, mesh: Floats) -> Floats:
        """(p,): in tolerances; 0 where it is unknown, and where the face turns away."""
        usual, rough = lit(self.own, seen)
        light = usual - self.own.look
        least, most = self._bounds
        beyond = np.maximum(np.maximum(least + light - seen, seen - most - light), 0)
        away = beyond / ((TOLERANCE + SIGMAS * self.own.spread) * np.float32(rough))
        return np.asarray(np.sqrt((away**2).sum(axis=1)) * self.own.known * facing(mesh), np.float32)

    @cached_property
    def _bounds(self) -> tuple[Floats, Floats]:
        """(p, 3) minimum and maximum of the own look within ``SHIFT``."""
        flat, nothing = flat_raster(), np.zeros((FLAT, FLAT, 3), np.float32)
        low = cv2.erode(flat.picture(self.own.look, nothing + 1e3), SHIFT)
        high = cv2.dilate(flat.picture(self.own.look, nothing - 1e3), SHIFT)
        return flat.of_picture(np.asarray(low, np.float32)), flat.of_picture(np.asarray(high, np.float32))


@lru_cache(maxsize=1)
def _rim() -> Bools:
    """(FLAT, FLAT): the flattened face's rim."""
    on_mesh = np.pad(flat_raster().coverage.astype(np.uint8), 1)
    away = np.asarray(cv2.distanceTransform(on_mesh, cv2.DIST_L2, 3))[1:-1, 1:-1]
    return np.asarray((away > 0) & (away < _RIM * FLAT))
