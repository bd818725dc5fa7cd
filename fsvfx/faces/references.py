"""Reference pictures of a person: what each shows of the face, how sharp it is, and which are worth keeping."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.faces.embedding import SAME_PERSON, embeddings
from fsvfx.faces.geometry import crop, crop_matrix, move_points, scale_of
from fsvfx.faces.measures import appearance
from fsvfx.faces.search import FaceFinder
from fsvfx.identity.contract import distance

MOST = 64
"""Pictures kept per person."""
_PROBE = 256
"""Sharpness and appearance are measured in crops of this size, whatever the picture's."""
_BLURRED = 0.4
"""Pictures with less than this share of the median sharpness are dropped."""


@dataclass(frozen=True)
class ReferenceFace:
    """A face in the reference picture ``index``: landmarks (468, 3) px, its size in px, and what is known of it."""

    index: int
    landmarks: NDArray[np.float32]
    size: float
    embedding: NDArray[np.float32]
    sharpness: float
    appearance: NDArray[np.float32]


def faces_of(index: int, rgb: NDArray[np.uint8], finder: FaceFinder) -> list[ReferenceFace]:
    """All faces in one picture (H, W, 3) u8."""
    found = finder.find(rgb)
    taken = embeddings(rgb, found.landmarks)
    return [_face(index, rgb, mesh, embedding) for mesh, embedding in zip(found.landmarks, taken, strict=True)]


def _face(
    index: int, rgb: NDArray[np.uint8], landmarks: NDArray[np.float32], embedding: NDArray[np.float32]
) -> ReferenceFace:
    matrix = crop_matrix(landmarks, _PROBE)
    probe = np.asarray(crop(rgb, matrix, _PROBE), np.uint8)
    mesh = move_points(matrix, landmarks)
    shown = appearance((probe / 255).astype(np.float32), mesh)
    return ReferenceFace(index, landmarks, _PROBE / scale_of(matrix), embedding, sharpness(probe, mesh), shown)


def sharpness(probe: NDArray[np.uint8], mesh: NDArray[np.float32]) -> float:
    """Energy of the finest detail within the face of a (256, 256, 3) crop, relative to its contrast."""
    grey = cv2.cvtColor(probe, cv2.COLOR_RGB2GRAY).astype(np.float32)
    inside = np.zeros(grey.shape, np.uint8)
    cv2.fillConvexPoly(inside, cv2.convexHull(np.round(mesh[:, :2]).astype(np.int32)), 1)
    face = inside > 0
    if not face.any():
        return 0.0
    detail = np.asarray(cv2.Laplacian(cv2.GaussianBlur(grey, (0, 0), 0.8), cv2.CV_32F))
    return float(detail[face].std() / (grey[face].std() + 1.0))


def majority(seen: Sequence[ReferenceFace]) -> list[ReferenceFace]:
    """The faces of whoever is seen most often, one per picture: the person whose references these are."""
    known = np.stack([face.embedding for face in seen])
    near = distance(known[:, None], known[None]) < SAME_PERSON
    alike = [np.flatnonzero(row).tolist() for row in near]
    best = max(range(len(seen)), key=lambda i: (len({seen[j].index for j in alike[i]}), seen[i].size))
    closest: dict[int, ReferenceFace] = {}
    for j in alike[best]:
        face = seen[j]
        held = closest.get(face.index)
        if held is None or distance(face.embedding, known[best]) < distance(held.embedding, known[best]):
            closest[face.index] = face
    return list(closest.values())


def sharp(seen: Sequence[ReferenceFace]) -> list[ReferenceFace]:
    """Those that are not blurred, as the others of this person go."""
    usual = float(np.median([face.sharpness for face in seen]))
    return [face for face in seen if face.sharpness >= _BLURRED * usual]


def various(seen: Sequence[ReferenceFace], most: int) -> list[ReferenceFace]:
    """At most ``most``, unlike each other in pose, expression and light: the sharpest, then always the furthest one."""
    shown = np.stack([face.appearance for face in seen])
    worth = np.array([face.sharpness for face in seen])
    chosen = [int(np.argmax(worth))]
    apart = np.linalg.norm(shown - shown[chosen[0]], axis=1)
    while len(chosen) < min(most, len(seen)):
        # Sharpness breaks ties between pictures that are about as far.
        chosen.append(int(np.argmax(np.where(np.isin(np.arange(len(seen)), chosen), -1, apart * np.sqrt(worth)))))
        apart = np.minimum(apart, np.linalg.norm(shown - shown[chosen[-1]], axis=1))
    return [seen[i] for i in sorted(chosen, key=lambda i: seen[i].index)]
