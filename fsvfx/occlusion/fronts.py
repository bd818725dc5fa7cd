"""Occlusion of a face: it is compared with its own look over time, and hands are found by their landmarks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.faces.raster import rasterise
from fsvfx.faces.topology import TRIANGLES
from fsvfx.occlusion import own_face
from fsvfx.occlusion.contract import WIDE, WIDE_SIZE, Faces, Segmentation
from fsvfx.occlusion.front import difference, guided, refine, regions
from fsvfx.occlusion.glasses import Glasses, bridge, is_bridged
from fsvfx.occlusion.glasses import find as find_glasses
from fsvfx.occlusion.hands import WRIST, Hand, apart, area, followed, searched
from fsvfx.occlusion.own_face import SIZE, Floats, OwnFace
from fsvfx.occlusion.unlike import Likeness

Bools = NDArray[np.bool_]

_ABOUT_HANDS = 0.06
"""Margin around a hand where the own look is not learned, over the crop's side."""
_AROUND = 0.10
"""How far beyond the mesh an occluder is followed, over the crop's side: mattes may be wider than the mesh."""

_HOME = 5
"""Number of frames that determine the scene's look."""
_SEEN_AT = 384
"""Maximum size at which crops are examined."""
_ANYWAY = 48
"""Of the surrounding frames, one in this many is searched for hands in any case; of a block's own, one in _HOME."""
_MIDDLE, _ALL = (WIDE_SIZE // 6,), (WIDE_SIZE // 4, 0, WIDE_SIZE // 6)
"""Margins of the wide picture that are not searched, px."""
_OFF_FACE = 0.1
"""Minimum distance from the face of the wrist of an occluding hand, over the crop's side."""
_NEAR = 0.08
"""A hand this close to the face, over the crop's side, may occlude it."""
_TOLD = 0.6
"""Hands that cover this share of the difference are its cause."""
_SEARCH = 2
"""Where a face differs from itself, one frame in this many is searched for new hands."""
_MOVES = 17
"""Maximum movement of an occluder from frame to frame, in pixels of a SIZE crop."""


class Fronts:
    """Occlusion of one face in the frames of a shot, in any order; keeps results of surrounding frames."""

    def __init__(self) -> None:
        self._around: dict[int, _Frame] = {}

    def of(self, faces: Faces, others: Faces, *, face: bool) -> Segmentation:
        """See ``Segmenter.segment``."""
        found = [_Frame(faces, row) for row in range(len(faces.frames))]
        around = self._seen(others)
        fronts = _fronts(found, around) if around else [None] * len(found)
        size = faces.crops[0].shape[0]
        front = np.zeros((len(found), size, size), np.float16)
        for row, matte in enumerate(_steady(fronts)):
            if matte is not None:
                front[row] = _enlarged(matte, size)
        if worn := _glasses(found, around):
            for row, mesh in enumerate(faces.landmarks):
                np.maximum(front[row], worn.on(rasterise(mesh, TRIANGLES, size)), out=front[row], casting="same_kind")
        if not face:
            return Segmentation(front)
        seen = np.zeros_like(front)
        for row, each in enumerate(found):
            seen[row] = each.face(size) * (1 - front[row].astype(np.float32))
        return Segmentation(front, seen)

    def _seen(self, others: Faces) -> list[_Frame]:
        """Each is created once, and kept while it is near."""
        self._around = {
            number: self._around.get(number) or _Frame(others, row) for row, number in enumerate(others.frames)
        }
        return list(self._around.values())


class _Frame:
    """One frame: flattened immediately, the rest on demand."""

    def __init__(self, faces: Faces, row: int) -> None:
        self.number = faces.frames[row]
        self._picture: Callable[[], Floats] = lambda: _seen_at(faces.crops[row], _SEEN_AT)
        self._wide: Callable[[], Floats] = lambda: np.asarray(faces.wide[row], np.float32)
        picture = self._picture()
        self.crop = _seen_at(picture, SIZE)
        self.lab = own_face.lab(self.crop)
        size = faces.crops[row].shape[0]
        self.mesh, self._in_picture = (_scaled(faces.landmarks[row], side / size) for side in (SIZE, len(picture)))
        self._beyond = None if faces.plates is None else _beyond(_scaled(faces.plates[row], SIZE / size), self.mesh)
        self.flat = own_face.flattened(self.lab, self.mesh)
        if self._beyond is not None:
            self.flat = own_face.without(self.flat, self._beyond, self.mesh)
        self.bridge = bridge(picture, self._in_picture)
        self.hands: list[Hand] = []
        self.unlike: Bools = np.zeros(len(self.flat), np.bool_)

    def follow(self, known: Sequence[Hand]) -> None:
        """Hands found in a neighboring frame."""
        if known and not self.is_told():
            self._keep(apart([*self.hands, *followed(self._wide(), known)]))

    def search(self, margins: Sequence[int]) -> None:
        """New hands, within one margin after the other, until the known ones explain the difference."""
        wide = self._wide()
        for margin in margins:
            if not self.is_told():
                self._keep(apart([*self.hands, *searched(wide, margin, self.hands)]))

    def is_told(self) -> bool:
        """Whether there are hands, and they cause the face's difference from itself."""
        if not self.hands or not self.unlike.any():
            return bool(self.hands)
        return float(own_face.flattened(self._hand_area()[..., None], self.mesh)[self.unlike].mean()) > _TOLD

    def _keep(self, found: Sequence[Hand]) -> None:
        """Hands that approach the face from outside. One whose wrist is on it is the face itself, mistaken for a
        hand."""
        corners = np.asarray(cv2.convexHull(np.ascontiguousarray(self.mesh[:, :2])), np.float32)
        away = np.array([[_inside(corners, point) for point in _in_crop(hand)] for hand in found]).reshape(-1, 21)
        near = (away.max(axis=1) > -_NEAR * SIZE) & (away[:, WRIST] < -_OFF_FACE * SIZE)
        self.hands = [each for each, kept in zip(found, near, strict=True) if kept]

    def glimpse(self) -> tuple[Floats, Floats]:
        """The crop at no more than _SEEN_AT, and its mesh."""
        return self._picture(), self._in_picture

    def look(self) -> Floats:
        """(p, 3): the flattened face, NaN near hands."""
        if not self.hands:
            return self.flat
        width = 2 * round(_ABOUT_HANDS * SIZE) + 1
        about = cv2.dilate(self._hand_area(), np.ones((width, width), np.uint8))
        return own_face.without(self.flat, np.asarray(about, np.float32), self.mesh)

    def front(self, own: OwnFace) -> Floats | None:
        """(SIZE, SIZE); None if there is none."""
        raster = rasterise(self.mesh, TRIANGLES, SIZE)
        expected = own_face.expected(own, self.flat, raster)
        different = difference(self.lab, expected)
        if self._beyond is not None:
            different *= self._beyond == 0
        hand = self._hand_area() > 0.5
        region = regions(different, expected.on_mesh, hand)
        hand &= (different > 0.5) | (expected.known < 0.5) | (expected.on_mesh == 0)
        if not (region.any() or (hand & (expected.on_mesh > 0)).any()):
            return None
        width = 2 * round(_AROUND * SIZE) + 1
        around = cv2.dilate(expected.on_mesh, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width)))
        return np.asarray(refine(self.lab, expected, region, hand, self.crop) * around, np.float32)

    def face(self, size: int) -> Floats:
        """The mesh's area, with its edge moved to the picture's: (size, size)."""
        on_mesh = rasterise(self.mesh, TRIANGLES, SIZE).coverage
        return _enlarged(guided(self.crop, on_mesh), size)

    def _hand_area(self) -> Floats:
        """(SIZE, SIZE)."""
        whole = np.zeros((WIDE_SIZE, WIDE_SIZE), np.float32)
        for hand in self.hands:
            whole = np.maximum(whole, area(hand, WIDE_SIZE))
        edge = round((1 - 1 / WIDE) / 2 * WIDE_SIZE)
        return np.asarray(cv2.resize(whole[edge:-edge, edge:-edge], (SIZE, SIZE)), np.float32)


