"""Which of the frames of a person's footage make the faceset, and why the others don't. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fsvfx.facesets.cull import Reason, blurred, duplicates
from fsvfx.facesets.footage import Seen
from fsvfx.facesets.split import split
from schemas.faceset import FacesetSettings

_EVERY = 4
"""Of the mesh's points, for near-duplicates: each lies near its neighbours."""


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
    """``names``: of the footage. Held-out stretches stay whole: blur and likeness cull only what is trained on."""
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
    """Mark what is blurred, then what is much like another, among the faces to train on."""
    rows = np.flatnonzero((reason == 0) & ~held_out)
    reason[rows[blurred(seen.sharpness[rows], settings.blurred)]] = Reason.BLURRED
    rows = rows[reason[rows] == 0]
    alike = duplicates(seen.look[rows], seen.landmarks[rows, ::_EVERY, :2], seen.sharpness[rows], settings.duplicates)
    reason[rows[alike]] = Reason.DUPLICATE
