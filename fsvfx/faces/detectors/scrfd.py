"""SCRFD (arXiv 2105.04714) through insightface. The user fetches the weights: they are for non-commercial research."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsvfx import models
from fsvfx.faces import insightface
from fsvfx.faces.detectors import Detections

_SIDE = 640
"""Height and width of its input, px, if the file does not set them."""


class Scrfd:
    """Five key points: eyes, nose, corners of the mouth. pack: a user's; empty: insightface's own buffalo_l."""

    def __init__(self, min_score: float = 0.5, pack: str = "") -> None:
        self._network: Any = (
            insightface.loaded(pack, "detection") if pack else insightface.opened(models.path("insightface"))
        )
        self._network.prepare(-1, input_size=(_SIDE, _SIDE), det_thresh=min_score)

    def detect(self, rgb: NDArray[np.uint8]) -> Detections:
        rows, points = self._network.detect(np.ascontiguousarray(rgb[..., ::-1]), metric="default")
        if not len(rows):
            return Detections.none()
        best = np.argsort(-rows[:, 4], kind="stable")
        rows = rows[best].astype(np.float32)
        return Detections(rows[:, :4], rows[:, 4], points[best].astype(np.float32))
