"""A portrait's face mesh in motion: turns, nods, blinks. Points in, points out; ``morph`` moves the pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Mesh = NDArray[np.float32]

# FaceMesh vertices, corner to corner: upper and lower lids, brows, jaw, nose wings, lips
_LIDS = (
    ((33, 246, 161, 160, 159, 158, 157, 173, 133), (33, 7, 163, 144, 145, 153, 154, 155, 133)),
    ((263, 466, 388, 387, 386, 385, 384, 398, 362), (263, 249, 390, 373, 374, 380, 381, 382, 362)),
)
_JAW = (58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288)
_CHIN = (176, 148, 152, 377, 400, 175, 171, 396, 199, 208, 428)
_NOSE = (48, 64, 98, 97, 2, 326, 327, 294, 278, 219, 439, 115, 344, 102, 331, 49, 279)
_NOSE_TIP = (1, 4, 5, 44, 274, 45, 275, 19, 94)
_BROWS = (70, 63, 105, 66, 107, 46, 53, 52, 65, 55, 300, 293, 334, 296, 336, 276, 283, 282, 295, 285)
_LIPS = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 146, 91, 181, 84, 17, 314, 405, 321, 375)


@dataclass(frozen=True)
class Pose:
    """What the puppet does in one frame. Angles in degrees; ``blink`` 0 (open) to 1 (shut)."""

    yaw: float = 0.0
    pitch: float = 0.0
    blink: float = 0.0


def perform(mesh: Mesh, pose: Pose) -> Mesh:
    """The mesh (468, 3), px, in ``pose``."""
    return _turn(_blink(mesh, pose.blink), pose)


def _turn(mesh: Mesh, pose: Pose) -> Mesh:
    yaw, pitch = np.deg2rad([pose.yaw, pose.pitch])
    about_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    pivot = mesh.mean(0) + np.array([0, 0, 0.5 * np.ptp(mesh[:, 0])])  # inside the head, behind the face
    turned: Mesh = ((mesh - pivot) @ (about_x @ about_y).T + pivot).astype(np.float32)
    return turned


def _blink(mesh: Mesh, amount: float) -> Mesh:
    shut = mesh.copy()
    for upper, lower in _LIDS:
        shut[list(upper)] += 0.9 * amount * (mesh[list(lower)] - mesh[list(upper)])
    return shut


def somebody_else(mesh: Mesh) -> Mesh:
    """The proportions of a face that nobody has: heavier jaw and brows, broader nose, other lips."""
    other = mesh.copy()
    width = float(np.ptp(mesh[:, 0]))
    middle = mesh.mean(0)

    def spread(points: tuple[int, ...], across: float, down: float = 0.0) -> None:
        about = mesh[list(points)].mean(0)[0]
        other[list(points), 0] += across * (mesh[list(points), 0] - about)
        other[list(points), 1] += down * width

    spread(_JAW, 0.07)
    spread(_CHIN, 0.10, 0.035)
    spread(_NOSE, 0.20, 0.015)
    spread(_NOSE_TIP, 0.15, 0.02)
    spread(_LIPS, -0.08, 0.012)
    spread(_BROWS, 0.03, 0.02)
    for upper, lower in _LIDS:
        both = list({*upper, *lower})
        centre = mesh[both].mean(0)
        other[both, 1] += -0.12 * (mesh[both, 1] - centre[1])
        other[both, 0] += 0.012 * width * np.sign(centre[0] - middle[0])
    return other
