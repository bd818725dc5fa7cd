"""Paint for the demo's fictional face: another complexion, heavier brows, a shadow of beard."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.demo.puppet import Mesh

Picture = NDArray[np.uint8]
Area = NDArray[np.float32]

_OVAL = (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
         152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109)  # fmt: skip
_BEARD = (132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361,
          426, 391, 327, 2, 98, 165, 206)  # fmt: skip
_MOUTH = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146)
_BROWS = ((70, 63, 105, 66, 107, 55, 65, 52, 53, 46), (300, 293, 334, 296, 336, 285, 295, 282, 283, 276))
_EYES = ((33, 160, 158, 133, 153, 144), (263, 387, 385, 362, 380, 373))


def make_up(picture: Picture, mesh: Mesh, seed: int = 7) -> Picture:
    """Paint the face of ``picture`` (H, W, 3, sRGB) whose mesh is (468, 3) px; seeded grain for the beard."""
    size = float(np.ptp(mesh[:, 0]))
    face = _area(picture, mesh, [_OVAL], 0.05 * size)
    eyes = _area(picture, mesh, _EYES, 0.015 * size)
    mouth = _area(picture, mesh, [_MOUTH], 0.015 * size)
    skin = face * (1 - eyes) * (1 - mouth)
    beard = _area(picture, mesh, [_BEARD], 0.06 * size) * (1 - mouth) * face
    brows = _area(picture, mesh, _BROWS, 0.012 * size)

    lab: Any = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    light = lab[..., 0]
    lab[..., 0] = light - skin * 0.16 * light
    lab[..., 1:] *= 1 + 0.15 * skin[..., None]
    grain: Any = cv2.GaussianBlur(
        np.random.default_rng(seed).normal(size=light.shape).astype(np.float32), (0, 0), 0.006 * size
    )
    grain /= grain.std()
    lab[..., 0] -= beard * (9.0 + 1.2 * grain)
    lab[..., 1:] *= 1 - 0.3 * beard[..., None]
    lab[..., 0] -= brows * 18.0
    lab[..., 1] -= mouth * 5.0
    painted = cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)
    return np.asarray(np.clip(painted * 255 + 0.5, 0, 255), np.uint8)


def _area(
    picture: Picture, mesh: Mesh, outlines: tuple[tuple[int, ...], ...] | list[tuple[int, ...]], soft: float
) -> Area:
    area: Any = np.zeros(picture.shape[:2], np.float32)
    for outline in outlines:
        cv2.fillPoly(area, [np.round(mesh[list(outline), :2]).astype(np.int32)], 1.0, cv2.LINE_AA)
    return np.asarray(cv2.GaussianBlur(area, (0, 0), max(soft, 0.5)), np.float32)
