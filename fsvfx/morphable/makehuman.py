"""MakeHuman's head as a morphable model: made by hand, not from scans, and in the public domain (CC0).

People differ by the shapes drawn by MakeHuman's artists (Hauser, Bastioni and others, ``targets``), each with its own
coefficient; they are scaled so that people differ as much as the ICT-FaceKit's. Expressions are the 52 face units of
Mika Suominen, with ARKit's names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import product

import numpy as np

from fsvfx import models
from fsvfx.faces.topology import RIGID
from fsvfx.morphable.makehuman_files import BaseMesh, Doubles, Ints, Makehuman, opened
from fsvfx.morphable.model import Morphable, SurfacePoints
from fsvfx.morphable.pictures import probes_of
from fsvfx.morphable.regions import regions

CARD = "makehuman"
CM = 10.0
"""cm per unit of MakeHuman, a decimeter."""
_STRENGTH = 0.2
"""A standard deviation, as a share of a target's full strength: faces then are as far from the mean as the
FaceKit's."""
_FOLDERS = ("cheek", "chin", "eyebrows", "eyes", "forehead", "head", "mouth", "nose")
_UNSEEN = ("head-trans", "head-back", "head-scale-depth", "forehead-scale-vert")
"""Differences that the placing of a face can also express, or that the face does not show."""
_WAYS = {"incr": "decr", "up": "down", "out": "in", "forward": "backward", "convex": "concave",
         "uncompress": "compress"}  # fmt: skip
_RACES, _SEXES = ("african", "asian", "caucasian"), ("female", "male")
_STILL = ("eyeLook", "tongueOut")
"""Expressions that only affect eyeballs and tongue."""
_SIDEWAYS = ("jawLeft", "jawRight", "mouthLeft", "mouthRight")
_PROBES = 600


@dataclass(frozen=True, eq=False)
class Drawn:
    """The whole body, in decimeters; mean: (v, 3). people: (k, v, 3) and moves (e, v, 3) at full strength."""

    mesh: BaseMesh
    mean: Doubles
    people: Doubles
    units: tuple[str, ...]
    moves: Doubles


def drawn() -> Drawn:
    """Raises ModelError if the wheel is not installed."""
    with opened(models.path(CARD)) as data:
        mesh = data.mesh()
        count = len(mesh.points)
        units = tuple(name for name in data.face_units() if not name.startswith(_STILL))
        people = np.stack([*_people(data, count)])
        moves = np.stack([data.face_unit(name, count) for name in units])
        return Drawn(mesh, mesh.points + _mean(data, count), people, units, moves)


@lru_cache(maxsize=1)
def makehuman() -> Morphable:
    """Its face, ears and neck in cm; read once per process. Raises ModelError if the wheel is not installed."""
    head = drawn()
    with files("fsvfx.morphable").joinpath("makehuman_points.npz").open("rb") as stream, np.load(stream) as found:
        kept, corners, weights = (found[name].astype(np.int64) for name in ("quads", "corners", "eighths"))
        spread = found["spread"].astype(np.float32)
    mesh, quads = head.mesh, head.mesh.quads[kept]
    used, triangles = np.unique(halved(quads), return_inverse=True)
    points = SurfacePoints(np.searchsorted(used, corners), (weights / 8).astype(np.float32), spread)
    at = head.mean[used] * CM
    at = at - points.of(at.astype(np.float32))[RIGID].mean(axis=0)
    identity = _unplaced(at, head.people[:, used] * (CM * _STRENGTH), points)
    neutral = at.astype(np.float32)
    depth, skin = regions(neutral, points.of(neutral))
    return Morphable(
        name=CARD,
        neutral=neutral,
        triangles=triangles.reshape(-1, 3),
        identity=identity.astype(np.float32),
        expression=(head.moves[:, used] * CM).astype(np.float32),
        names=tuple(map(_named, head.units)),
        uv=mesh.uv.astype(np.float32),
        uv_triangles=halved(mesh.uv_quads[kept]),
        points=points,
        probes=probes_of(neutral, depth, _PROBES),
        skin=skin,
        depth=depth,
        unit=10.0,
        card=CARD,
    )


