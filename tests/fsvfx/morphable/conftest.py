"""Faces of the toy model whose every coefficient is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from toy_morphable import toy

from fsvfx.morphable import Placing, normals, zbuffer
from fsvfx.morphable.light import shading, to_shown
from fsvfx.morphable.placing import turned_by

SIZE = 128


@dataclass(frozen=True)
class Acted:
    """Known frames: identity (k,), placing, expression (n, e), light (n, 9, 3), albedo (v, 3); landmarks (n, 468, 3),
    crops (n, S, S, 3)."""

    identity: np.ndarray
    placing: Placing
    expression: np.ndarray
    light: np.ndarray
    albedo: np.ndarray
    landmarks: np.ndarray
    crops: np.ndarray


def acted(frames: int = 6, seed: int = 0) -> Acted:
    random, model = np.random.default_rng(seed), toy()
    identity = random.normal(0, 1, len(model.identity)).astype(np.float32)
    turns = random.uniform(-1, 1, (frames, 3)) * [0.15, 0.45, 0.15]
    turns[:, 1] = np.linspace(-0.45, 0.45, frames)
    placing = Placing(
        turned_by(turns),
        random.uniform(0.95, 1.05, frames) * 0.7 * SIZE / 18,
        SIZE / 2 + random.uniform(-3, 3, (frames, 2)),
        0.008,
    )
    expression = random.uniform(0, 0.8, (frames, len(model.names))).astype(np.float32)
    light = np.zeros((frames, 9, 3), np.float32)
    light[:, 0], light[:, 2], light[:, 3] = [1.0, 0.8, 0.7], [0.25, 0.2, 0.2], [0.2, 0.15, 0.1]
    albedo = blotched(random)
    points = model.shape(identity) + model.moved(expression)
    seen = placing.seen(points)
    crops = np.stack([rendered(*each, albedo) for each in zip(seen, placing.turned(points), light)])
    return Acted(identity, placing, expression, light, albedo, seen, crops)


def blotched(random: np.random.Generator) -> np.ndarray:
    """(468, 3) albedo with spots, of mean 1 on bare skin."""
    model = toy()
    spots = model.neutral[random.integers(0, 468, 40)]
    near = np.exp(-((model.neutral[:, None] - spots) ** 2).sum(axis=2) / 0.8)
    albedo = 1 + (near @ random.uniform(-0.3, 0.3, (40, 3)))
    return (albedo / (albedo * model.skin[:, None]).sum(axis=0) * model.skin.sum()).astype(np.float32)


def rendered(seen: np.ndarray, turned: np.ndarray, light: np.ndarray, albedo: np.ndarray) -> np.ndarray:
    """(SIZE, SIZE, 3) on grey."""
    raster = zbuffer(seen, toy().triangles, SIZE)
    at = raster.at_pixels(normals(turned, toy().triangles))
    at /= np.linalg.norm(at, axis=1, keepdims=True)
    shown = to_shown(shading(light, at) * raster.at_pixels(albedo))
    return np.clip(raster.picture(shown, np.full((SIZE, SIZE, 3), 0.3, np.float32)), 0, 1).astype(np.float32)


@pytest.fixture(scope="module")
def known() -> Acted:
    return acted()
