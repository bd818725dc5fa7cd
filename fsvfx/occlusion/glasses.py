"""Glasses: a thin line across the bridge of the nose that stays in place on the face; around the eyes, their rims.

No network: thin dark or bright lines of the flattened face (black and white top hats), median over time. Skin has none
across the bridge between the eyes. If there is one, each lens is the best closed line around its eye.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.faces import topology
from fsvfx.faces.measures import head_pose
from fsvfx.faces.raster import Raster, rasterise, remap_points

Floats = NDArray[np.float32]

_FLAT = 256
"""The side of the flattened face, px."""
_PIXELS = 0.94 * _FLAT / float(np.ptp(topology.CANONICAL[:, :2], axis=0).max())
"""Per cm of the canonical face."""
_THIN = 0.22
"""Half the maximum width of a thin line, cm."""
_BRIDGE = (-1.4, 1.3, 0.75)
"""Possible position of a bridge: range above and below the eyes, and on each side of the nose, cm."""
_LEAST = 4.0
"""Lab lightness by which nearly all of a bridge's line stands out. In clips without glasses it is at most 0.1."""
_DARK_OR_BRIGHT = (cv2.MORPH_BLACKHAT, cv2.MORPH_TOPHAT)
_TURNED = 25.0
"""Degrees of yaw beyond which the bridge is not visible from the front."""
_FEWEST = 3
"""Minimum number of frontal frames."""
_SIZES = np.arange(0.65, 1.5, 0.025)
"""Sizes of a rim, relative to the usual lens's."""
_LOW, _APART = 0.7, 0.4
"""Offset of the lenses' centers from the eyes', downward and outward, cm."""
_ANGLES = 72
_USUAL = (2.7, 1.75)
"""A usual lens: half its width and height, cm."""
_UNUSUAL = 0.3
"""The penalty at twice that size, relative to the bridge's strength."""
_FRAME = 0.22
"""Maximum extent of a frame beyond its line, cm."""
_SOFT = 0.06
"""Sigma of the matte's edge, cm."""


@dataclass(frozen=True)
class Glasses:
    """area: (_FLAT, _FLAT) in [0, 1], the area of the flattened face covered by lenses, rims, bridge and temples."""

    area: Floats

    def on(self, raster: Raster) -> Floats:
        """The same on a face in a crop, (size, size)."""
        places = raster.at_pixels(_vertices()[:, :2])
        return raster.planes(remap_points(self.area[..., None], places))[0].clip(0, 1)


def find(crops: Sequence[Floats], meshes: Sequence[Floats]) -> Glasses | None:
    """The glasses on one face in display crops (S, S, 3) with meshes (468, 3); None if it wears none.

    Strongly turned faces are ignored; with fewer than three others the result is None.
    """
    front = [k for k, mesh in enumerate(meshes) if abs(head_pose(mesh)[0]) < _TURNED]
    if len(front) < _FEWEST:
        return None
    flat = np.asarray(np.median([_laid(crops[k], meshes[k]) for k in front], axis=0), np.float32)
    lines = [_thin(flat, how) for how in _DARK_OR_BRIGHT]
    strength, line = max((_across(each) for each in lines), key=lambda found: found[0])
    if strength < _LEAST:
        return None
    return Glasses(_area(np.minimum(np.maximum(*lines) / np.float32(strength), 1), line))


def bridge(picture: Floats, mesh: Floats) -> Floats:
    """(k,): the lightness, 0..100, around the bridge of the nose in a crop (S, S, 3)."""
    return _lightness(picture, _about_bridge(), mesh)


def is_bridged(seen: Sequence[tuple[Floats, Floats]]) -> bool:
    """Whether a line crosses the bridge of the nose, by the meshes and the ``bridge`` of some frames.

    If not, ``find`` returns None.
    """
    front = [lightness for mesh, lightness in seen if abs(head_pose(mesh)[0]) < _TURNED]
    if len(front) < _FEWEST:
        return False
    flat = _picture(_about_bridge(), np.asarray(np.median(front, axis=0), np.float32))
    return max(_across(_thin(flat, how))[0] for how in _DARK_OR_BRIGHT) >= _LEAST


def _laid(picture: Floats, mesh: Floats) -> Floats:
    """The lightness of the flattened face, 0..100."""
    return _picture(_raster(), _lightness(picture, _raster(), mesh))


def _lightness(picture: Floats, raster: Raster, mesh: Floats) -> Floats:
    """The lightness of the flattened face's pixels in ``raster``."""
    colours = np.clip(raster.sample(picture, mesh), 0, 1)
    return np.asarray(cv2.cvtColor(colours[None], cv2.COLOR_RGB2LAB), np.float32)[0, :, 0]


def _picture(raster: Raster, values: Floats) -> Floats:
    return raster.planes(values[:, None])[0]


def _thin(flat: Floats, how: int) -> Floats:
    side = 2 * round(_THIN * _PIXELS) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return np.asarray(cv2.morphologyEx(cv2.GaussianBlur(flat, (0, 0), 0.8), how, kernel), np.float32)


