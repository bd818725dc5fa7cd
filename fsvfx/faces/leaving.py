"""A face that is leaving or entering the picture: tracked by its pixels where too little of it is visible for networks
to detect it.

Corners (Shi and Tomasi 1994) in the visible part, tracked from frame to frame (Lucas and Kanade 1981, in pyramids),
forward and back; their common motion, by RANSAC, moves the mesh.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.faces.geometry import move_points, scale_of
from fsvfx.faces.trails import Trail

_CUT = 0.75
"""Share of a mesh within the picture up to which the picture's edge counts as the reason that it was lost. Measured:
detectors lose faces from .7 down, FaceMesh from .45 (edge at the side) or .2 (chin or forehead beyond it)."""
_GONE = 0.02
"""The share below which nothing is visible."""
_NEARLY = 0.2
"""The share below which a motion that can't be measured any more is assumed to continue."""
_LONGEST = 72
"""Maximum number of frames."""
_HEIGHT = 200
"""Height, px, to which faces are shrunk."""
_CORNERS, _LEAST = 200, 8
_BACK = 1.0
"""Maximum error, in px, of a corner that is tracked forward and back."""
_AGREE = 2.0
"""Maximum deviation, in px, of a corner from the common motion."""
_WIDE = 0.3
"""As a share of the face's height: corners closer together determine a shift, but neither rotation nor scale."""
_GROWTH = 1.15

U8 = NDArray[np.uint8]
Mesh = NDArray[np.float32]
Matrix = NDArray[np.float64]
Look = Callable[[int], U8]
"""A frame's picture (H, W, 3), RGB."""


def with_edges(trail: Trail, numbers: Sequence[int], cuts: frozenset[int], look: Look) -> Trail:
    """The trail, with the frames in which its face is only partly in the picture and was not detected added as
    ``filled``.

    numbers: the frames that exist. cuts: frames that start a new picture. A face that was lost well within the picture,
    or that can't be tracked until it is gone or detected again, is not changed.
    """
    there, known = frozenset(numbers), set(trail.frame.tolist())
    ways: dict[int, list[_Step]] = {}
    for row, number in enumerate(trail.frame.tolist()):
        for step in (1, -1):
            for each in _way(trail.landmarks[row], number, step, _Footage(there, cuts, look), known):
                ways.setdefault(each.number, []).append(each)
    if not ways:
        return trail
    return _with_more(trail, {number: _between(steps) for number, steps in ways.items()})


@dataclass(frozen=True)
class _Step:
    """A frame's mesh (468, 3), and its distance in frames from where the face was detected."""

    number: int
    mesh: Mesh
    away: int


@dataclass(frozen=True)
class _Footage:
    there: frozenset[int]
    cuts: frozenset[int]
    look: Look

    def goes_on(self, number: int, step: int) -> bool:
        """Whether the next, or previous, frame belongs to the same picture."""
        return number + step in self.there and max(number, number + step) not in self.cuts


def _way(found: Mesh, number: int, step: int, footage: _Footage, known: set[int]) -> list[_Step]:
    """From where it was detected to where it is gone or detected again; empty if it can't be tracked that far."""
    steps: list[_Step] = []
    mesh, left = found, 1.0
    motion: Matrix | None = None
    while number + step not in known and footage.goes_on(number, step) and len(steps) < _LONGEST:
        before, picture = footage.look(number), footage.look(number + step)
        seen = motion_of(mesh, before, picture, motion)
        if seen is None and left < _NEARLY:
            seen = motion
        if seen is None:
            return []
        motion, number, mesh = seen, number + step, move_points(seen, mesh)
        left = _share(mesh, picture)
        if left < _GONE or (left > _CUT and not steps):
            break
        steps.append(_Step(number, mesh, len(steps) + 1))
    return steps


