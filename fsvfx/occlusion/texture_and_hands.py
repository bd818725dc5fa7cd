"""The embedded segmenter: the face compared with its own look over time, and hands found by their landmarks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.faces.raster import rasterise
from fsvfx.faces.topology import TRIANGLES
from fsvfx.occlusion import own_face
from fsvfx.occlusion.contract import WIDE, WIDE_SIZE, Faces, Segmentation, Segmenter
from fsvfx.occlusion.front import difference, guided, refine, regions
from fsvfx.occlusion.glasses import Glasses
from fsvfx.occlusion.glasses import find as find_glasses
from fsvfx.occlusion.hands import HAND_CARD, PALM_CARD, Hand, area, hands
from fsvfx.occlusion.own_face import SIZE, Floats

Bools = NDArray[np.bool_]

_ABOUT_HANDS = 0.06
"""How far about a hand the own look is not learnt, over the crop's side."""
_AROUND = 0.10
"""How far beyond the mesh a thing is followed, over the crop's side: mattes may be wider than the mesh."""

_HOME = 5
"""Frames that tell the scene's look."""
_AROUND_FRAMES = 8
"""Frames around that tell of glasses."""
_SEARCH = 2
"""New hands are looked for in one frame of so many."""
_MOVES = 17
"""Pixels of a SIZE crop that a thing may move from frame to frame."""


class TextureAndHands(Segmenter):
    """No network for segmentation: works for whatever the face shows uncovered some of the time, and for hands."""

    name: ClassVar[str] = "texture_and_hands"
    version: ClassVar[int] = 3
    summary: ClassVar[str] = (
        "things that come before the face, by its own look over time, hands by their landmarks, and glasses"
    )
    source: ClassVar[str] = "our own; hands after MediaPipe Hands (arXiv 2006.10214), edges by He et al. 2013"
    weights: ClassVar[tuple[str, ...]] = (PALM_CARD, HAND_CARD)
    reach: ClassVar[int] = 48
    every: ClassVar[int] = 6
    margin: ClassVar[int] = 2

    def segment(self, faces: Faces, others: Faces) -> Segmentation:
        found = [_Frame(faces, row) for row in range(len(faces.frames))]
        _follow_hands(found)
        own = _own(found, [_Frame(others, row) for row in range(len(others.frames))])
        steady = _steady([each.front(own) for each in found])
        size = faces.crops.shape[1]
        front = np.stack([_enlarged(each, faces.crops[row]) for row, each in enumerate(steady)])
        if worn := _glasses(faces, others):
            front = np.maximum(front, np.stack([worn.on(rasterise(mesh, TRIANGLES, size)) for mesh in faces.landmarks]))
        face = np.stack([each.face(size) for each in found]) * (1 - front)
        return Segmentation(face, front)


class _Frame:
    """One frame at SIZE."""

    def __init__(self, faces: Faces, row: int) -> None:
        size = faces.crops.shape[1]
        self.wide = faces.wide[row].astype(np.float32)
        self.crop = cv2.resize(faces.crops[row].astype(np.float32), (SIZE, SIZE), interpolation=cv2.INTER_AREA)
        self.picture = own_face.lab(self.crop)
        self.mesh: Floats = faces.landmarks[row] * np.float32(SIZE / size)
        self.mesh[:, :2] += (SIZE / size - 1) / 2
        self.hands: list[Hand] = []

    def hand_area(self) -> Floats:
        """(SIZE, SIZE)."""
        whole = np.zeros((WIDE_SIZE, WIDE_SIZE), np.float32)
        for hand in self.hands:
            whole = np.maximum(whole, area(hand, WIDE_SIZE))
        edge = round((1 - 1 / WIDE) / 2 * WIDE_SIZE)
        return np.asarray(cv2.resize(whole[edge:-edge, edge:-edge], (SIZE, SIZE)), np.float32)

    def look(self) -> Floats:
        """(p, 3): the flattened face, but for what is near hands."""
        width = 2 * round(_ABOUT_HANDS * SIZE) + 1
        about = cv2.dilate(self.hand_area(), np.ones((width, width), np.uint8))
        return own_face.flattened(self.picture, self.mesh, np.asarray(about, np.float32))

    def front(self, own: own_face.OwnFace | None) -> Floats:
        raster = own_face.raster_of(self.mesh)
        self.on_mesh = raster.coverage
        if own is None:
            return np.zeros((SIZE, SIZE), np.float32)
        expected = own_face.expected(own, self.picture, raster, self.mesh)
        different = difference(self.picture, expected)
        hand = self.hand_area() > 0.5
        region = regions(different, self.on_mesh, hand)
        hand &= (different > 0.5) | (expected.known < 0.5) | (self.on_mesh == 0)
        if not (region.any() or (hand & (self.on_mesh > 0)).any()):
            return np.zeros((SIZE, SIZE), np.float32)
        width = 2 * round(_AROUND * SIZE) + 1
        around = cv2.dilate(self.on_mesh, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width)))
        return np.asarray(refine(self.picture, expected, region, hand, self.crop) * around, np.float32)

    def face(self, size: int) -> Floats:
        """The mesh's area, its edge moved to the picture's: (size, size)."""
        return np.asarray(cv2.resize(np.clip(guided(self.crop, self.on_mesh), 0, 1), (size, size)), np.float32)


def _own(found: Sequence[_Frame], others: Sequence[_Frame]) -> own_face.OwnFace | None:
    for each in others:
        each.hands = hands(each.wide)
    like = found[:: max(1, len(found) // _HOME)]
    if not others or not like:
        return None
    return own_face.learn(np.stack([each.look() for each in others]), np.stack([each.look() for each in like]))


def _glasses(faces: Faces, others: Faces) -> Glasses | None:
    """What the face wears, in the frames around and in some of its own; swapped faces, which come alone, wear none."""
    if not len(others.frames):
        return None
    some = slice(None, None, max(1, len(faces.frames) // _HOME))
    around = slice(None, None, max(1, len(others.frames) // _AROUND_FRAMES))
    crops = [*others.crops[around], *faces.crops[some]]
    return find_glasses(crops, [*others.landmarks[around], *faces.landmarks[some]])


def _follow_hands(frames: Sequence[_Frame]) -> None:
    """Hands of each frame, tracked on; new ones are looked for in every other frame, and then tracked back."""
    before: list[Hand] = []
    for index, each in enumerate(frames):
        before = each.hands = hands(each.wide, before, search=index % _SEARCH == 0)
    after: list[Hand] = []
    for each in reversed(frames):
        after = each.hands = each.hands or hands(each.wide, after, search=False)


def _steady(fronts: Sequence[Floats]) -> list[Floats]:
    """Nothing comes or goes for one frame only: what neither neighbour shows near there goes, what both show stays."""
    reach = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_MOVES, _MOVES))
    near = [np.asarray(cv2.dilate(each, reach), np.float32) for each in fronts]
    done = []
    for index, front in enumerate(fronts):
        sides = [other for other in (index - 1, index + 1) if 0 <= other < len(fronts)]
        if sides:
            front = np.minimum(front, np.maximum.reduce([near[other] for other in sides]))
        if len(sides) == 2:
            front = np.maximum(front, np.minimum(fronts[sides[0]], fronts[sides[1]]))
        done.append(front)
    return done


def _enlarged(front: Floats, crop: NDArray[np.float16]) -> Floats:
    size = crop.shape[0]
    return np.asarray(np.clip(cv2.resize(front, (size, size), interpolation=cv2.INTER_LINEAR), 0, 1), np.float32)
