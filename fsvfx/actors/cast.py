"""Who an actor is: the shape of the head, and how it is coloured; all from a name."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from fsvfx.morphable.facekit import Floats, facekit

_SPREAD = 1.25
"""How far actors lie from the mean head, in standard deviations of the FaceKit's people."""
_SKIN = np.array([[0.64, 0.40, 0.30], [0.46, 0.26, 0.17], [0.24, 0.125, 0.075], [0.10, 0.052, 0.034]])
"""Albedo by melanin, from none to much; linear Rec.709."""
_HAIR = np.array([[0.018, 0.014, 0.012], [0.06, 0.032, 0.018], [0.15, 0.075, 0.032], [0.42, 0.29, 0.14]])
_EYES = np.array([[0.035, 0.018, 0.008], [0.10, 0.055, 0.02], [0.10, 0.13, 0.06], [0.12, 0.20, 0.30]])


@dataclass(frozen=True)
class Looks:
    """What paints an actor. Colours: albedo (3,), linear Rec.709. Shares lie in [0, 1].

    hairline: height above the brows, in FaceKit units. brow_weight: of the mean's. brow_height: above it.
    seed: of the fine texture.
    """

    skin: Floats
    lips: Floats
    hair: Floats
    brows: Floats
    iris: Floats
    cloth: Floats
    hairline: float
    hair_depth: float
    brow_weight: float
    brow_height: float
    beard: float
    freckles: float
    flush: float
    seed: int


@dataclass(frozen=True, eq=False)
class Actor:
    """A person whom nobody is. shape: (v, 3) the neutral head."""

    name: str
    shape: Floats
    looks: Looks


@lru_cache(maxsize=32)
def actor(name: str) -> Actor:
    """The actor of that name: always the same. Raises ModelError where the FaceKit is absent."""
    kit = facekit()
    random = np.random.default_rng(zlib.crc32(name.encode()))
    coefficients = np.clip(random.normal(0, _SPREAD, len(kit.identity)), -2.6, 2.6).astype(np.float32)
    shape = kit.neutral + np.tensordot(coefficients, kit.identity, 1)
    return Actor(name, np.asarray(shape, np.float32), _looks(random))


def _looks(random: np.random.Generator) -> Looks:
    melanin = random.uniform(0, 1)
    skin = _along(_SKIN, melanin)
    skin = skin * random.uniform(0.92, 1.08, 3).astype(np.float32)
    hair = _along(_HAIR, random.uniform(0, 1 - 0.85 * melanin))
    redness = random.uniform(0.35, 0.8)
    lips = skin * np.array([1.0, 1 - 0.55 * redness, 1 - 0.45 * redness], np.float32) * random.uniform(0.75, 1.05)
    return Looks(
        skin=skin,
        lips=np.asarray(lips, np.float32),
        hair=hair,
        brows=np.asarray(np.minimum(hair * 0.8, 0.5 * skin), np.float32),
        iris=_along(_EYES, random.uniform(0, 1 - 0.8 * melanin)),
        cloth=random.uniform(0.02, 0.35, 3).astype(np.float32),
        hairline=float(random.uniform(2.6, 5.2)),
        hair_depth=float(random.uniform(0.3, 1.3)),
        brow_weight=float(random.uniform(0.6, 1.6)),
        brow_height=float(random.uniform(-0.25, 0.35)),
        beard=float(max(0.0, random.uniform(-0.8, 0.9))),
        freckles=float(max(0.0, random.uniform(-0.6, 1.0))),
        flush=float(random.uniform(0.2, 1.0)),
        seed=int(random.integers(2**31)),
    )


def _along(colours: NDArray[np.float64], share: float) -> Floats:
    """Between the colours of a list, in log: evenly to the eye."""
    places = np.linspace(0, 1, len(colours))
    logs = np.log(colours)
    return np.exp([np.interp(share, places, logs[:, channel]) for channel in range(3)]).astype(np.float32)
