"""A person's footage, from the align stage, and what is known about each of its frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.arrays import Data
from fsvfx.entries import AlignedEntry, TrackedEntry
from fsvfx.faces.measures import head_pose
from fsvfx.faces.references import sharpness
from fsvfx.faces.topology import POINTS
from fsvfx.store import ShotStore, open_data
from schemas.job import ShotJob
from schemas.receipts import Receipt

PROBE = 256
"""Sharpness is measured in crops of this size, for any footage."""
LOOK = 16
"""Side of the thumbnails used to detect near-duplicates."""


@dataclass(frozen=True)
class Footage:
    """One replace entry of a shot, used only for its performer's aligned face.

    name: as in the training manifest. take: the plate's path; place: the plate's frame number of frame 0; these show
    whether two pieces come from one take. filled: frames whose landmarks were interpolated. digests: of the results.
    """

    name: str
    take: str
    place: int
    data: Data
    filled: frozenset[int]
    digests: tuple[str, ...]
    entry: int = 0

    def crop(self, frame: int, size: int) -> NDArray[np.float16]:
        """The face in a frame: (size, size, 3) display [0, 1]."""
        picture = self.aligned.crop(frame).astype(np.float32)
        return np.asarray(resized(picture, size).clip(0, 1), np.float16)

    @cached_property
    def aligned(self) -> AlignedEntry:
        """The face, frame by frame."""
        return AlignedEntry(self.data, self.entry)


@dataclass(frozen=True)
class Seen:
    """What is known about k frames: one entry for each in every column.

    footage: index; frame: the production's number; take, place: which take, and where in it. sound: there is a face,
    detected and not interpolated; the rest is zero otherwise. landmarks (k, 468, 3) in shares of the crop's side; pose
    (k, 3) yaw, pitch, roll in degrees; look (k, 16, 16) in [0, 1].
    """

    footage: NDArray[np.int64]
    frame: NDArray[np.int64]
    take: NDArray[np.int64]
    place: NDArray[np.int64]
    present: NDArray[np.bool_]
    filled: NDArray[np.bool_]
    landmarks: NDArray[np.float32]
    pose: NDArray[np.float32]
    sharpness: NDArray[np.float32]
    look: NDArray[np.float32]

    def __getitem__(self, rows: NDArray[np.generic]) -> Seen:
        return Seen(*(getattr(self, column.name)[rows] for column in fields(self)))


def footage_of(name: str, job: ShotJob, store: ShotStore, receipts: Sequence[Receipt], entry: int = 0) -> Footage:
    """From a shot's receipts: all chunks of ``align``, and ``track``. Others are ignored."""
    aligned = sorted((one for one in receipts if one.stage == "align"), key=lambda one: one.unit.name)
    tracks = [one for one in receipts if one.stage == "track"]
    filled = {frame for one in tracks for part in one.parts for frame in _filled(store, one, part, entry)}
    plate = job.shot.plate
    digests = tuple(one.digest for one in (*aligned, *tracks))
    return Footage(name, plate.path, plate.first_frame, open_data(store, aligned), frozenset(filled), digests, entry)


def _filled(store: ShotStore, track: Receipt, part: str, entry: int) -> list[int]:
    return TrackedEntry(open_data(store, [track], part=part), entry).filled


def look_at(footage: Sequence[Footage]) -> Seen:
    """Reads every frame, in order. Raises StoreError."""
    takes = sorted({each.take for each in footage})
    seen = [_look_at(index, each, takes.index(each.take)) for index, each in enumerate(footage)]
    return Seen(*(np.concatenate([getattr(one, column.name) for one in seen]) for column in fields(Seen)))


def resized(picture: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """(S, S, ...) -> (size, size, ...), without aliasing."""
    if picture.shape[0] == size:
        return picture
    way = cv2.INTER_AREA if size < picture.shape[0] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, (size, size), interpolation=way), np.float32)


def _look_at(index: int, footage: Footage, take: int) -> Seen:
    frames, aligned = np.array(footage.data.numbers, np.int64), footage.aligned
    count = len(frames)
    seen = Seen(
        footage=np.full(count, index, np.int64),
        frame=frames,
        take=np.full(count, take, np.int64),
        place=frames - footage.place,
        present=aligned.present,
        filled=np.isin(frames, list(footage.filled)),
        landmarks=np.zeros((count, POINTS, 3), np.float32),
        pose=np.zeros((count, 3), np.float32),
        sharpness=np.zeros(count, np.float32),
        look=np.zeros((count, LOOK, LOOK), np.float32),
    )
    for row in np.flatnonzero(seen.present):
        picture = aligned.crop(int(frames[row])).astype(np.float32)
        points = aligned.landmarks(int(frames[row]))
        seen.landmarks[row] = scaled(points, picture.shape[0], 1.0)
        seen.pose[row] = head_pose(points)
        probe = np.rint(resized(picture, PROBE).clip(0, 1) * 255).astype(np.uint8)
        seen.sharpness[row] = sharpness(probe, scaled(seen.landmarks[row], 1.0, PROBE))
        seen.look[row] = resized(picture.mean(axis=2), LOOK)
    return seen


def scaled(landmarks: NDArray[np.float32], size: float, wanted: float) -> NDArray[np.float32]:
    """Landmarks (..., 3) in px of a crop of ``size``, in px of one of ``wanted``; with 1, in shares of the side.

    Pixel coordinates have 0 at the first pixel's center, shares at the edge.
    """
    half = np.array([0.5, 0.5, 0.0], np.float32)
    before, after = (half if each != 1.0 else 0 * half for each in (size, wanted))
    return np.asarray((landmarks + before) * (wanted / size) - after, np.float32)