def _fronts(found: Sequence[_Frame], around: Sequence[_Frame]) -> list[Floats | None]:
    own = _own(found, around)
    if own is None:
        return [None] * len(found)
    likeness = Likeness(own)
    for each in found:
        each.unlike = likeness.unlike(each.flat, each.mesh)
    _follow_hands(found)
    return [each.front(own) if each.unlike.any() or each.hands else None for each in found]


def _own(found: Sequence[_Frame], around: Sequence[_Frame]) -> OwnFace | None:
    """Learned from the surrounding frames: from those without hands, if there are any."""
    some = found[:: max(1, len(found) // _HOME)]
    for each in (*some, *(one for one in around if one.number % _ANYWAY == 0)):
        if not each.hands:
            each.search(_MIDDLE)
    own = _learnt(some, around)
    likeness = Likeness(own) if own else None
    for each in around:
        each.unlike = likeness.unlike(each.flat, each.mesh) if likeness else each.unlike
    for each in around:
        if each.unlike.any():
            each.search(_ALL)
    if own is None or any(each.hands for each in (*some, *around)):
        for each in around:
            if not each.hands:
                each.search(_ALL)
    if not any(each.hands for each in around):
        return own
    sure = [each for each in around if each.hands or not each.unlike.any()]  # otherwise a hand may have been missed
    return _learnt(some, sure)


def _learnt(some: Sequence[_Frame], around: Sequence[_Frame]) -> OwnFace | None:
    return own_face.learn(np.stack([each.look() for each in around]), np.stack([each.look() for each in some]))


def _follow_hands(frames: Sequence[_Frame]) -> None:
    """Hands of each frame, tracked forward and back; searched where they are lost, and in every second unusual
    frame."""
    before: list[Hand] = []
    for index, each in enumerate(frames):
        each.follow(before)
        if (each.unlike.any() and index % _SEARCH == 0) or (before and not each.hands):
            each.search(_ALL)
        before = each.hands
    after: list[Hand] = []
    for each in reversed(frames):
        each.follow(after)
        after = each.hands


def _glasses(found: Sequence[_Frame], around: Sequence[_Frame]) -> Glasses | None:
    """The face's glasses, from the surrounding frames and some of its own; swapped faces, which come without others,
    wear none."""
    if not around:
        return None
    some = [*around, *found[:: max(1, len(found) // _HOME)]]
    if not is_bridged([(each.mesh, each.bridge) for each in some]):
        return None
    crops, meshes = zip(*(each.glimpse() for each in some[:: max(1, len(some) // 12)]), strict=True)
    return find_glasses(crops, meshes)


def _steady(fronts: Sequence[Floats | None]) -> list[Floats | None]:
    """Removes single-frame changes: occlusion that neither neighbor shows nearby is removed, what both show is kept."""
    done: list[Floats | None] = []
    for index, front in enumerate(fronts):
        sides = [other for other in (index - 1, index + 1) if 0 <= other < len(fronts)]
        shown = [each for each in (fronts[other] for other in sides) if each is not None]
        if front is not None and sides:
            front = np.minimum(front, np.maximum.reduce([_moved(each) for each in shown])) if shown else None
        if len(shown) == 2:
            both = np.minimum(*shown)
            front = both if front is None else np.maximum(front, both)
        done.append(front)
    return done


def _moved(front: Floats) -> Floats:
    """Where an occluder may be one frame later."""
    reach = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_MOVES, _MOVES))
    return np.asarray(cv2.dilate(front, reach), np.float32)


def _in_crop(hand: Hand) -> NDArray[np.float32]:
    """Its points in the wide picture in px of a SIZE crop (21, 2)."""
    edge = (1 - 1 / WIDE) / 2 * WIDE_SIZE
    return np.asarray((hand.points - edge + 0.5) * (SIZE * WIDE / WIDE_SIZE) - 0.5, np.float32)


def _beyond(plate: Floats, mesh: Floats) -> Floats | None:
    """(SIZE, SIZE): 1 beyond the plate's corners (4, 2), and at its very edge; None if no part of the mesh is there."""
    if all(_inside(plate, point) > 1 for point in mesh[:, :2]):
        return None
    within = np.zeros((SIZE, SIZE), np.uint8)
    cv2.fillConvexPoly(within, np.round(plate).astype(np.int32), 1)
    return np.asarray(1 - cv2.erode(within, np.ones((3, 3), np.uint8), borderValue=1), np.float32)


def _inside(corners: Floats, point: Floats) -> float:
    """Distance inside a convex outline, px; negative outside."""
    return float(cv2.pointPolygonTest(corners, point.tolist(), measureDist=True))


def _scaled(mesh: Floats, scale: float) -> Floats:
    """A mesh in px of a crop ``scale`` times larger."""
    moved = mesh * np.float32(scale)
    moved[:, :2] += np.float32((scale - 1) / 2)
    return np.asarray(moved, np.float32)


def _seen_at(crop: NDArray[np.floating], size: int) -> Floats:
    """A crop as float32 in [0, 1], at most ``size`` px; for the comparison always SIZE."""
    picture = np.clip(crop, 0, 1, dtype=np.float32)
    return picture if len(picture) == size or len(picture) < size != SIZE else _resized(picture, size)


def _resized(picture: Floats, size: int) -> Floats:
    return np.asarray(cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA), np.float32)


def _enlarged(matte: Floats, size: int) -> Floats:
    return np.asarray(np.clip(cv2.resize(matte, (size, size), interpolation=cv2.INTER_LINEAR), 0, 1), np.float32)
