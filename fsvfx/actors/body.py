"""An actor's head in a moment: where every vertex is, on the stage and in the picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from fsvfx.actors.cast import Actor
from fsvfx.actors.performance import Moment
from fsvfx.morphable.facekit import Floats, eye_centre, facekit
from fsvfx.morphable.model import normals

_PIVOT = np.array([0.0, -4.0, 0.0], np.float32)
"""The head turns about the top of the neck."""
_AIM = np.array([0.0, 0.5, 0.0], np.float32)
"""What the camera looks at: the middle of the head."""
_STILL, _TURNING = -15.0, -7.0
"""The neck turns less and less from the chin (the second) down to the shoulders (the first)."""
_GAZE = 32.0
"""Degrees that an eye turns at full strength."""


@dataclass(frozen=True)
class Body:
    """points: (v, 3) on the stage (axes as the FaceKit's); normals: (v, 3), outward, unit; seen: (v, 3) picture px, z
    away from the camera in the same scale."""

    points: Floats
    normals: Floats
    seen: Floats


def posed(actor: Actor, moment: Moment, size: int) -> Body:
    """The head in a (size, size) picture. Raises InputError for an expression that there is not."""
    points = expressed(actor, moment.expression)
    points = points + _hair(actor)
    kit = facekit()
    kept = (1 - _neck())[:, None]
    turned = (points - _PIVOT) @ _rotation(moment).T.astype(np.float32) + _PIVOT
    points = turned * (1 - kept) + points * kept + np.asarray(moment.shift, np.float32)
    return Body(points, normals(points, kit.triangles), project(points, moment, size))


def expressed(actor: Actor, expression: Mapping[str, float]) -> Floats:
    """The neutral head with an expression, eyes turned: (v, 3), before it is posed. Raises InputError."""
    points = actor.shape + facekit().expressed(expression)
    for side, eye in zip("LR", facekit().eyes(), strict=True):
        points[eye] = _gazing(points[eye], actor.shape[eye], expression, side)
    return points


def project(points: Floats, moment: Moment, size: int) -> Floats:
    """(k, 3) on the stage -> (k, 3) px: x right, y down, z away from the camera; pixel centres lie at whole numbers."""
    focal = size / 2 / np.tan(np.radians(moment.fov) / 2)
    away = moment.distance - points[:, 2]
    flat = (points[:, :2] - _AIM[:2]) * np.array([1, -1]) * (focal / away)[:, None] + (size - 1) / 2
    return np.column_stack([flat, away * focal / moment.distance]).astype(np.float32)


def hairiness(actor: Actor) -> Floats:
    """(v,) how far each vertex lies above the hairline, in FaceKit units; below it: negative."""
    mean = facekit().neutral
    x, y, z = mean.T
    front = 6.2 + actor.looks.hairline
    line = np.interp(z, [-3.5, -2.2, 1.8, 2.4, 3.4, 5.5, 8.5], [-5.0, 4.6, 4.8, 2.5, 2.5, front - 1.0, front])
    ear = (np.abs(x) > 8.0) & (y < 5.0)
    return np.where(ear | (y < -6), -9.0, y - line).astype(np.float32)


def _hair(actor: Actor) -> Floats:
    """(v, 3) how far hair stands out from the scalp."""
    kit = facekit()
    depth = actor.looks.hair_depth * np.clip(hairiness(actor) / 2.5, 0, 1)
    depth[kit.part != 0] = 0
    return np.asarray(normals(actor.shape, kit.triangles) * depth[:, None], np.float32)


@lru_cache(maxsize=1)
def _neck() -> Floats:
    """(v,) how much each vertex turns with the head."""
    mean = facekit().neutral
    share = np.clip((mean[:, 1] + 0.3 * mean[:, 2] - _STILL) / (_TURNING - _STILL), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


def _rotation(moment: Moment) -> NDArray[np.float64]:
    yaw, pitch, roll = np.radians([moment.yaw, moment.pitch, moment.roll])
    return _about_z(-roll) @ _about_y(yaw) @ _about_x(-pitch)


def _gazing(eye: Floats, neutral: Floats, expression: Mapping[str, float], side: str) -> Floats:
    """The eyeball (k, 3) turned to where its coefficients look."""
    sideways = expression.get(f"eyeLookOut_{side}", 0.0) - expression.get(f"eyeLookIn_{side}", 0.0)
    up = expression.get(f"eyeLookUp_{side}", 0.0) - expression.get(f"eyeLookDown_{side}", 0.0)
    if not sideways and not up:
        return eye
    yaw, pitch = np.radians([_GAZE * sideways * (1 if side == "L" else -1), _GAZE * 0.7 * up])
    centre = eye_centre(neutral)
    turned = (eye - centre) @ (_about_y(yaw) @ _about_x(-pitch)).T + centre
    return np.asarray(turned, np.float32)


def _about_x(angle: float) -> NDArray[np.float64]:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])


def _about_y(angle: float) -> NDArray[np.float64]:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])


def _about_z(angle: float) -> NDArray[np.float64]:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
