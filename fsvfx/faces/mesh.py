"""FaceMesh (arXiv 1907.06724): 468 landmarks of a face in a turned square."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fsvfx.faces import roi as rois_of
from fsvfx.faces import topology
from fsvfx.faces.litert import LiteModel, lite_model
from fsvfx.faces.sampling import inverse, move_points, sample

_PASSES = 2


class FaceMesh:
    """Landmarks in picture pixels, from one single-threaded interpreter."""

    def __init__(self, model: LiteModel) -> None:
        self._model = model

    def landmarks(
        self, rgb: NDArray[np.uint8], rois: NDArray[np.floating], perturb: int = 1
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """rgb: (H, W, 3) u8; rois: (k, 4) boxes x0 y0 x1 y1 of upright faces' turned squares: see ``fsvfx.faces.roi``.

        The square is set anew from the landmarks that it gives, then ``perturb`` shaken ones are averaged.
        Gives landmarks (k, 468, 3) f32 (x, y px; z same scale, smaller is nearer) and presence scores (k,) in [0, 1].
        """
        found = [self._one(rgb, np.asarray(each, np.float64), perturb) for each in rois]
        points = np.array([each[0] for each in found], np.float32).reshape(-1, topology.POINTS, 3)
        return points, np.array([each[1] for each in found], np.float32)

    def _one(
        self, rgb: NDArray[np.uint8], square: NDArray[np.float64], perturb: int
    ) -> tuple[NDArray[np.float32], float]:
        for _ in range(_PASSES - 1):
            points, score = self._look(rgb, square)
            if score < 0.1:
                return points, score
            square = rois_of.from_landmarks(points[None])[0]
        looks = [self._look(rgb, each) for each in rois_of.shaken(square, perturb)]
        mean = np.array([points for points, _ in looks], np.float64).mean(axis=0)
        return np.asarray(mean, np.float32), float(np.mean([score for _, score in looks]))

    def _look(self, rgb: NDArray[np.uint8], square: NDArray[np.float64]) -> tuple[NDArray[np.float32], float]:
        size = self._model.size
        to_crop = rois_of.matrix(square, size)
        crop = sample(rgb, to_crop, size).astype(np.float32) / 255.0
        output = self._model(crop)
        points = output[topology.POINTS * 3].reshape(-1, 3) - np.array([0.5, 0.5, 0.0], np.float32)
        return move_points(inverse(to_crop), points), float(1.0 / (1.0 + np.exp(-output[1][0])))


def face_mesh() -> FaceMesh:
    """This thread's FaceMesh. Raises ModelError if the weights are not here."""
    return FaceMesh(lite_model("facemesh"))