def _across(lines: Floats) -> tuple[float, Floats]:
    """The strength of the line across the bridge of the nose, and its points (k, 2) x, y."""
    above, below, beside = (each * _PIXELS for each in _BRIDGE)
    x, y = float(_vertices()[6, 0]), float(_eyes()[:, 1].mean())
    left, top = round(x - beside), round(y + above)
    part = lines[top : round(y + below), left : round(x + beside) + 1]
    path = _best_path(part)
    strength = float(np.percentile(part[path, np.arange(part.shape[1])], 20))
    return strength, np.column_stack([np.arange(part.shape[1]) + left, path + top]).astype(np.float32)


def _best_path(worth: Floats, reach: int = 1) -> NDArray[np.int64]:
    """(columns,) rows of the best path from left to right; ``reach``: maximum rows up or down per column."""
    total, steps = worth[:, 0].copy(), []
    for column in worth.T[1:]:
        padded = np.pad(total, reach, constant_values=-np.inf)
        moves = np.stack([padded[k : k + len(total)] for k in range(2 * reach + 1)])
        steps.append(moves.argmax(axis=0) - reach)
        total = column + moves.max(axis=0)
    path = [int(total.argmax())]
    for step in reversed(steps):
        path.append(path[-1] + int(step[path[-1]]))
    return np.array(path[::-1])


def _area(lines: Floats, bridge: Floats) -> Floats:
    mask = np.zeros((_FLAT, _FLAT), np.uint8)
    width = max(1, round(2 * _FRAME * _PIXELS))
    cv2.polylines(mask, [np.round(bridge).astype(np.int32)], isClosed=False, color=1, thickness=width)
    for eye in _eyes():
        rim = _rim(lines, eye)
        cv2.fillPoly(mask, [rim], 1)
        cv2.polylines(mask, [rim], isClosed=True, color=1, thickness=width)
        outward = np.sign(eye[0] - _vertices()[6, 0])
        hinge = rim[np.argmax(outward * rim[:, 0] - 0.5 * np.abs(rim[:, 1] - eye[1]))]
        end = (int(np.clip(hinge[0] + outward * _FLAT, 0, _FLAT - 1)), int(hinge[1]))
        cv2.line(mask, (int(hinge[0]), int(hinge[1])), end, 1, width)
    return np.asarray(cv2.GaussianBlur(mask.astype(np.float32), (0, 0), _SOFT * _PIXELS), np.float32)


def _rim(lines: Floats, eye: Floats) -> NDArray[np.int32]:
    """(_ANGLES, 2) points of the best closed line around ``eye`` (2,), px."""
    angles = np.linspace(0, 2 * np.pi, _ANGLES, endpoint=False)
    lens = np.stack([np.cos(angles), np.sin(angles)], 1) * _USUAL
    outward = np.sign(eye[0] - _vertices()[6, 0])
    middle = eye + np.array([outward * _APART, _LOW]) * _PIXELS
    points = (middle + lens * _PIXELS * _SIZES[:, None, None]).astype(np.float32)
    worth = remap_points(lines[..., None], points.reshape(-1, 2)).reshape(points.shape[:2])
    worth = worth - np.float32(_UNUSUAL) * np.abs(_SIZES[:, None] - 1)
    other_side = (points[..., 0] - _vertices()[6, 0]) * outward < 0.2 * _PIXELS
    worth = np.where(other_side, -1, worth)
    twice = _best_path(np.asarray(np.tile(worth, 2), np.float32), reach=2)
    path = np.roll(twice[_ANGLES // 2 : _ANGLES // 2 + _ANGLES], _ANGLES // 2)
    return np.round(points[path, np.arange(_ANGLES)]).astype(np.int32)


@lru_cache(maxsize=1)
def _vertices() -> Floats:
    """The canonical mesh seen from the front, in px of the flattened face."""
    plane = topology.CANONICAL * np.array([1, -1, -1], np.float32)
    middle = (plane[:, :2].min(axis=0) + plane[:, :2].max(axis=0)) / 2
    plane = plane * np.float32(_PIXELS)
    plane[:, :2] += _FLAT / 2 - 0.5 - middle * _PIXELS
    return np.asarray(plane, np.float32)


@lru_cache(maxsize=1)
def _raster() -> Raster:
    return rasterise(_vertices(), topology.TRIANGLES, _FLAT)


@lru_cache(maxsize=1)
def _about_bridge() -> Raster:
    """The possible position of a bridge, plus the surroundings needed to detect thin lines."""
    above, below, beside = (each * _PIXELS for each in _BRIDGE)
    around = 4 * _THIN * _PIXELS + 4
    y, x = np.divmod(_raster().pixels, _FLAT)
    across, down = np.abs(x - _vertices()[6, 0]), y - _eyes()[:, 1].mean()
    return _raster().only((across < beside + around) & (down > above - around) & (down < below + around))


@lru_cache(maxsize=1)
def _eyes() -> Floats:
    """(2, 2): the eyes' centers in the flattened face."""
    return np.stack([_vertices()[ring, :2].mean(axis=0) for ring in (topology.RIGHT_EYE, topology.LEFT_EYE)])
