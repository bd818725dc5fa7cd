"""Finds all the faces in a picture, including small and rotated ones; only those that FaceMesh confirms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.faces import facemesh
from fsvfx.faces.boxes import free_of, keep_best, overlap
from fsvfx.faces.detectors import Detections, detector
from fsvfx.faces.facemesh import face_mesh
from fsvfx.faces.geometry import apply, inverse, move_points
from fsvfx.faces.near import thinned

PRESENT = 0.8
"""FaceMesh's presence score above which there is a face; measured: faces over .99, a printed skull mostly under .1."""
_SAME_FACE = 0.5
_TILE = 20.0
"""Side of a tile, in minimum face sizes."""
_TURNS = (45.0, -45.0, 90.0, -90.0, 135.0, -135.0, 180.0)
_TURN_SIDE = 640
_CARRIED = 0.8
"""Factor on a face's score for each search that did not detect it again."""
_SURE = 0.75
"""Below this, an upside-down face may have been read as upright; measured: those .43 to .72, most upright ones over
.8."""
_FIRM = 0.5
"""The minimum score for tracking a face further."""

Tiles = Literal["auto", "always", "never"]


@dataclass(frozen=True)
class Faces:
    """boxes: (k, 4) f32 around the mesh; scores: (k,) f32 in [0, 1]; landmarks: (k, 468, 3) f32; all in picture px."""

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    landmarks: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.scores)

    def at(self, which: NDArray[np.generic]) -> Faces:
        """A subset, by index or mask."""
        return Faces(self.boxes[which], self.scores[which], self.landmarks[which])

    @classmethod
    def of(cls, landmarks: NDArray[np.float32], scores: NDArray[np.float32]) -> Faces:
        flat = landmarks[..., :2]
        boxes = np.concatenate([flat.min(axis=1), flat.max(axis=1)], axis=1) if len(flat) else np.zeros((0, 4))
        return cls(boxes.astype(np.float32), scores.astype(np.float32), landmarks)

    @classmethod
    def none(cls) -> Faces:
        return cls.of(np.zeros((0, 468, 3), np.float32), np.zeros(0, np.float32))

    def with_more(self, more: Faces) -> Faces:
        return Faces(*(np.concatenate(pair) for pair in zip(_fields(self), _fields(more), strict=True)))


def _fields(faces: Faces) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    return faces.boxes, faces.scores, faces.landmarks


class FaceFinder:
    """A detector, followed by FaceMesh, and the effort of the search. Raises ModelError if weights are not
    installed."""

    def __init__(
        self,
        name: str = "blazeface",
        *,
        min_score: float = 0.5,
        min_size: float = 24.0,
        tiles: Tiles = "auto",
        roll: bool = True,
        perturb: int = 5,
    ) -> None:
        self._detector = detector(name, min_score)
        self._mesh = face_mesh()
        self._min_size = min_size
        self._tiles = tiles
        self._roll = roll
        self._perturb = perturb

    def find(self, rgb: NDArray[np.uint8], known: Faces | None = None) -> Faces:
        """All faces of rgb (H, W, 3) u8, best first.

        known: those already tracked in this picture. They keep their landmarks and get the detector's score; if it does
        not detect one, its score drops, until the face is dropped.
        """
        seen = self._detector.detect(rgb)
        found = Faces.none() if known is None else _scored_again(known, seen)
        found = self._merge(found.with_more(self._confirm(rgb, _others(seen, found))))
        if self._tiles == "always" or (self._tiles == "auto" and not len(found)):
            found = self._merge(found.with_more(self._confirm(rgb, _others(self._in_tiles(rgb), found))))
        if self._roll and not (found.scores >= _SURE).any():
            found = self._merge(found.with_more(self._turned(rgb)))
        return found

    def follow(self, rgb: NDArray[np.uint8], before: Faces) -> Faces:
        """The faces ``before`` of the previous picture that FaceMesh still confirms in rgb (H, W, 3) u8."""
        landmarks, presence = self._mesh.follow(rgb, before.landmarks, self._perturb)
        return self._merge(Faces.of(landmarks, before.scores * presence).at(presence >= PRESENT))

    def _confirm(self, rgb: NDArray[np.uint8], seen: Detections) -> Faces:
        """The faces that FaceMesh confirms."""
        return self._look(rgb, facemesh.squares_of_keypoints(seen.boxes, seen.keypoints), seen.scores)

    def _look(self, rgb: NDArray[np.uint8], squares: NDArray[np.float64], scores: NDArray[np.float32]) -> Faces:
        landmarks, presence = self._mesh.landmarks(rgb, squares, self._perturb)
        return self._merge(Faces.of(landmarks, scores * presence).at(presence >= PRESENT))

    def _merge(self, faces: Faces) -> Faces:
        heights = faces.boxes[:, 3] - faces.boxes[:, 1]
        large = faces.at(heights >= self._min_size)
        return large.at(keep_best(large.boxes, large.scores, _SAME_FACE))

    def _in_tiles(self, rgb: NDArray[np.uint8]) -> Detections:
        found = [_shifted(self._detector.detect(tile), left, top) for left, top, tile in tiles_of(rgb, self._side)]
        seen = _joined(found)
        return seen.at(keep_best(seen.boxes, seen.scores, _SAME_FACE))

    @property
    def _side(self) -> int:
        return round(self._min_size * _TILE)

    def _turned(self, rgb: NDArray[np.uint8]) -> Faces:
        """Each rotation of the picture is searched, reduced; landmarks are taken in the upright one."""
        thin, times = thinned(rgb, _TURN_SIDE)
        found = Faces.none()
        for degrees in _TURNS:
            turned, matrix = turn(thin, degrees)
            here = self._confirm(turned, self._detector.detect(turned))
            found = found.with_more(Faces.of(move_points(inverse(matrix), here.landmarks), here.scores))
        there = self._merge(Faces.of(found.landmarks * np.float32(times), found.scores)) if len(found) else found
        return there if times == 1 else self._look(rgb, facemesh.squares_of_landmarks(there.landmarks), there.scores)


