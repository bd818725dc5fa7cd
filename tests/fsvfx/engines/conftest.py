"""Made-up faces: the canonical mesh, turned and with moved lips, on a smooth random picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from toy_open_models import Quarters

from fsvfx.engines.anyone import likeness, open_model
from fsvfx.engines.contract import FaceBatch, Identity
from fsvfx.faces.topology import CANONICAL, LIPS_INNER

Mesh = NDArray[np.float32]


def made_mesh(
    size: int = 128, yaw: float = 0, pitch: float = 0, opening: float = 0, shift: tuple[float, float] = (0, 0)
) -> Mesh:
    """(468, 3) px; ``opening``: how far the lips part, in cm."""
    points = CANONICAL.astype(np.float64).copy()
    ring = points[LIPS_INNER]
    points[LIPS_INNER, 1] += np.sign(ring[:, 1] - ring[:, 1].mean()) * opening / 2
    y, p = np.radians([yaw, pitch])
    turn = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    nod = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    points = points @ (nod @ turn).T * np.array([1, -1, -1]) * 0.7 * size / np.ptp(CANONICAL[:, 1])
    return (points + np.array([size / 2 + shift[0], size / 2 + shift[1], 0])).astype(np.float32)


def made_picture(
    size: int = 128, seed: int = 0, tint: tuple[float, float, float] = (0.6, 0.45, 0.4)
) -> NDArray[np.float32]:
    """(size, size, 3) in [0, 1]: skin-coloured blotches."""
    noise = np.random.default_rng(seed).standard_normal((size, size, 3)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), size / 40)
    return np.clip(np.array(tint, np.float32) + 0.1 * smooth / smooth.std(), 0.02, 0.98).astype(np.float32)


def made_batch(pictures: list[Any], meshes: list[Mesh], first: int = 1001) -> FaceBatch:
    return FaceBatch(np.stack(pictures), np.stack(meshes), tuple(range(first, first + len(meshes))))


def made_identity(pictures: list[Any], meshes: list[Mesh]) -> Identity:
    batch = made_batch(pictures, meshes)
    return Identity("lead", batch.crops, batch.landmarks, np.ones(len(meshes), np.float32))


@pytest.fixture(scope="session")
def mesh() -> Callable[..., Mesh]:
    return made_mesh


@pytest.fixture(scope="session")
def picture() -> Callable[..., NDArray[np.float32]]:
    return made_picture


@pytest.fixture(scope="session")
def batch() -> Callable[..., FaceBatch]:
    return made_batch


@pytest.fixture(scope="session")
def identity() -> Callable[..., Identity]:
    return made_identity


@pytest.fixture
def quarters(monkeypatch: pytest.MonkeyPatch) -> None:
    """The identity network of small models is the toy's."""
    for module in (open_model, likeness):
        monkeypatch.setattr(module, "network", lambda name: Quarters())
