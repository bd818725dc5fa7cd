"""Drawn faces: the canonical mesh with varied proportions, rotated, painted in varied colors. They are nobody's."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.comp.matte import hull
from fsvfx.faces import embedding, topology
from fsvfx.faces.geometry import FILL
from fsvfx.facesets import Crowd, Faceset, Gathered, crowd_in
from schemas.train import HeldOut

F32 = NDArray[np.float32]
_SHIFT = 4
"""Subpixel bits of OpenCV's drawing."""


def faceset(person: str, count: int, size: int, held_out: int) -> Faceset:
    """``count`` faces of one person; the last ``held_out`` of them are held out."""
    crops, meshes, pose = _faces(_seed(person), count, size)
    return Faceset(
        person=person,
        size=size,
        crops=crops.astype(np.float16),
        mask=_masks(meshes, size),
        landmarks=meshes,
        pose=pose,
        sharpness=np.ones(count, np.float32),
        names=("drawn",),
        footage=np.zeros(count, np.int64),
        frame=np.arange(count),
        held_out=np.arange(count) >= count - held_out,
        digest=f"{person}-{count}-{size}",
    )


def crowd(folder: Path, people: int, each: int, size: int, held_out: HeldOut) -> Crowd:
    """Its files are in ``folder``. Raises ModelError if the identity network's weights are not installed."""
    made = [_faces(1000 + one, each, size) for one in range(people)]
    crops, meshes, pose = (np.concatenate(parts) for parts in zip(*made, strict=True))
    eights = np.asarray(crops * 255 + 0.5, np.uint8)
    gathered = Gathered(
        name="drawn",
        size=size,
        people=tuple(f"drawn_{one:03d}" for one in range(people)),
        person=np.repeat(np.arange(people, dtype=np.int32), each),
        pictures=tuple(f"{number}.png" for number in range(len(crops))),
        crops=crops,
        mask=_masks(meshes, size),
        landmarks=meshes,
        pose=pose,
        sharpness=np.ones(len(crops), np.float32),
        code=embedding.vectors([embedding.chip_of(*one) for one in zip(eights, meshes, strict=True)]),
        digest=f"drawn-{people}-{each}-{size}",
    )
    return crowd_in(folder, (), [gathered], size, held_out)


def _faces(seed: int, count: int, size: int) -> tuple[F32, F32, F32]:
    """Crops (n, S, S, 3) in [0, 1], meshes (n, 468, 3) px, pose (n, 3) degrees: of one person."""
    random = np.random.default_rng(seed)
    colours = random.uniform(0.1, 0.9, (5, 3)).astype(np.float32)
    colours[0] = np.array([0.85, 0.62, 0.5]) * random.uniform(0.4, 1.1)
    proportions = random.uniform(0.88, 1.12, 3).astype(np.float32)
    crops, meshes, poses = [], [], []
    for _ in range(count):
        yaw, pitch, opening = random.uniform(-25, 25), random.uniform(-12, 12), random.uniform(0, 1.5)
        mesh = _mesh(proportions, yaw, pitch, opening, size)
        crops.append(_painted(mesh, colours, random.uniform(0.7, 1.1), size))
        meshes.append(mesh)
        poses.append((yaw, pitch, 0.0))
    return np.stack(crops), np.stack(meshes), np.array(poses, np.float32)


def _mesh(proportions: F32, yaw: float, pitch: float, opening: float, size: int) -> F32:
    points = topology.CANONICAL * proportions
    inner = points[topology.LIPS_INNER]
    points[topology.LIPS_INNER, 1] += np.sign(inner[:, 1] - inner[:, 1].mean()) * opening / 2
    y, p = np.radians([yaw, pitch])
    turn = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    nod = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    turned = points @ (nod @ turn).T * np.array([1.0, -1.0, -1.0])
    low, high = turned.min(0), turned.max(0)
    placed = (turned - (low + high) / 2) / np.ptp(turned[:, 1]) * FILL * size
    return np.asarray(placed + np.array([(size - 1) / 2, (size - 1) / 2, 0]), np.float32)


def _painted(mesh: F32, colours: F32, light: float, size: int) -> F32:
    skin, lips, brows, irises, behind = colours
    picture = np.ones((size, size, 3)) * behind * np.linspace(0.7, 1, size)[:, None, None]
    cheek = np.clip(1.1 - 0.5 * np.abs(np.arange(size) / size - 0.5), 0, 1)[None, :, None]
    _fill(picture, mesh[topology.OVAL], skin)
    inside = hull(mesh, size)[..., None]
    picture = picture * (1 - inside) + picture * inside * cheek
    _fill(picture, mesh[topology.LIPS_OUTER], lips * np.array([1, 0.5, 0.5]))
    _fill(picture, mesh[topology.LIPS_INNER], np.array([0.15, 0.05, 0.05]))
    for brow, eye in ((topology.RIGHT_BROW, topology.RIGHT_EYE), (topology.LEFT_BROW, topology.LEFT_EYE)):
        _fill(picture, mesh[brow], brows * 0.5)
        _fill(picture, mesh[eye], np.array([0.95, 0.95, 0.95]))
        middle, reach = mesh[eye, :2].mean(0), np.ptp(mesh[eye, 1]) / 2
        turns = np.linspace(0, 2 * np.pi, 16, endpoint=False)
        _fill(picture, middle + reach * np.stack([np.cos(turns), np.sin(turns)], 1), irises * 0.6)
    nose = mesh[[6, 48, topology.NOSE_BASE, 278]]
    _fill(picture, nose, skin * 0.85)
    soft = cv2.GaussianBlur(picture * light, (0, 0), size / 200)
    return np.asarray(soft.clip(0, 1), np.float32)


def _fill(picture: NDArray[np.float64], points: NDArray[np.floating], colour: NDArray[np.floating]) -> None:
    corners = np.rint(points[:, :2] * (1 << _SHIFT)).astype(np.int32)
    cv2.fillPoly(picture, [corners], colour.tolist(), cv2.LINE_8, _SHIFT)


def _masks(meshes: F32, size: int) -> NDArray[np.uint8]:
    return np.stack([np.rint(hull(mesh, size) * 255).astype(np.uint8) for mesh in meshes])


def _seed(person: str) -> int:
    return sum(map(ord, person))