def _scored_again(known: Faces, seen: Detections) -> Faces:
    """Known faces with the detector's score, or a reduced score of their own if it detects nothing; without dropped
    ones."""
    if not len(known):
        return known
    same = overlap(known.boxes, seen.boxes) > _SAME_FACE
    told = np.where(same, seen.scores[None], 0).max(axis=1, initial=0)
    scores = np.where(told > 0, told, known.scores * _CARRIED)
    return Faces(known.boxes, scores.astype(np.float32), known.landmarks).at(scores >= _FIRM)


def _others(seen: Detections, known: Faces) -> Detections:
    """Detections where no face is known."""
    return seen.at(free_of(seen.boxes, known.boxes, _SAME_FACE))


def tiles_of(rgb: NDArray[np.uint8], side: int) -> Iterator[tuple[int, int, NDArray[np.uint8]]]:
    """Squares that overlap by a third and cover the picture: left, top, view. None if a single one would hold it."""
    height, width = rgb.shape[:2]
    if side >= max(height, width):
        return
    for top in _starts(height, side):
        for left in _starts(width, side):
            yield left, top, rgb[top : top + side, left : left + side]


def _starts(length: int, side: int) -> list[int]:
    if side >= length:
        return [0]
    count = int(np.ceil((length - side) / (side * 2 / 3))) + 1
    return [round(start) for start in np.linspace(0, length - side, count)]


def turn(rgb: NDArray[np.uint8], degrees: float) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """The whole picture, rotated, and the (2, 3) matrix of the rotation."""
    height, width = rgb.shape[:2]
    matrix = np.asarray(cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1.0), np.float64)
    corners = apply(matrix, np.array([[0, 0], [width - 1, 0], [0, height - 1], [width - 1, height - 1]], np.float64))
    low, high = corners.min(axis=0), corners.max(axis=0)
    matrix[:, 2] -= low
    size = np.ceil(high - low).astype(int) + 1
    return np.asarray(cv2.warpAffine(rgb, matrix, (int(size[0]), int(size[1]))), np.uint8), matrix


def _shifted(found: Detections, left: int, top: int) -> Detections:
    shift = np.array([left, top], np.float32)
    return Detections(found.boxes + np.tile(shift, 2), found.scores, found.keypoints + shift)


def _joined(found: list[Detections]) -> Detections:
    if not found:
        return Detections.none()
    return Detections(
        np.concatenate([each.boxes for each in found]),
        np.concatenate([each.scores for each in found]),
        np.concatenate([each.keypoints for each in found]),
    )
