"""FaceMesh (arXiv 1907.06724): 468 landmarks of a face, and the rotated squares of the picture that are its input.

A square is x, y, side, angle: its center in px, its side, and radians clockwise in the picture.
"""

from __future__ import annotations

import math
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.faces import topology
from fsvfx.faces.geometry import inverse, move_points, turns
from fsvfx.faces.mediapipe import LiteModel, lite_model
from fsvfx.faces.near import Near

_MARGIN = 1.5
"""Side over the face's longer side, as FaceMesh was trained (arXiv 1907.06724)."""
_NOTHING = 0.1
"""Presence below which a square is not tried again."""
_STILL = np.array([0.015, 0.015, 0.015, np.radians(1.0)])
"""How far a square may move, grow (in sides) and rotate and still be used: less than it is jittered. Measured with four
looks and the filter over time: second differences .40, .07, .39 % of the face on three clips; with five looks in
squares recomputed in each frame .36, .07, .42 %. Three looks, two of them opposite, jitter as little as four, and are
closer to the mean of many; a square that is held while a face is still jitters more, because it is recomputed in
jumps."""
_HALF = np.array([0.5, 0.5, 0.0], np.float32)

Look = tuple[NDArray[np.float32], float]
"""Landmarks (468, 3) and presence."""


class FaceMesh:
    """Landmarks in picture pixels, from a single-threaded interpreter."""

    def __init__(self, model: LiteModel) -> None:
        self._model = model

    def landmarks(
        self, rgb: NDArray[np.uint8], squares: NDArray[np.floating], perturb: int = 1
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """For faces in ``squares`` (k, 4) of rgb (H, W, 3) u8.

        Each square is recomputed from its own landmarks; then ``perturb`` jittered ones are averaged. Returns landmarks
        (k, 468, 3) f32 (x, y px; z same scale, smaller is nearer) and presence scores (k,) in [0, 1].
        """
        return _stacked([self._set_again(rgb, np.asarray(each, np.float64), perturb) for each in squares])

    def follow(
        self, rgb: NDArray[np.uint8], before: NDArray[np.floating], perturb: int = 1
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """For faces whose landmarks in the previous frame are ``before`` (k, 468, 3): like ``landmarks``.

        The squares are those of ``before``; if a face has moved by more than their jitter, they are recomputed.
        """
        return _stacked([self._moved(rgb, each, perturb) for each in squares_of_landmarks(before)])

    def averaged(self, rgb: NDArray[np.uint8], known: NDArray[np.float32], perturb: int) -> NDArray[np.float32]:
        """Landmarks (468, 3) from one look, averaged with those of ``perturb`` - 1 more around them."""
        (square,) = squares_of_landmarks(known[None])
        near = Near.of(rgb, square, self._model.size)
        return _mean([(known, 1.0), *(self._look(near, each) for each in shaken(square, perturb)[1:])])[0]

    def _set_again(self, rgb: NDArray[np.uint8], square: NDArray[np.float64], perturb: int) -> Look:
        first, score = self._look(Near.of(rgb, square, self._model.size), square)
        return self._about(rgb, first, perturb) if score >= _NOTHING else (first, score)

    def _moved(self, rgb: NDArray[np.uint8], square: NDArray[np.float64], perturb: int) -> Look:
        near = Near.of(rgb, square, self._model.size)
        first = self._look(near, square)
        if first[1] < _NOTHING:
            return first
        if not is_still(square, squares_of_landmarks(first[0][None])[0]):
            return self._about(rgb, first[0], perturb)
        return _mean([first, *(self._look(near, each) for each in shaken(square, perturb)[1:])])

    def _about(self, rgb: NDArray[np.uint8], landmarks: NDArray[np.float32], perturb: int) -> Look:
        (square,) = squares_of_landmarks(landmarks[None])
        near = Near.of(rgb, square, self._model.size)
        return _mean([self._look(near, each) for each in shaken(square, perturb)])

    def _look(self, near: Near, square: NDArray[np.float64]) -> Look:
        size = self._model.size
        to_crop = square_matrix(near.square(square), size)
        crop = cv2.warpAffine(near.picture, to_crop, (size, size), flags=cv2.INTER_LINEAR)
        output = self._model(np.multiply(crop, np.float32(1 / 255), dtype=np.float32))
        points = output[topology.POINTS * 3].reshape(-1, 3) - _HALF
        return near.points(move_points(inverse(to_crop), points)), float(1.0 / (1.0 + np.exp(-output[1][0])))


def _mean(looks: list[Look]) -> Look:
    points = np.stack([points for points, _ in looks]).mean(axis=0, dtype=np.float64)
    return np.asarray(points, np.float32), float(np.mean([score for _, score in looks]))


def _stacked(looks: list[Look]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    points = np.array([each[0] for each in looks], np.float32).reshape(-1, topology.POINTS, 3)
    return points, np.array([each[1] for each in looks], np.float32)


def face_mesh() -> FaceMesh:
    """This thread's FaceMesh. Raises ModelError if the weights are not installed."""
    return FaceMesh(lite_model("facemesh"))


def squares_of_keypoints(boxes: NDArray[np.float32], keypoints: NDArray[np.float32]) -> NDArray[np.float64]:
    """From boxes (k, 4) and key points (k, p, 2) whose first two are the eyes: (k, 4)."""
    across = keypoints[:, 1] - keypoints[:, 0]
    sides = (boxes[:, 2:] - boxes[:, :2]).max(axis=1) * _MARGIN
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    return np.column_stack([centres, sides, np.arctan2(across[:, 1], across[:, 0])]).astype(np.float64)


def squares_of_landmarks(landmarks: NDArray[np.floating]) -> NDArray[np.float64]:
    """From landmarks (k, 468, 3): upright by the outer corners of the eyes. (k, 4)."""
    eyes = landmarks[:, topology.LEFT_EYE_CORNERS[0], :2] - landmarks[:, topology.RIGHT_EYE_CORNERS[0], :2]
    angles = np.arctan2(eyes[:, 1], eyes[:, 0])
    turned = np.einsum("kij,knj->kni", turns(-angles), landmarks[..., :2])
    low, high = turned.min(axis=1), turned.max(axis=1)
    centres = np.einsum("kij,kj->ki", turns(angles), (low + high) / 2)
    return np.column_stack([centres, (high - low).max(axis=1) * _MARGIN, angles])


def square_matrix(square: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """(4,) -> (2, 3): picture px -> px of the (size, size) crop."""
    x, y, side, angle = square.tolist()
    along, across = math.cos(angle) * size / side, math.sin(angle) * size / side
    half = (size - 1) / 2
    return np.array([[along, across, half - along * x - across * y], [-across, along, half + across * x - along * y]])


def is_still(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    """Whether two squares (4,) are nearly the same."""
    moved = np.abs(other - one)
    moved[3] = abs(math.remainder(moved[3], 2 * math.pi))
    return bool((moved <= _STILL * np.array([one[2], one[2], one[2], 1.0])).all())


def shaken(square: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """``count`` squares around one (4,): itself, then fixed small shifts, scales and rotations in opposite pairs."""
    moves, side = _moves(count), square[2]
    return np.column_stack([square[:2] + moves[:, :2] * side, side * (1 + moves[:, 2]), square[3] + moves[:, 3]])


@lru_cache(maxsize=8)
def _moves(count: int) -> NDArray[np.float64]:
    """(count, 4), in sides and radians."""
    strengths = np.array([0.03, 0.03, 0.05, np.radians(4.0)])
    draws = np.random.default_rng(468).uniform(-1, 1, (max(count - 1, 0) // 2 + 1, 4)) * strengths
    paired = np.stack([draws, -draws], axis=1).reshape(-1, 4)[: max(count - 1, 0)]
    return np.concatenate([np.zeros((1, 4)), paired])
