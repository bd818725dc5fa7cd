"""The position of faces in networks' pictures: cuts from FaceMesh meshes, as affine maps with their exact inverses.

Matrices are (2, 3) float64 and map pixel centers, as everywhere (``fsvfx.faces.geometry``).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from fsvfx.faces.geometry import Matrix, crop_matrix, similarity
from fsvfx.identity.arcface import MESH
from fsvfx.networks.dfl_cuts import dfl_matrix, facemesh_matrix
from schemas.network_pictures import Cut

FIVE: Final = MESH
"""Vertices of FaceMesh whose means are the five points: the eye at an upright picture's left, the other one, the tip of
the nose, the left and right corners of the mouth."""

TEMPLATES: Final = {
    "arcface_112_v2": (
        (0.34191607, 0.46157411),
        (0.65653393, 0.45983393),
        (0.50022500, 0.64050536),
        (0.37097589, 0.82469196),
        (0.63151696, 0.82325089),
    ),
    "arcface_128": (
        (0.36167656, 0.40387734),
        (0.63696719, 0.40235469),
        (0.50019687, 0.56044219),
        (0.38710391, 0.72160547),
        (0.61507734, 0.72034453),
    ),
    "arcface_112_v1": (
        (0.35473214, 0.45658929),
        (0.64526786, 0.45658929),
        (0.5, 0.61154464),
        (0.37913393, 0.77687500),
        (0.62086607, 0.77687500),
    ),
    "mtcnn_512": (
        (0.36562865, 0.46733799),
        (0.63305391, 0.46585885),
        (0.50019127, 0.61942959),
        (0.39032951, 0.77598822),
        (0.61178945, 0.77476328),
    ),
    "ffhq_512": (
        (0.37691676, 0.46864664),
        (0.62285697, 0.46912813),
        (0.50123859, 0.61331904),
        (0.39308822, 0.72541100),
        (0.61150205, 0.72490465),
    ),
    "dfl_whole_face": (
        (0.35342266, 0.39285716),
        (0.62797622, 0.39285716),
        (0.48660713, 0.54017860),
        (0.38839287, 0.68750011),
        (0.59821427, 0.68750011),
    ),
}
"""x, y as shares of the side: of ArcFace's chips (two versions), of inswapper, MTCNN, FFHQ, and FaceFusion's substitute
for DeepFaceLab's alignment. Multiplied by the side in pixels they are positions as in OpenCV: pixel centers are
integers."""


def five_points(landmarks: NDArray[np.floating]) -> NDArray[np.float64]:
    """(468, 3) -> (5, 2): the five points of a mesh."""
    return np.array([landmarks[list(vertices), :2].mean(axis=0) for vertices in FIVE], np.float64)


def cut_matrix(landmarks: NDArray[np.floating], cut: Cut, size: int) -> Matrix:
    """Landmarks (468, 3) px of a picture -> (2, 3), picture px -> px of the network's (size, size) picture."""
    if cut.aligned:
        return crop_matrix(landmarks, size)
    if cut.dfl is not None:
        return dfl_matrix(landmarks, cut.dfl, size)
    if cut.facemesh is not None:
        return facemesh_matrix(landmarks, cut.facemesh, size)
    points = cut.points if cut.template is None else TEMPLATES[cut.template]
    scale, rotation, shift = similarity(five_points(landmarks), np.array(points) * size)
    return np.column_stack([scale * rotation, shift])
