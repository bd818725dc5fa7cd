"""Palm detection (MediaPipe Hands, arXiv 2006.10214): anchors, decoding and merging after its published options."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.faces.boxes import weighted_merge
from fsvfx.faces.litert import lite_model

CARD = "palm_detection"
_GRIDS = ((24, 2), (12, 6))
"""Cells a side and anchors a cell, in the order of the model's output."""
_POINTS = 7
_VALUES = 4 + 2 * _POINTS
_SAME_PALM = 0.3
_WRIST, _MIDDLE = 0, 2
"""Key points: the wrist, and the middle finger's knuckle."""
_ROI_SIDE = 2.6
_ROI_SHIFT = 0.5
"""The hand's square: so many palm sides wide, so far from the palm's middle towards the fingers."""


@dataclass(frozen=True)
class Square:
    """A turned square: centre (2,) x, y in px, side in px, angle in radians, clockwise in the picture."""

    centre: NDArray[np.float64]
    side: float
    angle: float


def palms(picture: NDArray[np.float32], min_score: float = 0.5) -> list[Square]:
    """The squares of the hands in a square display picture (N, N, 3) in [0, 1], best first, in its pixels."""
    model = lite_model(CARD)
    small = cv2.resize(picture, (model.size, model.size), interpolation=cv2.INTER_AREA)
    values, logits = model.outputs(np.asarray(small, np.float32))
    found, scores = _decoded(values.reshape(-1, _VALUES), logits.ravel(), model.size, min_score)
    found, _ = weighted_merge(found, scores, _SAME_PALM)
    places = found.astype(np.float64).reshape(-1, 2 + _POINTS, 2) * picture.shape[0] - 0.5
    return [_square(each) for each in places]


@lru_cache(maxsize=1)
def _anchors() -> NDArray[np.float32]:
    """Anchor centres in [0, 1], (2016, 2)."""
    centres = []
    for cells, times in _GRIDS:
        at = (np.arange(cells, dtype=np.float32) + 0.5) / cells
        y, x = np.meshgrid(at, at, indexing="ij")
        centres.append(np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), times, axis=0))
    return np.concatenate(centres)


def _decoded(
    values: NDArray[np.float32], logits: NDArray[np.float32], size: int, min_score: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Raw outputs -> boxes and key points (k, 18) in [0, 1], and scores (k,)."""
    scores = 1.0 / (1.0 + np.exp(-np.clip(logits, -80.0, 80.0)))
    likely = scores >= min_score
    raw = values[likely].reshape(-1, 2 + _POINTS, 2) / size
    centres = _anchors()[likely][:, None]
    half = raw[:, 1:2] / 2
    places = np.concatenate([raw[:, :1] + centres - half, raw[:, :1] + centres + half, raw[:, 2:] + centres], axis=1)
    return places.reshape(-1, _VALUES).astype(np.float32), scores[likely].astype(np.float32)


def _square(places: NDArray[np.float64]) -> Square:
    low, high, points = places[0], places[1], places[2:]
    along = points[_MIDDLE] - points[_WRIST]
    angle = float(np.arctan2(along[1], along[0]) + np.pi / 2)
    side = float((high - low).max())
    towards = np.array([np.sin(angle), -np.cos(angle)])
    return Square((low + high) / 2 + towards * _ROI_SHIFT * side, _ROI_SIDE * side, angle)
