"""The ICT-FaceKit's face as a morphable model."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

import numpy as np

from fsvfx import models
from fsvfx.faces.geometry import similarity
from fsvfx.faces.topology import CANONICAL, RIGID
from fsvfx.morphable.facekit import FACE, facekit
from fsvfx.morphable.model import Floats, Morphable, SurfacePoints
from fsvfx.morphable.pictures import probes_of
from fsvfx.morphable.regions import regions

CARD = models.HEAD
_UNIT = 8.0
"""mm per unit: a head of mean width is 15 cm wide."""
_PROBES = 600
_ALIKE = 1.0
"""cm: maximum mean distance of its points from those of the canonical face. It is 0.4."""
_STILL = ("eyeLook", "PupilDilate")
"""Expressions that only affect the eyeballs."""


@lru_cache(maxsize=1)
def ict() -> Morphable:
    """9409 vertices, 40 of its 100 identity modes, and the expressions visible on its skin; read once per process.

    Raises ModelError if the FaceKit is not installed, or does not match its card.
    """
    models.path(CARD)
    kit, points = facekit(), _points()
    kept = (kit.triangles < FACE).all(axis=1)
    told = [place for place, name in enumerate(kit.names) if not name.startswith(_STILL)]
    neutral = kit.neutral[:FACE]
    neutral = neutral - points.of(neutral)[RIGID].mean(axis=0)
    depth, skin = regions(neutral, points.of(neutral))
    return Morphable(
        name=CARD,
        neutral=neutral,
        triangles=kit.triangles[kept],
        identity=np.ascontiguousarray(kit.identity[:, :FACE]),
        expression=np.ascontiguousarray(kit.expression[told, :FACE]),
        names=tuple(kit.names[place] for place in told),
        uv=kit.uv,
        uv_triangles=kit.uv_triangles[kept],
        points=points,
        probes=probes_of(neutral, depth, _PROBES),
        skin=skin,
        depth=depth,
        unit=_UNIT,
        card=CARD,
    )


def is_in_order(neutral: Floats) -> bool:
    """Whether a head's vertices (v, 3) are numbered as FaceMesh's points on it assume: the first FaceKits were not."""
    seen = _points().of(neutral)
    scale, turn, shift = similarity(seen, CANONICAL)
    return float(np.linalg.norm(scale * seen @ turn.T + shift - CANONICAL, axis=1).mean()) < _ALIKE


def _points() -> SurfacePoints:
    """Found on rendered heads: see ``benchmarks/surface_points.py``."""
    with files("fsvfx.morphable").joinpath("ict_points.npz").open("rb") as stream, np.load(stream) as data:
        return SurfacePoints(data["corners"].astype(np.int64), data["weights"], data["spread"])
