"""Which references suit a frame: by pose, expression and light, without memory, so that chunks agree."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fsvfx.engines.mesh.raster import Floats
from fsvfx.engines.mesh.regions import face_length
from fsvfx.faces.measures import expression
from fsvfx.faces.pose import head_pose

_UNITS = np.array([10.0, 10.0, 0.15, 0.12, 0.12, 0.12, 0.03, 0.25, 0.25], np.float32)
"""What counts as one step of: yaw, pitch (degrees), mouth opening and width, eyes, brows, light."""
_SOFT = 0.35
"""Distance below which a closer match counts no more: keeps weights calm under landmark noise."""


def measures(crop: Floats, mesh: Floats) -> Floats:
    """(9,) what a face shows, in steps that matter: yaw, pitch, mouth opening and width, lids, brows, light."""
    yaw, pitch, _ = head_pose(mesh)
    face = expression(mesh)
    brows = (_gap(mesh, 105, 159) + _gap(mesh, 334, 386)) / 2 / face_length(mesh)
    known = (yaw, pitch, face.mouth, face.mouth_width, face.right_eye, face.left_eye, brows)
    shown = np.array([*known, *_light(crop, mesh)], np.float32)
    return np.asarray(shown / _UNITS, np.float32)


def weights(target: Floats, references: Floats, quality: Floats, *, most: int) -> tuple[NDArray[np.int64], Floats]:
    """Indices of at most ``most`` references and their weights (sum 1).

    target: (d,) measures; references: (m, d); quality: (m,) how good each picture is, 0..1.
    The weight of a reference falls to nothing where the next one takes its place, so that
    the blend is a continuous function of the measures and nothing pops.
    """
    squares = ((references - target) ** 2).sum(1) + _SOFT**2
    worth = quality / squares
    order = np.argsort(-worth, kind="stable")
    chosen = order[:most]
    floor = float(worth[order[most]]) if len(order) > most else 0.0
    raw = worth[chosen] - floor
    if raw.sum() <= 0:
        raw = np.ones_like(raw)
    return chosen, np.asarray(raw / raw.sum(), np.float32)


def _gap(mesh: Floats, a: int, b: int) -> float:
    return float(np.linalg.norm(mesh[a] - mesh[b]))


def _light(crop: Floats, mesh: Floats) -> tuple[float, float]:
    """Where the light comes from: relative luminance difference left-right and forehead-chin, on bare skin."""
    left, right, top, low = (_patch(crop, mesh, where) for where in ([50, 101], [280, 330], [9, 151], [200, 18]))
    return (left - right) / (left + right + 1e-3), (top - low) / (top + low + 1e-3)


def _patch(crop: Floats, mesh: Floats, around: list[int]) -> float:
    x, y = mesh[around, :2].mean(0)
    reach = max(int(0.06 * face_length(mesh)), 1)
    height, width = crop.shape[:2]
    col, row = int(np.clip(x, reach, width - reach - 1)), int(np.clip(y, reach, height - reach - 1))
    patch = crop[row - reach : row + reach + 1, col - reach : col + reach + 1]
    return float(patch.mean())