def _mean(data: Makehuman, vertices: int) -> Doubles:
    """(v, 3): from the base mesh to a young adult, averaged over races and sexes."""
    races = sum(data.shape("macrodetails", f"{race}-{sex}-young", vertices) for race, sex in product(_RACES, _SEXES))
    return np.asarray(races / 6 + sum(_common(data, sex, "young", vertices) for sex in _SEXES) / 2)


def _people(data: Makehuman, vertices: int) -> Iterator[Doubles]:
    """(v, 3) each: the differences between people, at full strength."""
    for folder in _FOLDERS:
        names = [name for name in data.names(folder) if not name.startswith(("r-", *_UNSEEN))]
        for name in names:
            if (other := _opposite(name)) in names:
                yield (_both_sides(data, folder, name, vertices) - _both_sides(data, folder, other, vertices)) / 2
            elif not any(_opposite(each) == name for each in names):
                yield _both_sides(data, folder, name, vertices)
    young, old = (
        {(race, sex): data.shape("macrodetails", f"{race}-{sex}-{age}", vertices) for race, sex in
         product(_RACES, _SEXES)} for age in ("young", "old")
    )  # fmt: skip
    middle = sum(young.values()) / 6
    for race in _RACES[:2]:
        yield np.asarray(sum(young[race, sex] for sex in _SEXES) / 2 - middle)
    female, male = (_common(data, sex, "young", vertices) for sex in _SEXES)
    yield np.asarray(sum(young[race, "male"] - young[race, "female"] for race in _RACES) / 6 + (male - female) / 2)
    aged = sum(_common(data, sex, "old", vertices) for sex in _SEXES) - female - male
    yield np.asarray((sum(old.values()) - sum(young.values())) / 6 + aged / 2)


def _common(data: Makehuman, sex: str, age: str, vertices: int) -> Doubles:
    return data.shape("macrodetails", f"universal-{sex}-{age}-averagemuscle-averageweight", vertices)


def _both_sides(data: Makehuman, folder: str, name: str, vertices: int) -> Doubles:
    left = data.shape(folder, name, vertices)
    return left + data.shape(folder, f"r{name[1:]}", vertices) if name.startswith("l-") else left


def _opposite(name: str) -> str:
    """The opposite of a target such as ``nose-hump-incr``; empty if it has none."""
    start, _, way = name.rpartition("-")
    return f"{start}-{_WAYS[way]}" if way in _WAYS else ""


def _named(unit: str) -> str:
    """By the FaceKit's name: sides as _L and _R, except for movements to one side."""
    return unit if unit in _SIDEWAYS else re.sub("(Left|Right)$", lambda side: f"_{side[0][0]}", unit)


def _unplaced(at: Doubles, changes: Doubles, points: SurfacePoints) -> Doubles:
    """(k, v, 3): without the parts that rotating, scaling and shifting a face can express, measured at points that
    don't move."""
    corners, weights = points.corners[RIGID], points.weights[RIGID].astype(np.float64)[..., None]
    told, ways = np.linalg.pinv(_ways((at[corners] * weights).sum(axis=1))), _ways(at)
    return np.stack([
        each - (ways @ (told @ (each[corners] * weights).sum(axis=1).ravel())).reshape(-1, 3) for each in changes
    ])  # fmt: skip


def _ways(at: Doubles) -> Doubles:
    """(3 v, 7): the effects of a small shift, rotation and scale on points (v, 3)."""
    x, y, z = np.eye(3)
    turns = [np.cross(axis, at) for axis in (x, y, z)]
    shifts = [np.broadcast_to(axis, at.shape) for axis in (x, y, z)]
    return np.stack([*shifts, *turns, at], axis=-1).reshape(-1, 7)


def halved(quads: Ints) -> Ints:
    """(2 q, 3)."""
    return np.concatenate([quads[:, :3], quads[:, [0, 2, 3]]])
