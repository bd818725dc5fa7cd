"""The morphable head of the ICT-FaceKit (Li et al., "Learning Formation of Physically-Based Face Attributes", 2020).

Axes: x to the person's left, y up, z to the camera; a unit is about 8 mm.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fsvfx.errors import InputError, ModelError, Where
from fsvfx.models import HEAD, card, how_to_get
from fsvfx.settings import machine

Floats = NDArray[np.float32]


class Part(IntEnum):
    """The part that a vertex belongs to."""

    SKIN = 0
    MOUTH = 1
    SOCKET = 2
    GUMS = 3
    TEETH = 4
    EYE = 5


_ENDS = (
    (11248, Part.SKIN),
    (13294, Part.MOUTH),
    (14062, Part.SOCKET),
    (17039, Part.GUMS),
    (21451, Part.TEETH),
    (24591, Part.EYE),
)
"""The end of each part's vertices. Tear film and lashes follow, which need transparency: left out."""
FACE = 9409
"""Number of vertices, the first ones, of the face's skin, including ears and throat; its holes are eyes and mouth."""
_LEFT_EYE, _RIGHT_EYE = slice(21451, 23021), slice(23021, 24591)
_COUNT = _ENDS[-1][0]
VERTICES = 26719
"""Number of vertices of the published mesh."""


@dataclass(frozen=True)
class FaceKit:
    """neutral: (v, 3). triangles: (t, 3), counterclockwise seen from outside. identity: (40, v, 3) deltas a standard
    deviation. expression: (e, v, 3) deltas at full strength. part: (v,) ``Part``. landmarks: (68,) vertices, in the
    order of the iBUG 68. uv: (u, 2), v up; uv_triangles: (t, 3) into it, for the same corners as ``triangles``."""

    neutral: Floats
    triangles: NDArray[np.int64]
    identity: Floats
    expression: Floats
    names: tuple[str, ...]
    part: NDArray[np.int8]
    landmarks: NDArray[np.int64]
    uv: Floats
    uv_triangles: NDArray[np.int64]

    def expressed(self, coefficients: Mapping[str, float]) -> Floats:
        """(v, 3) deltas of an expression, by the FaceKit's names (ARKit's, with _L and _R). Raises InputError."""
        unknown = sorted(set(coefficients) - set(self.names))
        if unknown:
            raise InputError(f"Unknown expressions: {', '.join(unknown)}", hint=f"Available: {', '.join(self.names)}")
        weights = np.array([coefficients.get(name, 0.0) for name in self.names], np.float32)
        used = np.flatnonzero(weights)
        return np.asarray(np.tensordot(weights[used], self.expression[used], 1), np.float32)

    def eyes(self) -> tuple[slice, slice]:
        """The vertices of the left and of the right eyeball."""
        return _LEFT_EYE, _RIGHT_EYE


@lru_cache(maxsize=1)
def facekit() -> FaceKit:
    """The head, read once per process. Raises ModelError if the file is missing, or has another hash."""
    path = _path()
    try:
        with np.load(path, allow_pickle=False) as data:
            return _read(data)
    except Exception as error:  # numpy, zlib and zipfile each have their own
        raise ModelError(
            f"The ICT-FaceKit head can't be read: {error}",
            hint=how_to_get(card(HEAD)),
            where=Where(file=str(path)),
        ) from error


def _path() -> Path:
    path = machine().ict_model or machine().models / card(HEAD).file
    if not path.is_file():
        raise ModelError(
            f"The ICT-FaceKit head is not at {path}",
            hint=f"{how_to_get(card(HEAD))}, or set FSVFX_ICT_MODEL to its file",
        )
    return path


def _read(data: Mapping[str, NDArray[np.generic]]) -> FaceKit:
    """``neutral`` (26719, 3); ``quads`` (q, 4), -1 in the last column of a triangle; ``identity`` (40, 26719, 3);
    ``expression`` (e, 26719, 3); ``expression_names`` (e,); ``uv`` (u, 2); ``uv_quads`` (q, 4);
    ``vertex_indices``: the FaceKit's JSON of that name."""
    neutral = np.asarray(data["neutral"], np.float32)[:_COUNT]
    quads = np.asarray(data["quads"], np.int64)
    kept = (quads < _COUNT).all(axis=1)
    quads, uv_quads = quads[kept], np.asarray(data["uv_quads"], np.int64)[kept]
    part = np.zeros(_COUNT, np.int8)
    start = 0
    for end, kind in _ENDS:
        part[start:end], start = kind, end
    landmarks = json.loads(str(data["vertex_indices"]))["idx_to_landmark_verts"]
    return FaceKit(
        neutral=neutral,
        triangles=_halved(quads, quads),
        identity=np.asarray(data["identity"], np.float32)[:, :_COUNT],
        expression=np.asarray(data["expression"], np.float32)[:, :_COUNT],
        names=tuple(str(name) for name in np.asarray(data["expression_names"])),
        part=part,
        landmarks=np.array(landmarks, np.int64),
        uv=np.asarray(data["uv"], np.float32),
        uv_triangles=_halved(uv_quads, quads),
    )


def _halved(corners: NDArray[np.int64], quads: NDArray[np.int64]) -> NDArray[np.int64]:
    """``corners`` (q, 4) of ``quads`` as triangles (t, 3)."""
    return np.concatenate([corners[:, :3], corners[quads[:, 3] >= 0][:, [0, 2, 3]]])


def eye_centre(eye: Floats) -> Floats:
    """(3,) of an eyeball (k, 3): a sphere except for the cornea, in front."""
    low, high = eye.min(axis=0), eye.max(axis=0)
    middle = (low + high) / 2
    middle[2] = low[2] + (high[0] - low[0]) / 2
    return np.asarray(middle, np.float32)
