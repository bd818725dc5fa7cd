"""Facesets out of nothing: plain pictures with a face mesh in them, some of them held out."""

from __future__ import annotations

import numpy as np

from fsvfx.comp.matte import hull
from fsvfx.faces import topology
from fsvfx.faces.geometry import FILL
from fsvfx.facesets.faceset import Faceset


def frontal(size: int) -> np.ndarray:
    """The canonical mesh (468, 3) as it lies in an aligned crop."""
    flat = topology.CANONICAL * np.array([1.0, -1.0, -1.0])
    low, high = flat.min(axis=0), flat.max(axis=0)
    placed = (flat - (low + high) / 2) / (high - low)[:2].max() * FILL
    middle = np.array([0.5, 0.5, 0])
    return np.asarray((placed + middle) * size - middle, np.float32)


def faceset(person: str = "lead", count: int = 12, size: int = 64, held_out: int = 0, seed: int = 0) -> Faceset:
    """Noise, smooth enough to be resampled; the last ``held_out`` of the faces are held out, and are white."""
    random = np.random.default_rng(seed)
    coarse = random.random((count, 8, 8, 3))
    crops = np.kron(coarse, np.ones((1, size // 8, size // 8, 1))).astype(np.float16)
    out = np.arange(count) >= count - held_out
    crops[out] = 1
    landmarks = np.repeat(frontal(size)[None], count, axis=0)
    mask = np.rint(hull(landmarks[0], size) * 255).astype(np.uint8)
    return Faceset(
        person=person,
        size=size,
        crops=crops,
        mask=np.repeat(mask[None], count, axis=0),
        landmarks=landmarks,
        pose=np.zeros((count, 3), np.float32),
        sharpness=np.linspace(0.1, 0.2, count, dtype=np.float32),
        names=(f"{person}_talk",),
        footage=np.zeros(count, np.int64),
        frame=np.arange(1001, 1001 + count),
        held_out=out,
        digest=f"{person}-{count}-{size}-{held_out}-{seed}",
    )
