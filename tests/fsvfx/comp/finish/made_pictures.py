"""Pictures to finish, made here."""

from __future__ import annotations

import cv2
import numpy as np

from fsvfx.faces import topology
from fsvfx.faces.geometry import FILL


def scene(size: int = 192, seed: int = 1) -> np.ndarray:
    """(size, size, 3) float32 display light in [0.1, 0.9]: shapes with sharp edges on a graded ground."""
    rng = np.random.default_rng(seed)
    times = 4  # edges without stairs
    large = np.linspace(0.3, 0.6, size * times, dtype=np.float32)[None, :, None].repeat(size * times, 0).repeat(3, 2)
    for _ in range(40):
        middle = tuple(int(value) for value in rng.integers(0, size * times, 2))
        axes = tuple(int(value) for value in rng.integers(size * times // 40, size * times // 8, 2))
        tone = tuple(float(value) for value in rng.uniform(0.1, 0.9, 3))
        cv2.ellipse(large, middle, axes, float(rng.uniform(0, 180)), 0, 360, tone, -1)
    return cv2.resize(large, (size, size), interpolation=cv2.INTER_AREA)


def disc(size: int = 192, radius: float = 0.42) -> np.ndarray:
    """(size, size) float32: 1 in a disc, soft over a few pixels, 0 around."""
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    return np.clip((radius * size - np.hypot(x, y)) / 6 + 0.5, 0, 1).astype(np.float32)


def face(size: int) -> np.ndarray:
    """(468, 2) landmarks of a face from the front, as they lie in a (size, size) crop."""
    flat = topology.CANONICAL[:, :2] * np.array([1.0, -1.0])
    low, high = flat.min(axis=0), flat.max(axis=0)
    return ((flat - (low + high) / 2) / (high - low).max() * FILL + 0.5) * size - 0.5


def grain(shape: tuple[int, int], deviation: float, size: float, seed: int = 5) -> np.ndarray:
    """(h, w, 3) float32: white noise through a Gaussian of sigma ``size``, of that standard deviation."""
    noise = np.random.default_rng(seed).normal(size=(*shape, 3)).astype(np.float32)
    if size:
        noise = cv2.GaussianBlur(noise, (0, 0), size, borderType=cv2.BORDER_REFLECT_101)
    return noise * np.float32(deviation) / noise.std()


def along(picture: np.ndarray, step: int) -> float:
    """Autocorrelation across, at ``step`` px."""
    off = picture - picture.mean(axis=(0, 1))
    return float((off[:, step:] * off[:, :-step]).mean() / (off * off).mean())
