"""Hands around a face (MediaPipe Hands, arXiv 2006.10214): palm detection, 21 points of each hand, and its area."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.faces import facemesh
from fsvfx.faces.boxes import weighted_merge
from fsvfx.faces.geometry import apply, inverse, sample
from fsvfx.faces.mediapipe import anchors, decode, lite_model

HAND_CARD = "hand_landmark"
_MIN_PRESENCE = 0.5
_POINTS = 21
WRIST = 0
_KNUCKLES = (5, 9, 13)
_STABLE = (0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18)
"""Points that determine the next frame's square: fingertips move too much."""
_NEXT_SIDE, _NEXT_SHIFT = 2.0, 0.1
_BONES = tuple((first + step, first + step + 1) for first in (1, 5, 9, 13, 17) for step in range(3))
_PALM = (0, 1, 5, 9, 13, 17)
_FINGER = 0.19
"""A finger's width relative to the palm's length."""
_SAME_HAND = 0.3
_SUBPIXEL_BITS = 4
PALM_CARD = "palm_detection"
_GRIDS = ((24, 2), (12, 6))
"""Cells a side and anchors a cell, in the order of the model's output."""
_PALM_POINTS = 7
_VALUES = 4 + 2 * _PALM_POINTS
_SAME_PALM = 0.3
_PALM_WRIST, _PALM_MIDDLE = 0, 2
"""Key points: the wrist, and the middle finger's knuckle."""
_ROI_SIDE = 2.6
_ROI_SHIFT = 0.5
"""The hand's square: its side, and its distance from the palm's center toward the fingers, in palm sides."""


@dataclass(frozen=True)
class Hand:
    """points (21, 2) float64, px; presence in [0, 1]."""

    points: NDArray[np.float64]
    presence: float


@dataclass(frozen=True)
class Square:
    """A rotated square: center (2,) x, y in px, side in px, angle in radians, clockwise in the picture."""

    centre: NDArray[np.float64]
    side: float
    angle: float


def followed(picture: NDArray[np.float32], before: Sequence[Hand]) -> list[Hand]:
    """Hands of a neighboring frame, tracked into a square display picture (N, N, 3) in [0, 1]. Raises ModelError if the
    weights are not installed."""
    return apart([hand for each in before if (hand := _look(picture, _next_square(each)))])


def searched(picture: NDArray[np.float32], margin: int, known: Sequence[Hand] = ()) -> list[Hand]:
    """Hands other than the known ones, with palms ``margin`` px or more inside: the smaller the searched area, the
    smaller the palms that are found."""
    inner = np.ascontiguousarray(picture[margin : len(picture) - margin, margin : len(picture) - margin])
    squares = [replace(each, centre=each.centre + margin) for each in palms(inner)]
    new = [each for each in squares if not _is_at(each, known)]
    return apart([hand for each in new if (hand := _look(picture, each))])


def _is_at(square: Square, known: Sequence[Hand]) -> bool:
    """Whether one of them is in the square."""
    return any(
        float(np.linalg.norm(square.centre - other.centre)) < _SAME_HAND * max(square.side, other.side) / _NEXT_SIDE
        for other in map(_next_square, known)
    )


def area(hand: Hand, size: int) -> NDArray[np.float32]:
    """(size, size): 1 on the hand's palm and fingers."""
    mask = np.zeros((size, size), np.uint8)
    points = np.round(np.clip(hand.points, -4 * size, 4 * size) * (1 << _SUBPIXEL_BITS)).astype(np.int32)
    palm = float(np.linalg.norm(hand.points[9] - hand.points[WRIST]))
    width = max(1, round(_FINGER * palm))
    for start, end in _BONES:
        cv2.line(mask, points[start].tolist(), points[end].tolist(), 1, width, cv2.LINE_8, _SUBPIXEL_BITS)
    cv2.fillPoly(mask, [cv2.convexHull(points[list(_PALM)])], 1, cv2.LINE_8, _SUBPIXEL_BITS)
    return mask.astype(np.float32)


def _look(picture: NDArray[np.float32], square: Square) -> Hand | None:
    model = lite_model(HAND_CARD)
    to_crop = facemesh.square_matrix(np.array([*square.centre, square.side, square.angle]), model.size)
    points, presence, *_ = model.outputs(sample(picture, to_crop, model.size).astype(np.float32))
    if float(presence.item()) < _MIN_PRESENCE:
        return None
    plane = points.reshape(_POINTS, 3)[:, :2].astype(np.float64)
    return Hand(apply(inverse(to_crop), plane), float(presence.item()))


def _next_square(hand: Hand) -> Square:
    points = hand.points[list(_STABLE)]
    first, middle, third = (hand.points[each] for each in _KNUCKLES)
    along = ((first + third) / 2 + middle) / 2 - hand.points[WRIST]
    angle = float(np.arctan2(along[1], along[0]) + np.pi / 2)
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.array([[cos, -sin], [sin, cos]])
    upright = points @ turn
    low, high = upright.min(axis=0), upright.max(axis=0)
    side = float((high - low).max())
    centre = turn @ ((low + high) / 2)
    return Square(centre + turn @ np.array([0.0, -_NEXT_SHIFT * side]), _NEXT_SIDE * side, angle)


def apart(found: Sequence[Hand]) -> list[Hand]:
    """Without duplicates, most certain first."""
    kept: list[Hand] = []
    for hand in sorted(found, key=lambda each: -each.presence):
        reach = _SAME_HAND * np.ptp(hand.points, axis=0).max()
        if all(np.linalg.norm(hand.points.mean(0) - other.points.mean(0)) > reach for other in kept):
            kept.append(hand)
    return kept


def palms(picture: NDArray[np.float32], min_score: float = 0.5) -> list[Square]:
    """The squares of the hands in a square display picture (N, N, 3) in [0, 1], best first, in its pixels."""
    model = lite_model(PALM_CARD)
    small = cv2.resize(picture, (model.size, model.size), interpolation=cv2.INTER_AREA)
    values, logits = model.outputs(np.asarray(small, np.float32))
    found, scores = decode(values.reshape(-1, _VALUES), logits.ravel(), anchors(_GRIDS), model.size, min_score)
    found, _ = weighted_merge(found, scores, _SAME_PALM)
    places = found.astype(np.float64).reshape(-1, 2 + _PALM_POINTS, 2) * picture.shape[0] - 0.5
    return [_square(each) for each in places]


def _square(places: NDArray[np.float64]) -> Square:
    low, high, points = places[0], places[1], places[2:]
    along = points[_PALM_MIDDLE] - points[_PALM_WRIST]
    angle = float(np.arctan2(along[1], along[0]) + np.pi / 2)
    side = float((high - low).max())
    towards = np.array([np.sin(angle), -np.cos(angle)])
    return Square((low + high) / 2 + towards * _ROI_SHIFT * side, _ROI_SIDE * side, angle)
