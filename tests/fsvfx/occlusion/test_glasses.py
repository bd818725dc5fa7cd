"""Glasses drawn on made-up faces; and faces without any."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from fsvfx.faces.raster import rasterise
from fsvfx.faces.topology import (
    CANONICAL,
    LEFT_BROW,
    LEFT_EYE,
    LIPS_OUTER,
    RIGHT_BROW,
    RIGHT_EYE,
    TRIANGLES,
)  # fmt: skip
from fsvfx.occlusion.glasses import find

SIZE = 256
Points = NDArray[np.float32]


def mesh(yaw: float = 0) -> Points:
    y = np.radians(yaw)
    turn = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    scale = 0.7 * SIZE / np.ptp(CANONICAL[:, 1])
    points = CANONICAL @ turn.T * np.array([1, -1, -1]) * scale
    return (points + np.array([SIZE / 2, SIZE / 2, 0])).astype(np.float32)


def face(points: Points, seed: int, skin: float = 0.6) -> Points:
    """Skin with blotches, eyes, brows, lips and the folds of a frown."""
    noise = np.random.default_rng(seed).standard_normal((SIZE, SIZE, 1)).astype(np.float32)
    blotches = cv2.GaussianBlur(noise, (0, 0), 6)[..., None]
    picture = np.array([1, 0.78, 0.66], np.float32) * (skin + 0.04 * blotches / blotches.std())
    for ring, tone in ((LEFT_BROW, 0.2), (RIGHT_BROW, 0.2), (LEFT_EYE, 0.35), (RIGHT_EYE, 0.35), (LIPS_OUTER, 0.4)):
        cv2.fillPoly(picture, [points[ring, :2].astype(np.int32)], (tone, tone * 0.8, tone * 0.7), cv2.LINE_AA)
    x, y = points[9, :2].astype(int)
    for side in (-3, 3):
        cv2.line(picture, (x + side, y - 6), (x + side, y + 8), (0.45, 0.35, 0.3), 1, cv2.LINE_AA)
    return picture.clip(0, 1).astype(np.float32)


def glasses(picture: Points, points: Points, shape: str, tone: float) -> NDArray[np.uint8]:
    """Drawn into ``picture``; gives where."""
    where = np.zeros((SIZE, SIZE), np.uint8)
    cm = 0.7 * SIZE / np.ptp(CANONICAL[:, 1])
    inner = []
    for ring in (RIGHT_EYE, LEFT_EYE):
        eye = points[ring, :2].mean(axis=0)
        side = np.sign(eye[0] - points[6, 0])
        middle = eye + np.array([0.3 * side, 0.5]) * cm
        half = np.array([2.5, 1.8 if shape == "round" else 1.5]) * cm
        if shape == "round":
            cv2.ellipse(where, tuple(middle.astype(int)), tuple(half.astype(int)), 0, 0, 360, 1, 2)
        else:
            low, high = (middle - half).astype(int), (middle + half).astype(int)
            cv2.rectangle(where, tuple(low.tolist()), tuple(high.tolist()), 1, 2)
        inner.append((int(middle[0] - side * half[0]), int(middle[1] - 0.4 * cm)))
    cv2.line(where, inner[0], inner[1], 1, 2)
    picture[where > 0] = tone
    return where


@pytest.mark.parametrize("tone", [0.05, 0.2, 0.95])
@pytest.mark.parametrize("shape", ["round", "square"])
def test_frames_are_covered_whole(shape: str, tone: float) -> None:
    meshes = [mesh(yaw) for yaw in (-12, -6, 0, 6, 12)]
    pictures = [face(points, seed) for seed, points in enumerate(meshes)]
    drawn = [glasses(*pair, shape, tone) for pair in zip(pictures, meshes, strict=True)]
    worn = find(pictures, meshes)
    assert worn is not None
    covered = worn.on(rasterise(meshes[2], TRIANGLES, SIZE))
    assert covered[drawn[2] > 0].mean() > 0.85
    assert covered.sum() < 0.35 * rasterise(meshes[2], TRIANGLES, SIZE).coverage.sum()
    x, y = meshes[2][[1, 17, 199], :2].round().astype(int).T
    assert covered[y, x].max() < 0.05, "nose tip, lips and chin are the face's"


@pytest.mark.parametrize("skin", [0.2, 0.4, 0.6, 0.9])
@pytest.mark.parametrize("seed", [0, 10, 20])
def test_bare_faces_wear_none(skin: float, seed: int) -> None:
    meshes = [mesh(yaw) for yaw in (-12, -6, 0, 6, 12)]
    assert find([face(points, seed + k, skin) for k, points in enumerate(meshes)], meshes) is None


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_frames_do_not_tell(count: int) -> None:
    pictures, meshes = [face(mesh(), 0) for _ in range(count)], [mesh()] * count
    for picture in pictures:
        glasses(picture, mesh(), "round", 0.05)
    assert find(pictures, meshes) is None


@pytest.mark.parametrize("yaw", [-60, -35, 35, 60])
def test_profiles_do_not_tell(yaw: float) -> None:
    pictures = [face(mesh(yaw), k) for k in range(5)]
    for picture in pictures:
        glasses(picture, mesh(yaw), "round", 0.05)
    assert find(pictures, [mesh(yaw)] * 5) is None
