"""What colours an actor: albedo of skin, lips, brows, beard and hair, as a picture about the head."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.actors.cast import Actor, Looks
from fsvfx.morphable.facekit import Floats, facekit

WIDTH, HEIGHT = 1536, 1024
_LOW, _HIGH = -20.0, 15.0
_AXIS = 0.5
"""z of the upright axis about which the head is unrolled."""
_BROWS = ((17, 18, 19, 20, 21), (22, 23, 24, 25, 26))
_LIPS_OUTER = tuple(range(48, 60))
_EYES = (tuple(range(36, 42)), tuple(range(42, 48)))


@dataclass(frozen=True)
class Skin:
    """The head unrolled, (HEIGHT, WIDTH): albedo (.., 3), linear Rec.709; gloss in [0, 1]; noise of deviation 1."""

    albedo: Floats
    gloss: Floats
    noise: Floats


@lru_cache(maxsize=1)
def places() -> Floats:
    """(v, 2) where each vertex lies in the unrolled head, px."""
    x, y, z = facekit().neutral.T
    around = np.arctan2(x, z - _AXIS) / (2 * np.pi) + 0.5
    return np.column_stack([around * WIDTH, (_HIGH - y) / (_HIGH - _LOW) * HEIGHT]).astype(np.float32)


@lru_cache(maxsize=6)
def skin(actor: Actor) -> Skin:
    """Painted once."""
    looks = actor.looks
    random = np.random.default_rng(looks.seed)
    coarse, fine = _noise(random, 40), _noise(random, 6)
    albedo = np.ones((HEIGHT, WIDTH, 3), np.float32) * looks.skin
    albedo *= 1 + (0.05 * coarse + 0.035 * fine + 0.035 * _noise(random, 1.5))[..., None]
    albedo = _flushed(albedo, looks, _noise(random, 18))
    albedo = _freckled(albedo, looks, random)
    albedo = _mixed(albedo, looks.hair * 0.6 + looks.skin * 0.25, 0.6 * looks.beard * _beard(fine))
    albedo = _mixed(albedo, looks.brows, _brows(looks, random))
    lips = _filled([_LIPS_OUTER], 4)
    albedo = _mixed(albedo, looks.lips * (1 + 0.12 * fine[..., None]), 0.9 * lips)
    albedo = _mixed(albedo, looks.brows * 0.5, 0.75 * _lashes())
    return Skin(np.clip(albedo, 0.005, 0.95), 0.35 + 0.5 * lips + 0.08 * coarse, fine)


def _noise(random: np.random.Generator, grain: float) -> Floats:
    """(HEIGHT, WIDTH) smooth noise of deviation 1, features about ``grain`` px wide."""
    shape = (max(4, round(HEIGHT / grain)), max(4, round(WIDTH / grain)))
    small = random.normal(0, 1, shape).astype(np.float32)
    wide = np.asarray(cv2.resize(small, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), np.float32)
    return np.asarray(wide / wide.std(), np.float32)


def _mixed(under: Floats, colour: Floats, share: Floats) -> Floats:
    part = np.clip(share, 0, 1)[..., None]
    return np.asarray(under * (1 - part) + colour * part, np.float32)


def _landmarks(which: tuple[int, ...]) -> Floats:
    return np.asarray(places()[facekit().landmarks[list(which)]], np.float32)


def _filled(loops: list[tuple[int, ...]], soft: float) -> Floats:
    """(HEIGHT, WIDTH) 1 within polygons of landmarks."""
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    for loop in loops:
        cv2.fillPoly(mask, [_landmarks(loop).round().astype(np.int32)], 1.0, lineType=cv2.LINE_8)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), soft), np.float32)


def _spot(at: tuple[float, float], wide: float, high: float) -> Floats:
    """A soft spot about a place of the unrolled head, px."""
    across = np.exp(-(((np.arange(WIDTH, dtype=np.float32) - at[0]) / wide) ** 2))
    down = np.exp(-(((np.arange(HEIGHT, dtype=np.float32) - at[1]) / high) ** 2))
    return np.asarray(down[:, None] * across, np.float32)


def _flushed(albedo: Floats, looks: Looks, noise: Floats) -> Floats:
    """Redder on cheeks and nose, darker about the eyes."""
    red = np.zeros((HEIGHT, WIDTH), np.float32)
    nose = _landmarks((33,))[0]
    for side in (-1, 1):
        red += _spot((nose[0] + side * 130, nose[1] - 10), 60, 45)
    red += 0.7 * _spot((nose[0], nose[1] - 25), 45, 30)
    red = np.asarray(np.clip(red * (1 + 0.3 * noise), 0, 1) * looks.flush, np.float32)
    eyes = np.zeros_like(red)
    for eye in _EYES:
        x, y = _landmarks(eye).mean(axis=0).tolist()
        eyes += _spot((x, y + 8), 65, 32)
    tinted = albedo * (1 - red[..., None] * np.array([0.02, 0.24, 0.22], np.float32))
    return np.asarray(tinted * (1 - 0.16 * eyes[..., None]), np.float32)


def _freckled(albedo: Floats, looks: Looks, random: np.random.Generator) -> Floats:
    """Freckles, and some moles."""
    marks = np.zeros((HEIGHT, WIDTH), np.float32)
    for _ in range(int(700 * looks.freckles)):
        at = (int(random.normal(WIDTH / 2, 150)), int(random.normal(HEIGHT * 0.40, 70)))
        cv2.circle(marks, at, int(random.integers(1, 4)), float(random.uniform(0.15, 0.5)), -1)
    for _ in range(int(random.integers(2, 9))):
        at = (int(random.normal(WIDTH / 2, 190)), int(random.normal(HEIGHT * 0.43, 120)))
        cv2.circle(marks, at, int(random.integers(3, 6)), 0.85, -1)
    marks = np.asarray(cv2.GaussianBlur(marks, (0, 0), 1.2), np.float32)
    return _mixed(albedo, looks.skin * np.array([0.42, 0.32, 0.28], np.float32), marks)


def _beard(noise: Floats) -> Floats:
    """Where a beard grows: chin, jaw and above the lip."""
    chin, jaw, lip = _landmarks((8,))[0], _landmarks((4, 12)), _landmarks((33, 51)).mean(axis=0)
    mask = _spot((float(chin[0]), float(chin[1])), 130, 60) + 0.8 * _spot((float(lip[0]), float(lip[1])), 62, 16)
    for x, y in jaw.tolist():
        mask += 0.8 * _spot((x, y), 75, 60)
    return np.asarray(np.clip(mask, 0, 1) * (1 + 0.35 * noise), np.float32)


def _brows(looks: Looks, random: np.random.Generator) -> Floats:
    """Hair by hair."""
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    for side, brow in zip((-1, 1), _BROWS, strict=True):
        line = _landmarks(brow) - [0, looks.brow_height * HEIGHT / (_HIGH - _LOW)]
        line = line if side > 0 else line[::-1]
        for _ in range(int(420 * looks.brow_weight)):
            _hair(mask, line, side, looks.brow_weight, random)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), 1.0), np.float32)


def _hair(mask: Floats, line: NDArray[np.floating], side: int, weight: float, random: np.random.Generator) -> None:
    """One hair of a brow whose middle runs along ``line`` (5, 2), from the nose outward."""
    at = random.uniform(0, 1)
    place = np.array([np.interp(at * 4, range(5), line[:, axis]) for axis in range(2)])
    place[1] += random.normal(0, 7.0 * weight * (1 - 0.65 * at)) + 4
    lean = np.array([side * (5 + 11 * at), -7 * (1 - at) + 3 * at]) * random.uniform(0.6, 1.3)
    ends = [tuple((place + part * lean).round().astype(int).tolist()) for part in (-0.5, 0.5)]
    cv2.line(mask, ends[0], ends[1], float(random.uniform(0.5, 1.0)), 2, cv2.LINE_AA)


def _lashes() -> Floats:
    """The dark rim of the lids: the upper one above all."""
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    for eye in _EYES:
        loop = _landmarks(eye).round().astype(np.int32)
        cv2.polylines(mask, [loop[:4]], False, 1.0, 5, cv2.LINE_AA)
        cv2.polylines(mask, [loop[[3, 4, 5, 0]]], False, 0.45, 3, cv2.LINE_AA)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), 1.2), np.float32)
