"""SCRFD (arXiv 2105.04714) through insightface. The user fetches the weights: they are for non-commercial research."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fsvfx import models
from fsvfx.faces.detectors import Detections


class Scrfd:
    """Five key points: eyes, nose, corners of the mouth."""

    def __init__(self, min_score: float = 0.5) -> None:
        file = models.path("insightface")  # before the import: insightface would try a download of its own
        from insightface.model_zoo import get_model

        self._network = get_model(str(file), providers=["CPUExecutionProvider"])
        self._network.prepare(-1, input_size=(640, 640), det_thresh=min_score)

    def detect(self, rgb: NDArray[np.uint8]) -> Detections:
        rows, points = self._network.detect(np.ascontiguousarray(rgb[..., ::-1]), metric="default")
        if not len(rows):
            return Detections.none()
        best = np.argsort(-rows[:, 4], kind="stable")
        rows = rows[best].astype(np.float32)
        return Detections(rows[:, :4], rows[:, 4], points[best].astype(np.float32))
