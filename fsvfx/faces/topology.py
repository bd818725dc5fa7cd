"""The 468-point face mesh: triangles, canonical shape, and the indices of its parts.

``canonical_face.npz`` is derived from MediaPipe's ``canonical_face_model.obj`` ((c) The MediaPipe Authors, Apache-2.0):
``vertices`` (468, 3) f32 in cm, x to the person's left, y up, z to the camera; ``triangles`` (898, 3), counterclockwise
seen from outside; ``uv`` (468, 2) f32 in [0, 1], v up. The mesh closes over the eyes and the mouth. Left and right are
the person's own.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Final

import numpy as np
from numpy.typing import NDArray

with files("fsvfx.faces").joinpath("canonical_face.npz").open("rb") as _stream, np.load(_stream) as _data:
    CANONICAL: Final[NDArray[np.float32]] = _data["vertices"]
    TRIANGLES: Final[NDArray[np.int64]] = _data["triangles"].astype(np.int64)
    UV: Final[NDArray[np.float32]] = _data["uv"]

POINTS: Final = 468


def _loop(*indices: int) -> NDArray[np.int64]:
    return np.array(indices, np.int64)


OVAL: Final = _loop(
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
"""The mesh's rim, from the top of the forehead clockwise in the picture."""
LIPS_OUTER: Final = _loop(
    61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185
)  # fmt: skip
LIPS_INNER: Final = _loop(
    78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191
)  # fmt: skip
RIGHT_EYE: Final = _loop(33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
LEFT_EYE: Final = _loop(263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466)
RIGHT_BROW: Final = _loop(46, 53, 52, 65, 55, 107, 66, 105, 63, 70)
LEFT_BROW: Final = _loop(276, 283, 282, 295, 285, 336, 296, 334, 293, 300)
NOSE_TIP: Final = 1
NOSE_BASE: Final = 2
CHIN: Final = 152
RIGHT_EYE_CORNERS: Final = (33, 133)
"""Outer, inner."""
LEFT_EYE_CORNERS: Final = (263, 362)
MOUTH_CORNERS: Final = (61, 291)
RIGID: Final = _loop(
    10, 67, 297, 103, 332, 54, 284, 151, 9, 8, 168, 6, 197, 195, 5, 4, 1, 2, 48, 278, 98, 327,
    33, 133, 263, 362, 127, 356, 234, 454, 116, 345, 117, 346,
)  # fmt: skip
"""Points that expressions hardly move: forehead, nose, corners of the eyes, cheekbones, temples."""


def _mirrored() -> NDArray[np.int64]:
    there = CANONICAL * np.array([-1, 1, 1], np.float32)
    return np.asarray(((CANONICAL[None] - there[:, None]) ** 2).sum(2).argmin(1), np.int64)


MIRRORED: Final = _mirrored()
"""(468,): for each point, its counterpart on the other side of the face."""
