"""YuNet (Wu, Peng and Yu 2023) through OpenCV; the user supplies the weights."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx import models
from fsvfx.faces.detectors import Detections


class YuNet:
    """Five key points: eyes, nose, corners of the mouth."""

    def __init__(self, min_score: float = 0.5) -> None:
        file = models.path("yunet")
        self._network = cv2.FaceDetectorYN.create(str(file), "", (320, 320), min_score, 0.3, 200)

    def detect(self, rgb: NDArray[np.uint8]) -> Detections:
        self._network.setInputSize((rgb.shape[1], rgb.shape[0]))
        _, found = self._network.detect(np.ascontiguousarray(rgb[..., ::-1]))
        if found is None:
            return Detections.none()
        rows = np.asarray(found, np.float32)
        rows = rows[np.argsort(-rows[:, 14], kind="stable")]
        boxes = np.concatenate([rows[:, :2], rows[:, :2] + rows[:, 2:4]], axis=1)
        return Detections(boxes, rows[:, 14], rows[:, 4:14].reshape(-1, 5, 2))
