"""FaceMesh (arXiv 1907.06724): 468 landmarks of a face, and the turned squares of the picture that it looks at.

A square is x, y, side, angle: its middle in px, its side, and radians clockwise in the picture.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fsvfx.faces import topology
from fsvfx.faces.geometry import inverse, move_points, sample, turns
from fsvfx.faces.mediapipe import LiteModel, lite_model

_MARGIN = 1.5
"""Side over the face's longer side, as FaceMesh was trained (arXiv 1907.06724)."""
_PASSES = 2


class FaceMesh:
    """Landmarks in picture pixels, from one single-threaded interpreter."""

    def __init__(self, model: LiteModel) -> None:
        self._model = model

    def landmarks(
        self, rgb: NDArray[np.uint8], squares: NDArray[np.floating], perturb: int = 1
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Of faces in ``squares`` (k, 4) of rgb (H, W, 3) u8.

        Each square is set again from the landmarks that it gives; then ``perturb`` shaken ones are averaged.
        Returns landmarks (k, 468, 3) f32 (x, y px; z same scale, smaller is nearer) and presence scores (k,) in [0, 1].
        """
        found = [self._one(rgb, np.asarray(each, np.float64), perturb) for each in squares]
        points = np.array([each[0] for each in found], np.float32).reshape(-1, topology.POINTS, 3)
        return points, np.array([each[1] for each in found], np.float32)

    def _one(
        self, rgb: NDArray[np.uint8], square: NDArray[np.float64], perturb: int
    ) -> tuple[NDArray[np.float32], float]:
        for _ in range(_PASSES - 1):
            points, score = self._look(rgb, square)
            if score < 0.1:
                return points, score
            square = squares_of_landmarks(points[None])[0]
        looks = [self._look(rgb, each) for each in shaken(square, perturb)]
        mean = np.array([points for points, _ in looks], np.float64).mean(axis=0)
        return np.asarray(mean, np.float32), float(np.mean([score for _, score in looks]))

    def _look(self, rgb: NDArray[np.uint8], square: NDArray[np.float64]) -> tuple[NDArray[np.float32], float]:
        size = self._model.size
        to_crop = square_matrix(square, size)
        crop = sample(rgb, to_crop, size).astype(np.float32) / 255.0
        output = self._model(crop)
        points = output[topology.POINTS * 3].reshape(-1, 3) - np.array([0.5, 0.5, 0.0], np.float32)
        return move_points(inverse(to_crop), points), float(1.0 / (1.0 + np.exp(-output[1][0])))


def face_mesh() -> FaceMesh:
    """This thread's FaceMesh. Raises ModelError if the weights are not here."""
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
    x, y, side, angle = square
    scale = size / side
    linear = turns(np.array([-angle]))[0] * scale
    return np.column_stack([linear, np.full(2, (size - 1) / 2) - linear @ np.array([x, y])])


def shaken(square: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """``count`` squares about one (4,): itself, then fixed small shifts, scales and turns in opposite pairs."""
    strengths = np.array([0.03, 0.03, 0.05, np.radians(4.0)])
    draws = np.random.default_rng(468).uniform(-1, 1, (max(count - 1, 0) // 2 + 1, 4)) * strengths
    paired = np.stack([draws, -draws], axis=1).reshape(-1, 4)[: max(count - 1, 0)]
    moves = np.concatenate([np.zeros((1, 4)), paired])
    side = square[2]
    return np.column_stack([square[:2] + moves[:, :2] * side, side * (1 + moves[:, 2]), square[3] + moves[:, 3]])
