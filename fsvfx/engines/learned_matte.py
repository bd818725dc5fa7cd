"""What a learned mask must go through before it is a matte."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.comp.matte import hull
from fsvfx.faces.geometry import FILL

if TYPE_CHECKING:
    import torch

_HAZE = 0.04
"""Networks hardly ever say 0 or 1: below this is none, above one less this is all (faceswap's default threshold)."""
_NEAR, _FAR = 0.12, 0.24
"""How far around the face's mesh a mask is believed wholly, and at all, as shares of the face's height."""


def usable(masks: torch.Tensor, landmarks: torch.Tensor, size: int) -> torch.Tensor:
    """Learned masks (n, 1, R, R) without haze and without blobs far from the face.

    landmarks: (n, 468, 3) in px of a crop of ``size``. What reaches a little over the mesh stays: the identity's face
    may be the wider one. Nothing is decided by a threshold: what moves smoothly in the mask does so in the matte.
    """
    import torch

    clear = ((masks - _HAZE) / (1 - 2 * _HAZE)).clamp(0, 1)
    side = masks.shape[-1]
    points = landmarks.cpu().numpy() * (side / size)
    around = np.stack([_around(each, side) for each in points])
    return clear * torch.from_numpy(around)[:, None].to(clear)


def _around(points: NDArray[np.floating], size: int) -> NDArray[np.float32]:
    """(size, size): 1 within and near the mesh, falling to 0 far from it."""
    outside = (hull(points, size) < 0.5).astype(np.uint8)
    away = np.asarray(cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)) / (FILL * size)
    return np.asarray(np.clip((_FAR - away) / (_FAR - _NEAR), 0, 1), np.float32)
