"""The demo's puppet: a portrait's mesh turns, nods and blinks, its pixels follow, paint makes it somebody else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.faces.topology import OVAL

Mesh = NDArray[np.float32]
Picture = NDArray[np.uint8]

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


Points = NDArray[np.float32]


_GRID = 8  # px between the places where the bend is computed
_STIFF = 3.0  # px: how far the bend may miss a point, so that it never folds
_KNOTS = np.s_[::3]  # a third of the mesh says enough, and solves fast
_REACH = 1.9  # the bend has died away at this many face radii


def morph(picture: Picture, points: Points, moved: Points) -> Picture:
    """Warp ``picture`` (H, W, 3) so that ``points`` (k, 2) land on ``moved`` (k, 2), px.

    Far from the face nothing moves.
    """
    from scipy.interpolate import RBFInterpolator  # here: scipy is slow to import

    height, width = picture.shape[:2]
    ring = _ring(points)
    ends = np.concatenate([moved[_KNOTS], ring])
    pulls = np.concatenate([(points - moved)[_KNOTS], np.zeros_like(ring)])
    bend = RBFInterpolator(ends, pulls, kernel="thin_plate_spline", smoothing=_STIFF)
    ys, xs = np.mgrid[0 : height + _GRID : _GRID, 0 : width + _GRID : _GRID]
    places = np.stack([xs.ravel(), ys.ravel()], 1).astype(np.float32)
    inside = _falloff(places, points)
    coarse = np.zeros((len(places), 2), np.float32)
    near = inside > 0
    coarse[near] = bend(places[near]) * inside[near, None]
    field: Any = cv2.resize(coarse.reshape(*xs.shape, 2), None, fx=_GRID, fy=_GRID, interpolation=cv2.INTER_CUBIC)
    # cv2.resize puts sample centres half a cell off the grid's corners
    shift = np.array([[1, 0, -(_GRID - 1) / 2], [0, 1, -(_GRID - 1) / 2]], np.float32)
    field = cv2.warpAffine(field, shift, (width, height), borderMode=cv2.BORDER_REPLICATE)
    gy, gx = np.mgrid[0:height, 0:width].astype(np.float32)
    warped = cv2.remap(
        picture, gx + field[..., 0], gy + field[..., 1], cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REFLECT
    )
    return np.asarray(warped, np.uint8)


def _middle(points: Points) -> tuple[Points, float]:
    middle = (points.min(0) + points.max(0)) / 2
    return middle.astype(np.float32), float(np.linalg.norm(points - middle, axis=1).max())


def _ring(points: Points) -> Points:
    middle, radius = _middle(points)
    turns = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    ring = middle + _REACH * radius * np.stack([np.cos(turns), np.sin(turns)], 1)
    return ring.astype(np.float32)


def _falloff(places: Points, points: Points) -> NDArray[np.float32]:
    middle, radius = _middle(points)
    away = np.linalg.norm(places - middle, axis=1) / radius
    part = np.clip((_REACH - away) / (_REACH - 1.2), 0, 1)
    return np.asarray(part * part * (3 - 2 * part), np.float32)


_BEARD = (132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361,
          426, 391, 327, 2, 98, 165, 206)  # fmt: skip
_MOUTH = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146)
_PAINTED_BROWS = ((70, 63, 105, 66, 107, 55, 65, 52, 53, 46), (300, 293, 334, 296, 336, 285, 295, 282, 283, 276))
_EYES = ((33, 160, 158, 133, 153, 144), (263, 387, 385, 362, 380, 373))


def make_up(picture: Picture, mesh: Mesh, seed: int = 7) -> Picture:
    """Paint the face of ``picture`` (H, W, 3, sRGB) whose mesh is (468, 3) px; seeded grain for the beard."""
    size = float(np.ptp(mesh[:, 0]))
    face = _area(picture, mesh, [OVAL.tolist()], 0.05 * size)
    eyes = _area(picture, mesh, _EYES, 0.015 * size)
    mouth = _area(picture, mesh, [_MOUTH], 0.015 * size)
    skin = face * (1 - eyes) * (1 - mouth)
    beard = _area(picture, mesh, [_BEARD], 0.06 * size) * (1 - mouth) * face
    brows = _area(picture, mesh, _PAINTED_BROWS, 0.012 * size)

    lab: Any = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    light = lab[..., 0]
    lab[..., 0] = light - skin * 0.16 * light
    lab[..., 1:] *= 1 + 0.15 * skin[..., None]
    grain: Any = cv2.GaussianBlur(
        np.random.default_rng(seed).normal(size=light.shape).astype(np.float32), (0, 0), 0.006 * size
    )
    grain /= grain.std()
    lab[..., 0] -= beard * (9.0 + 1.2 * grain)
    lab[..., 1:] *= 1 - 0.3 * beard[..., None]
    lab[..., 0] -= brows * 18.0
    lab[..., 1] -= mouth * 5.0
    painted = cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)
    return np.asarray(np.clip(painted * 255 + 0.5, 0, 255), np.uint8)


def _area(picture: Picture, mesh: Mesh, outlines: Sequence[Sequence[int]], soft: float) -> NDArray[np.float32]:
    area: Any = np.zeros(picture.shape[:2], np.float32)
    for outline in outlines:
        cv2.fillPoly(area, [np.round(mesh[list(outline), :2]).astype(np.int32)], 1.0, cv2.LINE_AA)
    return np.asarray(cv2.GaussianBlur(area, (0, 0), max(soft, 0.5)), np.float32)
