"""BlazeFace (arXiv 1907.05047), short and full range, as published by MediaPipe."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.faces.boxes import keep_best, weighted_merge
from fsvfx.faces.detectors import Detections
from fsvfx.faces.mediapipe import anchors, decode, lite_model
from fsvfx.faces.near import thinned

_GRIDS = {"blazeface_short": ((16, 2), (8, 6)), "blazeface_full": ((48, 1),)}
"""Cells a side and anchors a cell, in the order of the model's output."""
_SAME_FACE = 0.3
_THIN = 256
"""A plate is halved while it has at least twice this size: more than the models see."""
_KEYPOINTS = 6


class BlazeFace:
    """Both ranges; duplicates are merged. Six key points: eyes, nose, mouth, ears."""

    def __init__(self, min_score: float = 0.5) -> None:
        self._min_score = min_score
        self._models = {name: lite_model(name) for name in _GRIDS}

    def detect(self, rgb: NDArray[np.uint8]) -> Detections:
        thin, times = thinned(rgb, _THIN)
        found = [self._one(name, thin) for name in _GRIDS]
        values = np.concatenate([each[0] for each in found])
        scores = np.concatenate([each[1] for each in found])
        values = (values * times + (times - 1) / 2).astype(np.float32)
        kept = keep_best(values[:, :4], scores, 0.5)
        return Detections(values[kept, :4], scores[kept], values[kept, 4:].reshape(-1, _KEYPOINTS, 2))

    def _one(self, name: str, rgb: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        model = self._models[name]
        square, scale, offset = letterbox(rgb, model.size)
        output = model(square.astype(np.float32) / 127.5 - 1.0)
        centres = anchors(_GRIDS[name])
        count = len(centres)
        regressors = output[count * 16].reshape(count, 16)
        values, scores = decode(regressors, output[count], centres, model.size, self._min_score)
        values, scores = weighted_merge(values, scores, _SAME_FACE)
        pixels = values.reshape(-1, 8, 2) * model.size
        return np.asarray((pixels - offset) / scale, np.float32).reshape(-1, 16), scores


def letterbox(rgb: NDArray[np.uint8], size: int) -> tuple[NDArray[np.uint8], float, NDArray[np.float64]]:
    """The picture centered in a black square: square, scale, and offset (x, y) in the square's pixels."""
    height, width = rgb.shape[:2]
    scale = size / max(height, width)
    small = (max(1, round(width * scale)), max(1, round(height * scale)))
    shrunk = cv2.resize(rgb, small, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    left, top = (size - small[0]) // 2, (size - small[1]) // 2
    square = np.zeros((size, size, 3), np.uint8)
    square[top : top + small[1], left : left + small[0]] = shrunk
    return square, scale, np.array([left, top], np.float64)
