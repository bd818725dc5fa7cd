"""Random damage to reference pictures: things in front of a face, glasses, shadows, hard light, codecs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import cv2
import numpy as np

from fsvfx.faces.geometry import mirrored
from fsvfx.faces.measures import face_length
from fsvfx.faces.raster import Floats, blur, times
from fsvfx.faces.topology import LEFT_EYE, RIGHT_EYE

Random = np.random.Generator

_PATCHES, _OTHERS = 0.6, 0.25
"""How often a picture has patches, and each of the other faults."""


def damaged(crop: Floats, mesh: Floats, stranger: Floats, random: Random) -> tuple[Floats, Floats]:
    """A crop (S, S, 3) in [0, 1] and its mesh (468, 3), damaged; patches are cut from a ``stranger``'s (S, S, 3)."""
    if random.random() < _OTHERS:
        crop, mesh = mirrored(crop, mesh)
    spoiled = crop
    for name, fault in FAULTS.items():
        if random.random() < (_PATCHES if name == "patches" else _OTHERS):
            spoiled = fault(spoiled, mesh, stranger, random)
    return np.asarray(spoiled.clip(0, 1), np.float32), mesh


def cast(picture: Floats, matte: Floats, random: Random) -> Floats:
    """A picture (S, S, 3) whose color is off within the matte (S, S), like a badly matched swap."""
    gain = (1 + random.normal(0, 0.05) + random.normal(0, 0.03, 3)).astype(np.float32)
    return np.asarray((picture + times(picture * (gain - 1), matte)).clip(0, 1), np.float32)


def _patched(crop: Floats, mesh: Floats, stranger: Floats, random: Random) -> Floats:
    """One to three things in front of the face."""
    for _ in range(random.integers(1, 4)):
        crop = _patch(crop, mesh, stranger, random)
    return crop


def _patch(crop: Floats, mesh: Floats, stranger: Floats, random: Random) -> Floats:
    """A round or long piece of another picture, or of one color."""
    size, length = len(crop), face_length(mesh)
    at = mesh[random.integers(len(mesh)), :2]
    axes = length * random.uniform(0.05, 0.28, 2)
    drawn = np.zeros((size, size), np.float32)
    turn = float(random.uniform(0, 180))
    middle, lengths = (float(at[0]), float(at[1])), (2 * float(axes[0]), 2 * float(axes[1]))
    if random.random() < 0.5:
        cv2.ellipse(drawn, (middle, lengths, turn), 1.0, -1)
    else:
        cv2.fillPoly(drawn, [np.round(cv2.boxPoints((middle, lengths, turn))).astype(np.int32)], 1.0)
    mask = blur(drawn, float(random.uniform(0.4, 2.5)))
    shift = random.integers(-size // 4, size // 4 + 1, 2)
    filling = np.roll(stranger, shift.tolist(), (0, 1))
    if random.random() < 0.3:
        noise = random.normal(0, 0.02, crop.shape).astype(np.float32)
        filling = filling[size // 2, size // 2] + noise
    return np.asarray(crop + times(np.asarray(filling - crop, np.float32), mask), np.float32)


def _glasses(crop: Floats, mesh: Floats, stranger: Floats, random: Random) -> Floats:
    drawn = np.zeros(crop.shape[:2], np.float32)
    reach = 0.11 * face_length(mesh) * random.uniform(0.8, 1.2)
    right, left = (np.round(mesh[ring, :2].mean(0)).astype(int).tolist() for ring in (RIGHT_EYE, LEFT_EYE))
    rim = max(round(0.012 * face_length(mesh)), 1)
    filled = random.random() < 0.4
    for middle in (right, left):
        cv2.circle(drawn, middle, round(reach), 1.0, -1 if filled else rim)
    cv2.line(drawn, right, left, 1.0, rim)
    colour = random.uniform(0, 0.35, 3).astype(np.float32)
    return crop + times(colour - crop, blur(drawn, 0.6) * np.float32(random.uniform(0.6, 1.0)))


def _shadowed(crop: Floats, mesh: Floats, stranger: Floats, random: Random) -> Floats:
    """With one side of a line in shadow."""
    depth = float(random.uniform(0.2, 0.65))
    return times(crop, np.asarray(1 - depth * _side(crop, mesh, random, float(random.uniform(0.01, 0.06))), np.float32))


def _lit(crop: Floats, mesh: Floats, stranger: Floats, random: Random) -> Floats:
    """With more light, of some color, from one side."""
    strength = random.uniform(-0.35, 0.35) + random.normal(0, 0.06, 3)
    side = _side(crop, mesh, random, float(random.uniform(0.2, 0.5)))
    return np.asarray(crop * (1 + side[..., None] * strength), np.float32)


def _side(crop: Floats, mesh: Floats, random: Random, soft: float) -> Floats:
    """(S, S): from 0 to 1 across a line through the face, ``soft`` of its length wide."""
    length, middle = face_length(mesh), mesh[random.integers(len(mesh)), :2]
    turn = random.uniform(0, 2 * np.pi)
    y, x = np.mgrid[: len(crop), : len(crop)]
    away = (x - middle[0]) * np.cos(turn) + (y - middle[1]) * np.sin(turn)
    return np.asarray(1 / (1 + np.exp(np.clip(-away / (soft * length), -30, 30))), np.float32)


def _tinted(crop: Floats, mesh: Floats, stranger: Floats, random: Random) -> Floats:
    return np.asarray(crop * (1 + random.normal(0, 0.08) + random.normal(0, 0.06, 3)), np.float32)


def _soft(crop: Floats, mesh: Floats, stranger: Floats, random: Random) -> Floats:
    return blur(crop, float(random.uniform(0.004, 0.02)) * len(crop))


def _packed(crop: Floats, mesh: Floats, stranger: Floats, random: Random) -> Floats:
    """With a codec's artifacts."""
    plain = np.rint(crop.clip(0, 1) * 255).astype(np.uint8)
    done, data = cv2.imencode(".jpg", plain, [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(12, 50))])
    assert done
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_UNCHANGED), np.float32) / np.float32(255)


Fault = Callable[[Floats, Floats, Floats, Random], Floats]
"""A crop (S, S, 3), its mesh (468, 3), a stranger's crop: the crop, spoiled."""

FAULTS: Mapping[str, Fault] = {
    "patches": _patched,
    "glasses": _glasses,
    "shadow": _shadowed,
    "light": _lit,
    "tint": _tinted,
    "softness": _soft,
    "compression": _packed,
}
