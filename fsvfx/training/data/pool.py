"""A faceset's pictures in memory, from which batches are cut: colors, face, eyes and mouth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fsvfx.comp.matte import hull
from fsvfx.engines.trainable import Batch, Side
from fsvfx.errors import InputError, Where
from fsvfx.faces import topology
from fsvfx.facesets.faceset import Faceset
from fsvfx.facesets.footage import resized, scaled
from fsvfx.qc.sheet import sampled

_EYE_MARGIN, _MOUTH_MARGIN = 0.3, 0.15
"""Margins around eyes and lips, in shares of their width."""
_EYES = ((topology.RIGHT_EYE, topology.RIGHT_EYE_CORNERS), (topology.LEFT_EYE, topology.LEFT_EYE_CORNERS))


@dataclass(frozen=True)
class Pool:
    """planes (m, 6, P, P) f16 in [0, 1], on the CPU: red, green, blue, face, eyes, mouth."""

    planes: Tensor

    def take(self, rows: Tensor, device: str) -> Tensor:
        """(b, 6, P, P) float32 on the device."""
        return self.planes.index_select(0, rows).to(device).float()


def pool_of(faceset: Faceset, rows: Sequence[int] | NDArray[np.integer], size: int) -> Pool:
    """These faces at ``size`` px. Raises StoreError."""
    planes = np.empty((len(rows), 6, size, size), np.float16)
    for place, row in enumerate(rows):
        planes[place, :3] = resized(np.asarray(faceset.crops[int(row)], np.float32), size).clip(0, 1).transpose(2, 0, 1)
        planes[place, 3] = resized(np.asarray(faceset.mask[int(row)], np.float32), size).clip(0, 255) / 255
        points = scaled(faceset.landmarks[int(row)], faceset.size, size)
        planes[place, 4:] = priorities(points, size)
    return Pool(torch.from_numpy(planes))


def plain(faceset: Faceset, rows: Sequence[int] | NDArray[np.integer], resolution: int, device: str) -> Side:
    """Unmodified faces, the same as input and target: for previews and evaluation. Raises StoreError."""
    return side_of(pool_of(faceset, rows, resolution).take(torch.arange(len(rows)), device))


def photos_of(faceset: Faceset, resolution: int, most: int) -> Side:
    """Up to ``most`` of the faces that are not held out, unmodified, evenly spaced, on the CPU."""
    return plain(faceset, sampled(np.flatnonzero(~faceset.held_out).tolist(), most), resolution, "cpu")


def held_out(facesets: Mapping[str, Faceset], resolution: int, most: int, device: str) -> Batch:
    """Up to ``most`` of each person's held-out faces, unmodified, evenly spaced; the same number for every person.

    Raises InputError if somebody has none; StoreError.
    """
    rows = {person: np.flatnonzero(faceset.held_out).tolist() for person, faceset in facesets.items()}
    without = [person for person, own in rows.items() if not own]
    if without:
        raise InputError(
            f"No faces of {', '.join(without)} are held out",
            hint="Give more footage, or a larger faceset.held_out",
            where=Where(field="faceset.held_out"),
        )
    count = min(most, *map(len, rows.values()))
    return {person: plain(facesets[person], sampled(rows[person], count), resolution, device) for person in facesets}


def side_of(target: Tensor, warped: Tensor | None = None) -> Side:
    """``target`` (b, 6, R, R) as returned by ``Pool.take``; warped (b, 3, R, R): by default the target's own colors."""
    return Side(target[:, :3] if warped is None else warped, target[:, :3], target[:, 3:4], target[:, 4:6])


def priorities(landmarks: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """(2, size, size) in [0, 1]: the eyes with their lids, and the mouth, from a mesh in crop px."""
    eyes = [_around(landmarks, loop, corners, _EYE_MARGIN, size) for loop, corners in _EYES]
    mouth = _around(landmarks, topology.LIPS_OUTER, topology.MOUTH_CORNERS, _MOUTH_MARGIN, size)
    return np.stack([np.maximum(*eyes), mouth])


def _around(
    landmarks: NDArray[np.float32],
    loop: NDArray[np.int64],
    corners: tuple[int, int],
    margin: float,
    size: int,
) -> NDArray[np.float32]:
    """The hull of a loop of points and of circles around them: this gives a shut eye a width, too."""
    points = landmarks[loop, :2]
    reach = margin * float(np.linalg.norm(landmarks[corners[0], :2] - landmarks[corners[1], :2]))
    turns = np.linspace(0, 2 * np.pi, 8, endpoint=False)
    circle = np.stack([np.cos(turns), np.sin(turns)], axis=1) * reach
    return hull((points[:, None] + circle).reshape(-1, 2), size)
