"""Reference pictures of a person: what each shows of the face, how sharp it is, and which are worth keeping."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.faces.embedding import SAME_PERSON, SIZE, chip_of, vectors
from fsvfx.faces.geometry import crop, crop_matrix, move_points, scale_of
from fsvfx.faces.looks import Piece
from fsvfx.faces.measures import appearance
from fsvfx.identity.contract import distance

MOST = 64
"""Pictures kept per person."""
EMBED_EVERY = 8
"""A face tracked through pictures is embedded in one of this many."""
EMBEDDED = 16
"""Number of kept pictures with an embedding: enough for the nearest and the mean."""
_PROBE = 256
"""Sharpness and appearance are measured in crops of this size, for any picture."""
_BLURRED = 0.4
"""Pictures with less than this share of the median sharpness are dropped."""


@dataclass(frozen=True)
class ReferenceFace:
    """A face in the reference picture ``index``: landmarks (468, 3) px, its size in px, and its measurements.

    embedding: (128,), NaN if not taken; chip: the input for it; track: the same for pictures in which one face was
    tracked.
    """

    index: int
    landmarks: NDArray[np.float32]
    size: float
    embedding: NDArray[np.float32]
    sharpness: float
    appearance: NDArray[np.float32]
    track: int = 0
    chip: NDArray[np.uint8] | None = None
    piece: Piece | None = None
    """The picture around the face; None if dropped because there were too many."""


def face_in(rgb: NDArray[np.uint8], landmarks: NDArray[np.float32], index: int, track: int) -> ReferenceFace:
    """What a picture (H, W, 3) u8 shows of one face. Its embedding is not taken yet, and no piece is kept."""
    matrix = crop_matrix(landmarks, _PROBE)
    probe = np.asarray(crop(rgb, matrix, _PROBE), np.uint8)
    mesh = move_points(matrix, landmarks)
    shown = appearance(np.multiply(probe, np.float32(1 / 255), dtype=np.float32), mesh)
    size, nobody = _PROBE / scale_of(matrix), np.full(SIZE, np.nan, np.float32)
    return ReferenceFace(index, landmarks, size, nobody, sharpness(probe, mesh), shown, track, chip_of(rgb, landmarks))


def recognised(seen: Sequence[ReferenceFace]) -> list[ReferenceFace]:
    """The same faces with embeddings: taken for each track's first, last and every ``EMBED_EVERY``-th face.

    If two taken ones are similar, faces in between get the former's; if not, the track contains somebody else, and each
    gets its own. Raises ModelError.
    """
    tracks = [[i for i, face in enumerate(seen) if face.track == track] for track in {face.track for face in seen}]
    taken = _taken(seen, [i for rows in tracks for i in {*rows[::EMBED_EVERY], rows[-1]}])
    lent: dict[int, NDArray[np.float32]] = {}
    for rows in tracks:
        for before, after in pairwise(sorted(taken.keys() & set(rows))):
            if distance(taken[before], taken[after]) < SAME_PERSON:
                lent |= {i: taken[before] for i in rows if before < i < after}
    taken |= _taken(seen, [i for i in range(len(seen)) if i not in taken and i not in lent])
    return [replace(face, embedding=(taken | lent)[i]) for i, face in enumerate(seen)]


def embeddings_of(faces: Sequence[ReferenceFace]) -> NDArray[np.float32]:
    """(m, 128) of the kept faces, each its own: NaN except for ``EMBEDDED`` of them, evenly spread."""
    result = np.full((len(faces), SIZE), np.nan, np.float32)
    rows = np.linspace(0, len(faces) - 1, min(len(faces), EMBEDDED)).round().astype(int).tolist()
    for i, embedding in _taken(faces, rows).items():
        result[i] = embedding
    return result


def _taken(faces: Sequence[ReferenceFace], rows: Sequence[int]) -> dict[int, NDArray[np.float32]]:
    chips = [chip for i in rows if (chip := faces[i].chip) is not None]
    return dict(zip(rows, vectors(chips), strict=True))


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
    """The faces of the most frequent person, one per picture: the person that the references show."""
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
    """The faces that are not blurred, relative to this person's others."""
    usual = float(np.median([face.sharpness for face in seen]))
    return [face for face in seen if face.sharpness >= _BLURRED * usual]


def various(seen: Sequence[ReferenceFace], most: int) -> list[ReferenceFace]:
    """At most ``most``, differing in pose, expression and light: first the sharpest, then always the most distant
    one."""
    shown = np.stack([face.appearance for face in seen])
    worth = np.array([face.sharpness for face in seen])
    chosen = [int(np.argmax(worth))]
    apart = np.linalg.norm(shown - shown[chosen[0]], axis=1)
    while len(chosen) < min(most, len(seen)):
        # Sharpness breaks ties between pictures at about the same distance.
        chosen.append(int(np.argmax(np.where(np.isin(np.arange(len(seen)), chosen), -1, apart * np.sqrt(worth)))))
        apart = np.minimum(apart, np.linalg.norm(shown - shown[chosen[-1]], axis=1))
    return [seen[i] for i in sorted(chosen, key=lambda i: seen[i].index)]
