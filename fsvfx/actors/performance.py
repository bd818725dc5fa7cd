"""What an actor does, under which light and before which camera: everything but who it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Colour = tuple[float, float, float]

_TALK = {"jawOpen": 0.42, "mouthFunnel": 0.35, "mouthPucker": 0.3, "mouthStretch": 0.25, "mouthUpperUp": 0.3,
         "mouthLowerDown": 0.35, "mouthPress": 0.2, "mouthRollLower": 0.15}  # fmt: skip
"""What talking moves, and how far at most."""
_SINGLE = frozenset({"jawOpen", "mouthFunnel", "mouthPucker", "mouthRollLower"})
_BLINK_FRAMES = 3.0
"""Half the length of a blink."""


@dataclass(frozen=True)
class Light:
    """towards: to the light, x right, y up, z to the camera; colour: linear Rec.709, as seen on white facing it."""

    towards: Colour
    colour: Colour


@dataclass(frozen=True)
class Moment:
    """One frame of a performance.

    expression: coefficients by the FaceKit's names. yaw, pitch, roll: degrees, signs as ``faces.measures.head_pose``.
    shift: of the head, FaceKit units. lights; ambient: from above and from below. fov: degrees, of the picture's
    height; distance: of the camera, FaceKit units. background: its upper and its lower colour.
    """

    expression: Mapping[str, float] = field(default_factory=dict)
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    shift: Colour = (0.0, 0.0, 0.0)
    lights: tuple[Light, ...] = (Light((-0.5, 0.5, 0.8), (0.75, 0.72, 0.68)), Light((0.9, 0.1, 0.4), (0.2, 0.22, 0.26)))
    ambient: tuple[Colour, Colour] = ((0.28, 0.29, 0.31), (0.12, 0.11, 0.10))
    fov: float = 20.0
    distance: float = 100.0
    background: tuple[Colour, Colour] = ((0.16, 0.18, 0.21), (0.07, 0.07, 0.075))


def perform(frames: int, seed: int = 0, rate: float = 24.0) -> list[Moment]:
    """Somebody talks, smiles, blinks and looks about under a light that drifts: smooth in time, always the same."""
    random = np.random.default_rng(seed)
    time = np.arange(frames) / rate
    expressions = _expressions(random, time, rate)
    yaw, pitch, roll = (size * _wander(random, time, 0.3) for size in (26.0, 11.0, 7.0))
    moved = np.stack([_wander(random, time, 0.2) for _ in range(3)], 1) * [1.5, 1.0, 3.0]
    key = _light(random, time)
    ground = random.uniform(0.06, 0.28) * random.uniform(0.7, 1.3, 3)
    tint = (tuple(ground.tolist()), tuple((ground * 0.4).tolist()))
    fov = float(random.uniform(17.5, 21.0))
    return [
        Moment(
            expression={name: float(values[index]) for name, values in expressions.items()},
            yaw=float(yaw[index]), pitch=float(pitch[index]), roll=float(roll[index]),
            shift=tuple(moved[index].tolist()), lights=key[index], fov=fov, background=tint,
        )
        for index in range(frames)
    ]  # fmt: skip


def _expressions(random: np.random.Generator, time: NDArray[np.float64], rate: float) -> dict[str, NDArray[np.float64]]:
    found: dict[str, NDArray[np.float64]] = {}

    def both(name: str, values: NDArray[np.float64]) -> None:
        for side in ("_L", "_R"):
            found[name + side] = np.clip(values * random.uniform(0.9, 1.0), 0, None)

    speaking = _gate(random, time, 0.5)
    for name, most in _TALK.items():
        values = most * np.clip(1.3 * _wander(random, time, 2.6), 0, 1) * speaking
        if name in _SINGLE:
            found[name] = values
        else:
            both(name, values)
    both("mouthSmile", 0.75 * _gate(random, time, 0.25))
    both("cheekSquint", 0.5 * found["mouthSmile_L"])
    both("browInnerUp", 0.8 * np.clip(_wander(random, time, 0.5), 0, 1))
    both("browOuterUp", 0.7 * np.clip(_wander(random, time, 0.4), 0, 1))
    both("browDown", 0.7 * np.clip(_wander(random, time, 0.4), 0, 1))
    both("eyeBlink", 1.2 * _blinks(random, time, rate))  # past 1: wide eyes shut, too
    look = 0.5 * _wander(random, time, 0.5)
    found |= {"eyeLookIn_L": np.clip(-look, 0, 1), "eyeLookOut_R": np.clip(-look, 0, 1)}
    found |= {"eyeLookOut_L": np.clip(look, 0, 1), "eyeLookIn_R": np.clip(look, 0, 1)}
    return found


def _wander(random: np.random.Generator, time: NDArray[np.float64], rate: float) -> NDArray[np.float64]:
    """In about [-1, 1], with ``rate`` turns a second: a few sines that never meet again."""
    parts = [np.sin(2 * np.pi * (rate * random.uniform(0.4, 1.6) * time + random.uniform())) for _ in range(4)]
    return np.asarray(np.sum(parts, axis=0) / 2.2, np.float64)


def _gate(random: np.random.Generator, time: NDArray[np.float64], rate: float) -> NDArray[np.float64]:
    """On and off, softly: in [0, 1]."""
    return np.asarray(1 / (1 + np.exp(-6 * _wander(random, time, rate))), np.float64)


def _blinks(random: np.random.Generator, time: NDArray[np.float64], rate: float) -> NDArray[np.float64]:
    shut = np.zeros(len(time))
    at = random.uniform(0.3, 1.5)
    while at < (len(time) + 1) / rate:
        shut = np.maximum(shut, np.exp(-(((time - at) * rate / _BLINK_FRAMES * 2) ** 2)))
        at += random.uniform(1.2, 4.0)
    return shut


def _light(random: np.random.Generator, time: NDArray[np.float64]) -> list[tuple[Light, ...]]:
    """A key light that drifts, and a weak one from the other side."""
    side = random.choice([-1.0, 1.0])
    angle = side * random.uniform(0.2, 0.9) + 0.25 * _wander(random, time, 0.1)
    height = random.uniform(0.2, 0.7)
    warm, strength = random.uniform(-0.12, 0.12), random.uniform(0.6, 1.0)
    key = (strength * (1 + warm), strength, strength * (1 - warm))
    fill = Light((-0.9 * float(side), 0.1, 0.4), (0.16, 0.18, 0.21))
    return [(Light((float(np.sin(each)), height, float(np.cos(each))), key), fill) for each in angle]
