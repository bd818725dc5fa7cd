"""Measurements of pictures of faces: pose and expression by the mesh, identity, and how well they follow the plate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fsvfx.engines.contract import Identity
from fsvfx.evaluation.pictures import u8
from fsvfx.faces import facemesh
from fsvfx.faces.embedding import SIZE, embeddings
from fsvfx.faces.facemesh import face_mesh
from fsvfx.faces.gaze import gaze
from fsvfx.faces.measures import brow_height, eye_opening, head_pose, mouth_opening
from fsvfx.faces.search import PRESENT
from fsvfx.qc.figures import nearest
from schemas.evaluation import Followed, IdentityFigures, SteadyFigures

F32 = NDArray[np.float32]
POSE = ("yaw", "pitch", "roll")
EXPRESSION = ("mouth", "eyes", "brows")
GAZE = ("gaze_across", "gaze_down")
_STILL = {"yaw": 0.5, "pitch": 0.5, "roll": 0.5, "mouth": 0.015, "eyes": 0.01, "brows": 0.002}
_STILL |= dict.fromkeys(GAZE, 0.015)
"""Measures that vary less than this (deviation) contain only noise to correlate."""
_SHUT = 0.15
"""Eyes opened less than this (relative to their width) have no gaze."""
_FEWEST = 3
_LOOKS = 3
"""Number of jittered looks that are averaged: a single one has as much noise as a brow moves."""


def meshes(pictures: NDArray[np.uint8], landmarks: F32) -> F32:
    """The mesh detected in pictures (n, S, S, 3), near known landmarks (n, 468, 3): (n, 468, 3) px, NaN where lost.

    Raises ModelError.
    """
    found = np.full(landmarks.shape, np.nan, np.float32)
    mesh = face_mesh()
    for place, picture in enumerate(pictures):
        points, score = mesh.landmarks(picture, facemesh.squares_of_landmarks(landmarks[place : place + 1]), _LOOKS)
        if score[0] >= PRESENT:
            found[place] = points[0]
    return found


def pose_and_expression(found: F32) -> dict[str, NDArray[np.float64]]:
    """Pose (degrees) and expression by name, from meshes (n, 468, 3): (n,) each, NaN where lost."""
    rows = [_measures(each) if np.isfinite(each).all() else [np.nan] * 6 for each in found]
    table = np.array(rows, np.float64).reshape(-1, 6)
    return {name: table[:, column] for column, name in enumerate(POSE + EXPRESSION)}


def gazes(pictures: NDArray[np.uint8], found: F32) -> dict[str, NDArray[np.float64]]:
    """For faces with meshes (n, 468, 3) in pictures (n, S, S, 3): eye widths by name, (n,) each; NaN where lost or
    shut.

    Raises ModelError.
    """
    table = np.full((len(found), len(GAZE)), np.nan)
    for place, mesh in enumerate(found):
        if np.isfinite(mesh).all() and eye_opening(mesh) >= _SHUT:
            table[place] = gaze(pictures[place], mesh)
    return {name: table[:, column] for column, name in enumerate(GAZE)}


def followed(name: str, swapped: NDArray[np.float64], plate: NDArray[np.float64]) -> Followed | None:
    """How well one measure follows another over time (n,); None if they are never both known."""
    both = np.isfinite(swapped) & np.isfinite(plate)
    if not both.any():
        return None
    apart = swapped[both] - plate[both]
    moving = both.sum() >= _FEWEST and plate[both].std() > _STILL[name] and swapped[both].std() > 1e-9
    return Followed(
        error=float(np.abs(apart).mean()),
        bias=float(apart.mean()),
        spread=float(plate[both].std()),
        spread_of_swap=float(swapped[both].std()),
        r=float(np.corrcoef(swapped[both], plate[both])[0, 1]) if moving else None,
    )


def all_followed(
    names: tuple[str, ...], swapped: Mapping[str, NDArray[np.float64]], plate: Mapping[str, NDArray[np.float64]]
) -> dict[str, Followed]:
    """For those of ``names`` that could be measured."""
    found = {name: followed(name, swapped[name], plate[name]) for name in names}
    return {name: each for name, each in found.items() if each is not None}


def _measures(mesh: F32) -> list[float]:
    return [*head_pose(mesh), mouth_opening(mesh), eye_opening(mesh), brow_height(mesh)]


@dataclass(frozen=True)
class Seen:
    """meshes (n, 468, 3) px, measures by name (n,), embeddings (n, 128); NaN where no face was found."""

    meshes: F32
    measures: Mapping[str, NDArray[np.float64]]
    embeddings: F32

    @property
    def lost(self) -> int:
        return int(np.isnan(self.meshes[:, 0, 0]).sum())

    @classmethod
    def of(cls, pictures: NDArray[np.uint8], landmarks: F32) -> Seen:
        """Detect faces in pictures (n, S, S, 3), near known landmarks (n, 468, 3). Raises ModelError."""
        found = meshes(pictures, landmarks)
        taken = np.full((len(pictures), SIZE), np.nan, np.float32)
        for place in np.flatnonzero(np.isfinite(found[:, 0, 0])):
            taken[place] = embeddings(pictures[place], found[place : place + 1])[0]
        return cls(found, pose_and_expression(found) | gazes(pictures, found), taken)


def embeddings_of(identity: Identity) -> F32:
    """From an identity's references: (m, 128). Raises ModelError."""
    pairs = zip(u8(identity.crops), identity.landmarks, strict=True)
    return np.concatenate([embeddings(each, points[None]) for each, points in pairs])


def steadiness(comps: F32, plates: F32, follows: NDArray[np.bool_]) -> SteadyFigures | None:
    """From embeddings (n, 128), NaN where lost; follows (n,): whether a frame directly follows the previous one. None
    for fewer than two frames."""
    there = np.isfinite(np.concatenate([comps, plates], axis=1)).all(axis=1)
    if there.sum() < 2:
        return None
    after = np.flatnonzero(follows[1:] & there[1:] & there[:-1]) + 1
    spreads = [float(np.sqrt(each[there].var(axis=0).sum())) for each in (comps, plates)]
    steps = [
        float(np.median(np.linalg.norm(each[after] - each[after - 1], axis=1))) if len(after) else None
        for each in (comps, plates)
    ]
    return SteadyFigures(
        spread=spreads[0], spread_of_plate=spreads[1], neighbours=steps[0], neighbours_of_plate=steps[1]
    )


def nearest_person(embedding: F32, people: Mapping[str, F32]) -> str:
    """The person with the nearest reference to an embedding (128,)."""
    return min(people, key=lambda name: np.nan_to_num(nearest(embedding, people[name]), nan=np.inf))


def likeness(swapped: F32, plates: F32, names: list[str], identity: str, references: F32) -> IdentityFigures | None:
    """From embeddings (n, 128), NaN for lost faces, and the nearest people's names; None if all are lost."""
    there = np.isfinite(np.concatenate([swapped, plates], axis=1)).all(axis=1)
    if not there.any():
        return None
    near = np.array([nearest(each, references) for each in swapped[there]])
    far = np.linalg.norm(swapped[there] - plates[there], axis=1)
    before = np.array([nearest(each, references) for each in plates[there]])
    found = [name for name, known in zip(names, there.tolist(), strict=True) if known]
    return IdentityFigures(
        to_identity=float(np.median(near)),
        to_performer=float(np.median(far)),
        plate_to_identity=float(np.median(before)),
        nearer=float((near < far).mean()),
        retrieved=found.count(identity) / len(found),
    )
