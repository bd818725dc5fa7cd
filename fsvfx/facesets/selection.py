"""Selects a faceset's frames from a person's footage: what is held out, what is culled, and why. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from fsvfx.facesets.footage import Seen
from schemas.faceset import FacesetSettings

_EVERY = 4
"""Step over the mesh's points for near-duplicates: neighboring points are close to each other."""
Bools = NDArray[np.bool_]
F32 = NDArray[np.float32]
_LOOK = 0.005
"""Root mean square difference of thumbnails, of the display range,"""
_SHAPE = 0.0012
"""and of landmarks, of the crop's side, that is hardly visible."""
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Choice:
    """Per frame: reason (k,) u8, a ``Reason``, 0 for kept; held_out (k,) bool."""

    reason: NDArray[np.uint8]
    held_out: NDArray[np.bool_]

    @property
    def kept(self) -> NDArray[np.bool_]:
        return np.asarray(self.reason == 0, np.bool_)

    def count(self, reason: Reason) -> int:
        return int((self.reason == reason).sum())


def choose(seen: Seen, names: Sequence[str], settings: FacesetSettings) -> Choice:
    """``names``: of the footage. Held-out stretches stay whole: blur and similarity cull only training faces."""
    reason = np.zeros(len(seen.frame), np.uint8)
    excluded = [
        frame in settings.exclude.get(names[index], ()) for index, frame in zip(seen.footage, seen.frame, strict=True)
    ]
    for why, where in (
        (Reason.INTERPOLATED, seen.filled),
        (Reason.MISSING, ~seen.present),
        (Reason.EXCLUDED, np.array(excluded, np.bool_)),
    ):
        reason[where] = why
    faces = np.flatnonzero(reason == 0)
    held_out = np.zeros(len(reason), np.bool_)
    held_out[faces], near = split(
        seen.take[faces],
        seen.place[faces],
        settings.held_out,
        stretch=settings.stretch,
        gap=settings.gap,
        seed=settings.seed,
    )
    reason[faces[near]] = Reason.GAP
    _cull(seen, reason, held_out, settings)
    return Choice(reason, held_out)


def _cull(seen: Seen, reason: NDArray[np.uint8], held_out: NDArray[np.bool_], settings: FacesetSettings) -> None:
    """Mark blurred faces, then near-duplicates, among those to train on."""
    rows = np.flatnonzero((reason == 0) & ~held_out)
    reason[rows[blurred(seen.sharpness[rows], settings.blurred)]] = Reason.BLURRED
    rows = rows[reason[rows] == 0]
    alike = duplicates(seen.look[rows], seen.landmarks[rows, ::_EVERY, :2], seen.sharpness[rows], settings.duplicates)
    reason[rows[alike]] = Reason.DUPLICATE


class Reason(IntEnum):
    """Why a frame is not in a faceset."""

    EXCLUDED = 1
    MISSING = 2
    INTERPOLATED = 3
    GAP = 4
    BLURRED = 5
    DUPLICATE = 6


def blurred(sharpness: F32, share: float) -> Bools:
    """(m,) -> (m,): less than ``share`` of the median sharpness, which is the person's own."""
    if not len(sharpness):
        return np.zeros(0, np.bool_)
    return np.asarray(sharpness < share * np.median(sharpness), np.bool_)


def duplicates(thumbnails: F32, landmarks: F32, sharpness: F32, unlike: float) -> Bools:
    """Faces that differ by less than ``unlike`` from a sharper one that is kept; the kept ones differ by at least that.

    thumbnails (m, ...) in [0, 1]; landmarks (m, points, 2) in shares of the crop's side.
    """
    look, shape = _flat(thumbnails) / _LOOK, _flat(landmarks) / _SHAPE
    kept: list[int] = []
    dropped = np.zeros(len(sharpness), np.bool_)
    for face in np.argsort(-sharpness, kind="stable"):
        if unlike and kept and (_unlike(look, shape, int(face), kept) < unlike).any():
            dropped[face] = True
        else:
            kept.append(int(face))
    return dropped


def _flat(values: F32) -> F32:
    """(m, k), scaled so that distances of rows are root mean squares."""
    rows = values.reshape(len(values), int(np.prod(values.shape[1:])))
    return np.asarray(rows / np.sqrt(max(rows.shape[1], 1)), np.float32)


def _unlike(look: F32, shape: F32, face: int, others: list[int]) -> F32:
    """The larger of two differences: light, or shape."""
    apart = [np.linalg.norm(each[others] - each[face], axis=1) for each in (look, shape)]
    return np.asarray(np.maximum(*apart), np.float32)


def split(take: Ints, place: Ints, share: float, *, stretch: int, gap: int, seed: int) -> tuple[Bools, Bools]:
    """(held out, in a gap), each (m,): about ``share`` of the faces, in stretches of about ``stretch``.

    take (m,): the take of each face; place (m,): its frame in the take. The faces are divided into as many zones as
    there are stretches, with one stretch somewhere in each, so that all of the footage is represented. Other faces up
    to ``gap`` frames from a held-out face of the same take are in a gap.
    """
    order = np.lexsort((place, take))
    held = np.zeros(len(order), np.bool_)
    wanted = round(share * len(order))
    if not wanted:
        return held, held.copy()
    stretches = max(1, round(wanted / stretch))
    random = np.random.default_rng(seed)
    for zone in np.array_split(order, stretches):
        length = min(len(zone), round(wanted / stretches))
        first = int(random.integers(len(zone) - length + 1))
        held[zone[first : first + length]] = True
    return held, _near(take, place, held, gap) & ~held


def _near(take: Ints, place: Ints, held: Bools, gap: int) -> Bools:
    near = np.zeros(len(take), np.bool_)
    for one in np.unique(take[held]):
        here = take == one
        edges = np.sort(place[here & held])
        after = np.searchsorted(edges, place[here])
        sides = edges[np.clip([after - 1, after], 0, len(edges) - 1)]
        near[here] = np.abs(sides - place[here]).min(axis=0) <= gap
    return near
