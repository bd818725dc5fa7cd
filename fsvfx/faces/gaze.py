"""Gaze: the positions of the irises in the eyes, by MediaPipe's iris network (arXiv 2006.11341)."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.faces import topology
from fsvfx.faces.mediapipe import lite_model

_SHARE = 2.3
"""Side of the network's input square, as a multiple of the eye's width, as in its training."""
_IRIS = 15
"""Size of its second output: five points of the iris, the center first."""


def gaze(rgb: NDArray[np.uint8], landmarks: NDArray[np.floating]) -> NDArray[np.float64]:
    """The offset of the irises from the centers of their eyes, for a face with landmarks (468, 3) px in rgb (H, W, 3)
    u8: (2,).

    In eye widths, along the line between the eye's corners (to the picture's right) and across it (down), so that head
    roll has no effect, while a turned head moves both; the mean of both eyes. Raises ModelError.
    """
    corners = (topology.RIGHT_EYE_CORNERS, topology.LEFT_EYE_CORNERS[::-1])
    found = [_iris(rgb, np.asarray(landmarks[list(pair), :2], np.float64)) for pair in corners]
    return np.asarray(np.mean(found, axis=0), np.float64)


def _iris(rgb: NDArray[np.uint8], corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """corners (2, 2): the left one in an upright picture first. Averaged with the result for the mirror image, for less
    jitter."""
    network = lite_model("iris")
    middle, along = corners.mean(axis=0), corners[1] - corners[0]
    width = max(float(np.linalg.norm(along)), 1e-6)
    scale, (across, down) = network.size / (_SHARE * width), along / width
    turn = scale * np.array([[across, down], [-down, across]])
    half = (network.size - 1) / 2
    matrix = np.column_stack([turn, half - turn @ middle])
    eye = cv2.warpAffine(rgb, matrix, (network.size, network.size), flags=cv2.INTER_LINEAR)
    seen = np.multiply(eye, np.float32(1 / 255), dtype=np.float32)
    looks = [network(np.ascontiguousarray(each))[_IRIS][:2] - 0.5 - half for each in (seen, seen[:, ::-1])]
    looks[1] = looks[1] * np.array([-1, 1], np.float32)
    return np.asarray(np.mean(looks, axis=0) / (scale * width), np.float64)
