"""How well an identity network separates people, and at which distance: measured on a folder of people."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fsvfx import models
from fsvfx.errors import InputError, Where
from fsvfx.faces import insightface
from fsvfx.faces.detectors import Detector, detector
from fsvfx.faces.embedding import chip_matrix, cut
from fsvfx.faces.geometry import scale_of
from fsvfx.faces.looks import Piece, colour_of
from fsvfx.faces.search import FaceFinder
from fsvfx.identity.contract import Chip, IdentityNetwork
from fsvfx.identity.registry import network
from fsvfx.media.collections import everybody_in, pictures_of
from fsvfx.media.pictures import read_picture
from fsvfx.models import packs
from fsvfx.reach import Reach
from fsvfx.version import __version__
from schemas.pack import Measured, PointsApart, Spread, Task

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

LEAST = 10
"""Minimum number of people with two or more pictures; with fewer, a threshold is a guess."""
_LANDMARKS: Final[tuple[Task, ...]] = ("landmarks_106", "landmarks_68")


@dataclass(frozen=True)
class Portraits:
    """Faces in pictures of people. names (m,); pictures: the area around each, (h, w, 3) u8; meshes (m, 468, 3) px."""

    names: tuple[str, ...]
    pictures: tuple[U8, ...]
    meshes: F32

    @classmethod
    def of(cls, folder: Path, report: Callable[[str], None] = lambda line: None) -> Portraits:
        """From a folder for each person, with pictures in it; the largest face of each is used. Raises PlateError."""
        finder = FaceFinder(perturb=1)
        names, pictures, meshes = [], [], []
        people = everybody_in(folder)
        for number, name in enumerate(people, 1):
            for rgb in _shown(folder / name):
                seen = finder.find(rgb)
                if len(seen):
                    mesh = seen.landmarks[int(np.argmax(seen.boxes[:, 3] - seen.boxes[:, 1]))]
                    piece = Piece.of(rgb, mesh)
                    names.append(name)
                    pictures.append(np.asarray(piece.picture, np.uint8))
                    meshes.append(piece.points(mesh))
            if number % 50 == 0:
                report(f"{number} of {len(people)} people, {len(names)} pictures with a face")
        return cls(tuple(names), tuple(pictures), np.array(meshes, np.float32).reshape(-1, 468, 3))

    @property
    def with_several(self) -> NDArray[np.bool_]:
        """(m,): whether there are other pictures of the same person."""
        return np.array([self.names.count(name) > 1 for name in self.names], bool)


def measure(name: str, folder: Path, report: Callable[[str], None] = lambda line: None) -> Measured:
    """Measures the network of that name on the people in ``folder``; for a pack, its landmarks are compared as well.

    Raises InputError (no such network, too few people), PlateError, ModelError.
    """
    judge = network(name)
    seen = Portraits.of(folder, report)
    several = seen.with_several
    count = len({one for one, is_one in zip(seen.names, several, strict=True) if is_one})
    if count < LEAST:
        what = f"{count} people in {folder} have two pictures or more in which a face is found"
        hint = f"Give a folder with at least {LEAST} folders, one a person, of two pictures or more each"
        raise InputError(what, hint=hint, where=Where(file=str(folder)))
    vectors = vectors_of(judge, seen.pictures, seen.meshes)
    same, different, threshold, right = told_apart(vectors, seen.names)
    return Measured(
        network=name,
        sha256=models.card(judge.weights[0]).sha256 if judge.weights else "0" * 64,
        people=len(set(seen.names)),
        pictures=len(seen.names),
        same=same,
        different=different,
        same_person=threshold,
        right=right,
        points=dict(_points_apart(name, seen)) if packs.is_pack(name) else {},
        fsvfx=__version__,
        measured_at=datetime.now(UTC),
    )


def vectors_of(judge: IdentityNetwork, pictures: Sequence[U8], meshes: F32) -> F32:
    """(m, d) for faces with meshes (m, 468, 3) px."""
    chips = [cut(rgb, mesh, judge.chip) for rgb, mesh in zip(pictures, meshes, strict=True)]
    return judge.vectors(np.stack(chips)) if chips else np.zeros((0, judge.dimensions), np.float32)


def told_apart(vectors: F32, names: Sequence[str]) -> tuple[Spread, Spread, float, float]:
    """From vectors (m, d): distances within people and between people, the threshold that classifies most of both
    correctly, and the mean of the two shares. If a range of thresholds is equally good, its middle."""
    one, other = np.triu_indices(len(names), 1)
    people = np.array(names)
    same = people[one] == people[other]
    apart = np.linalg.norm(vectors[one] - vectors[other], axis=1)
    near, far = np.sort(apart[same]), np.sort(apart[~same])
    tried = np.linspace(0, float(apart.max()), 2001)
    right = (np.searchsorted(near, tried) / len(near) + 1 - np.searchsorted(far, tried) / len(far)) / 2
    best = np.flatnonzero(right >= right.max() - 1e-12)
    threshold = float(tried[best[len(best) // 2]])
    return _spread(near, 95), _spread(far, 5), round(threshold, 3), round(float(right.max()), 4)


def _spread(distances: NDArray[np.floating], tail: int) -> Spread:
    median, far = np.percentile(distances, (50, tail))
    return Spread(pairs=len(distances), median=round(float(median), 3), tail=round(float(far), 3))


def _points_apart(pack: str, seen: Portraits) -> Iterator[tuple[str, PointsApart]]:
    """For the detector's key points, and for each landmark network's five points."""
    chip = network(pack).chip
    assert isinstance(chip, Chip)
    finder = detector(pack, 0.3) if packs.network_of(pack, "detection") else None
    if finder is not None:
        yield from _told("detection", seen, [_nearest(finder, *each) for each in _pairs(seen)], chip)
    for task in _LANDMARKS:
        if packs.network_of(pack, task) is not None:
            found = [insightface.five_points(pack, task, rgb, _box(mesh)) for rgb, mesh in _pairs(seen)]
            yield from _told(task, seen, found, chip)


def _told(name: str, seen: Portraits, points: Sequence[F32 | None], chip: Chip) -> Iterator[tuple[str, PointsApart]]:
    """Empty if no picture has points."""
    apart, scales = [], []
    for mesh, five in zip(seen.meshes, points, strict=True):
        if five is None:
            continue
        own = np.stack([mesh[list(vertices), :2].mean(axis=0) for vertices in chip.mesh])
        eyes = max(float(np.linalg.norm(own[1] - own[0])), 1e-6)
        apart.append(float(np.linalg.norm(five - own, axis=1).mean()) / eyes)
        moved = mesh.copy()
        for vertices, point in zip(chip.mesh, five, strict=True):
            moved[list(vertices), :2] = point
        scales.append(scale_of(chip_matrix(mesh, chip)) / max(scale_of(chip_matrix(moved, chip)), 1e-6))
    if apart:
        median, tail = np.percentile(apart, (50, 95))
        scale = float(np.median(scales))
        yield name, PointsApart(median=round(float(median), 4), tail=round(float(tail), 4), scale=round(scale, 4))


def _nearest(finder: Detector, rgb: U8, mesh: F32) -> F32 | None:
    """Key points of the detection at the face's position."""
    found = finder.detect(rgb)
    middle = mesh[:, :2].mean(axis=0)
    inside = (found.boxes[:, :2] <= middle).all(axis=1) & (middle <= found.boxes[:, 2:]).all(axis=1)
    return found.keypoints[np.flatnonzero(inside)[0]] if inside.any() else None


def _box(mesh: F32) -> F32:
    return np.concatenate([mesh[:, :2].min(axis=0), mesh[:, :2].max(axis=0)])


def _pairs(seen: Portraits) -> Iterator[tuple[U8, F32]]:
    return zip(seen.pictures, seen.meshes, strict=True)


def _shown(folder: Path) -> Iterator[U8]:
    reach = Reach(folder / "people.yaml")
    for path in pictures_of(folder):
        picture = read_picture(path, reach)
        yield colour_of(picture).look(picture)