def motion_of(mesh: Mesh, before: U8, now: U8, guess: Matrix | None = None) -> Matrix | None:
    """The motion of the part of a face that is in the picture ``before`` (H, W, 3), with that mesh (468, 3), to
    ``now``: a similarity (2, 3), px; None if it can't be measured. guess: the motion one frame earlier."""
    scale = min(1.0, _HEIGHT / max(float(np.ptp(mesh[:, 1])), 1.0))
    small = move_points(np.array([[scale, 0, 0], [0, scale, 0]]), mesh)
    one, other = (_grey(picture, scale) for picture in (before, now))
    mask = np.zeros_like(one)
    cv2.fillConvexPoly(mask, cv2.convexHull(np.round(small[:, :2]).astype(np.int32)), 255)
    corners = cv2.goodFeaturesToTrack(one, _CORNERS, 0.01, 3, mask=mask)
    if corners is None or len(corners) < _LEAST:
        return None
    start = np.asarray(corners, np.float32).reshape(-1, 2)
    along = np.zeros(2) if guess is None else scale * (move_points(guess, mesh) - mesh)[:, :2].mean(axis=0)
    end, kept = _followed(one, other, start, along.astype(np.float32))
    if kept.sum() < _LEAST:
        return None
    return _common(start[kept], end[kept], float(np.ptp(small[:, 1])), scale)


def _followed(
    one: U8, other: U8, start: NDArray[np.float32], along: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """The positions of corners (k, 2) of one picture in the other, and which of them are reliable."""
    end, there = _flow(one, other, start, along)
    again, back = _flow(other, one, end, -along)
    height, width = other.shape
    inside = ((end >= 0) & (end <= [width - 1, height - 1])).all(axis=1)
    sure = there & back & inside & (np.linalg.norm(again - start, axis=1) < _BACK)
    return end, np.asarray(sure, np.bool_)


def _flow(
    one: U8, other: U8, start: NDArray[np.float32], along: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """The new positions of corners (k, 2), searched ``along`` (2,) first, and which are found."""
    end, found, _ = cv2.calcOpticalFlowPyrLK(
        one, other, start, np.asarray(start + along, np.float32),
        winSize=(21, 21), maxLevel=3, flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
    )  # fmt: skip
    return np.asarray(end, np.float32), np.asarray(found.ravel() > 0, np.bool_)


def _common(start: NDArray[np.float32], end: NDArray[np.float32], height: float, scale: float) -> Matrix | None:
    """The similarity, in px of the pictures, that most corners follow; a shift if they are close together."""
    matrix, inliers = cv2.estimateAffinePartial2D(start, end, ransacReprojThreshold=_AGREE)
    if matrix is None:
        return None
    agree, found = inliers.ravel() > 0, np.asarray(matrix, np.float64)
    size = scale_of(found)
    if agree.sum() < max(_LEAST, len(start) / 2) or not 1 / _GROWTH < size < _GROWTH:
        return None
    if np.ptp(start[agree], axis=0).max() < _WIDE * height:
        found = np.column_stack([np.eye(2), np.median(end[agree] - start[agree], axis=0)])
    found[:, 2] /= scale
    return found


def _grey(picture: U8, scale: float) -> U8:
    """Pixel centers keep their positions: (0, 0) is the first pixel's in both sizes."""
    height, width = (max(1, round(side * scale)) for side in picture.shape[:2])
    to = np.array([[scale, 0, 0], [0, scale, 0]])
    calm = picture if scale == 1 else cv2.GaussianBlur(picture, (0, 0), 0.5 / scale)
    small = cv2.warpAffine(calm, to, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)


def _share(mesh: Mesh, picture: U8) -> float:
    """The share of vertices within the picture."""
    height, width = picture.shape[:2]
    return float(((mesh[:, :2] >= 0) & (mesh[:, :2] <= [width - 1, height - 1])).all(axis=1).mean())


def _between(steps: Sequence[_Step]) -> Mesh:
    """The average of both ends' results for a frame, weighted toward the nearer end."""
    weights = np.array([1 / each.away for each in steps])
    return np.asarray(np.average([each.mesh for each in steps], axis=0, weights=weights), np.float32)


def _with_more(trail: Trail, meshes: dict[int, Mesh]) -> Trail:
    numbers = np.array(sorted(meshes), np.int64)
    landmarks = np.stack([meshes[number] for number in numbers.tolist()])
    boxes = np.concatenate([landmarks[..., :2].min(axis=1), landmarks[..., :2].max(axis=1)], axis=1)
    nearest = np.abs(trail.frame[None] - numbers[:, None]).argmin(axis=1)
    more = Trail(numbers, boxes, trail.score[nearest], landmarks, np.ones(len(numbers), np.bool_))
    return trail.joined(more)
