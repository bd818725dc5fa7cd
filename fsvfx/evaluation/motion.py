"""Whether a swap does what the performer does: pose and expression, both read by the same mesh."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from fsvfx.faces import facemesh
from fsvfx.faces.facemesh import face_mesh
from fsvfx.faces.measures import brow_height, eye_opening, head_pose, mouth_opening
from fsvfx.faces.search import PRESENT
from schemas.evaluation import Followed

F32 = NDArray[np.float32]
POSE = ("yaw", "pitch", "roll")
EXPRESSION = ("mouth", "eyes", "brows")
_STILL = {"yaw": 0.5, "pitch": 0.5, "roll": 0.5, "mouth": 0.015, "eyes": 0.01, "brows": 0.002}
"""Of measures that vary less than this (deviation) there is nothing to correlate but noise."""
_FEWEST = 3
_LOOKS = 3
"""Shaken looks that are averaged: one alone trembles by as much as a brow moves."""


def meshes(pictures: NDArray[np.uint8], landmarks: F32) -> F32:
    """The mesh as seen in pictures (n, S, S, 3), near known landmarks (n, 468, 3): (n, 468, 3) px, NaN where lost.

    Raises ModelError.
    """
    found = np.full(landmarks.shape, np.nan, np.float32)
    mesh = face_mesh()
    for place, picture in enumerate(pictures):
        points, score = mesh.landmarks(picture, facemesh.squares_of_landmarks(landmarks[place : place + 1]), _LOOKS)
        if score[0] >= PRESENT:
            found[place] = points[0]
    return found


def measures(found: F32) -> dict[str, NDArray[np.float64]]:
    """Pose (degrees) and expression by name, of meshes (n, 468, 3): (n,) each, NaN where lost."""
    rows = [_measures(each) if np.isfinite(each).all() else [np.nan] * 6 for each in found]
    table = np.array(rows, np.float64).reshape(-1, 6)
    return {name: table[:, column] for column, name in enumerate(POSE + EXPRESSION)}


def followed(name: str, swapped: NDArray[np.float64], plate: NDArray[np.float64]) -> Followed | None:
    """How one measure follows another over time (n,); None if they never have it both."""
    both = np.isfinite(swapped) & np.isfinite(plate)
    if not both.any():
        return None
    apart = swapped[both] - plate[both]
    moving = both.sum() >= _FEWEST and plate[both].std() > _STILL[name] and swapped[both].std() > 1e-9
    return Followed(
        error=float(np.abs(apart).mean()),
        bias=float(apart.mean()),
        spread=float(plate[both].std()),
        r=float(np.corrcoef(swapped[both], plate[both])[0, 1]) if moving else None,
    )


def all_followed(
    names: tuple[str, ...], swapped: Mapping[str, NDArray[np.float64]], plate: Mapping[str, NDArray[np.float64]]
) -> dict[str, Followed]:
    """Those of ``names`` that could be measured."""
    found = {name: followed(name, swapped[name], plate[name]) for name in names}
    return {name: each for name, each in found.items() if each is not None}


def _measures(mesh: F32) -> list[float]:
    return [*head_pose(mesh), mouth_opening(mesh), eye_opening(mesh), brow_height(mesh)]
