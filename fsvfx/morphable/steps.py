"""Gauss-Newton steps on landmarks and pixels: for frames of a known person, and for a person over several pictures."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fsvfx.morphable.lines import POSE, Normals, lines, normal_equations
from fsvfx.morphable.model import Floats, Morphable
from fsvfx.morphable.pictures import Pictures, expected, facing
from fsvfx.morphable.placing import Placing
from fsvfx.morphable.slopes import shading_lines

_ALONE, _WORTH = 0.2, 0.05
"""Weight of a landmark, relative to one with independent errors, alone and together with pixels: neighbors' errors are
correlated."""
_SURE = 0.12
"""Error, in units, of the most certain landmark."""
_EXPRESSION = 0.25
"""Standard deviation of an expression's coefficients."""
_LEAST, _MOST = -0.2, 1.25
"""Limits of a coefficient."""
_NEAR, _NEAR_SPREAD, _NEAREST = 0.9, 0.45, 3.0
"""1 m over the camera's distance: usual value, its standard deviation, maximum."""
_PICTURES = 6.0
"""More pictures of a person than this add no weight for the shape: their errors are correlated."""
_PIXEL, _PIXEL_WORTH, _PERSON_PIXEL_WORTH = 0.02, 1.0, 0.3
"""Error in display value of a pixel; its weight, relative to one with independent errors, for a frame of a known person
and for a person, whose albedo has the same error in all pictures."""
_OTHER = 0.08
"""Deviation in display value above which a pixel shows something else: a shadow, hair, a hand."""


@dataclass(frozen=True, eq=False)
class Guess:
    """The current estimate for n frames: placing, and expression (n, e)."""

    placing: Placing
    expression: Floats


@dataclass(frozen=True, eq=False)
class Looked:
    """The model's values to compare with pictures, at its probes: normals (p, 3) at rest and albedo (p, 3); light (n,
    9, 3)."""

    pictures: Pictures
    normals: Floats
    albedo: Floats
    light: Floats


def usual_nearness(model: Morphable) -> float:
    """For a camera about a meter away."""
    return _NEAR * model.unit / 1000


def step_frames(
    model: Morphable, identity: Floats, guess: Guess, landmarks: Floats, looked: Looked | None = None
) -> Guess:
    """One step, for each frame of a person (k,) separately. landmarks: (n, 468, 2+) px."""
    found = _equations(model, identity, guess, landmarks, looked, of_person=False)
    return _moved(guess, np.linalg.solve(found.matrix, found.aim[..., None])[..., 0])


def step_person(
    model: Morphable, identity: Floats, guess: Guess, landmarks: Floats, looked: Looked | None = None
) -> tuple[Floats, Guess]:
    """One step for a person (k,) and the frames together; the frames are eliminated (Schur complement)."""
    found = _equations(model, identity, guess, landmarks, looked, of_person=True)
    frames = POSE + len(model.names)
    own, mixed = found.matrix[:, :frames, :frames], found.matrix[:, :frames, frames:]
    solved = np.linalg.solve(own, np.concatenate([mixed, found.aim[:, :frames, None]], axis=2))
    back, alone = solved[..., :-1], solved[..., -1]
    share = min(1.0, _PICTURES / len(landmarks))
    matrix = share * (found.matrix[:, frames:, frames:] - mixed.swapaxes(1, 2) @ back).sum(axis=0)
    aim = share * (found.aim[:, frames:] - np.einsum("nfs,nf->ns", mixed, alone)).sum(axis=0)
    usual, spread = usual_nearness(model), _NEAR_SPREAD * model.unit / 1000
    matrix += np.diag([*np.ones(len(identity)), spread**-2])
    aim -= np.append(identity, (guess.placing.nearness - usual) / spread**2)
    step = np.linalg.solve(matrix, aim)
    moved = _moved(guess, alone - back @ step)
    nearest = _NEAREST * model.unit / 1000
    nearness = float(np.clip(guess.placing.nearness + step[-1], 0, nearest))
    return np.asarray(identity + step[:-1], np.float32), replace(
        moved, placing=replace(moved.placing, nearness=nearness)
    )


def _moved(guess: Guess, step: NDArray[np.floating]) -> Guess:
    expression = np.clip(guess.expression + step[:, POSE:], _LEAST, _MOST)
    return Guess(guess.placing.stepped(step[:, :POSE].astype(np.float64)), expression.astype(np.float32))


def _equations(
    model: Morphable, identity: Floats, guess: Guess, landmarks: Floats, looked: Looked | None, of_person: bool
) -> Normals:
    """Parameters: the placing's, expression; for a person also identity and nearness."""
    worth = _ALONE if looked is None else _WORTH
    found = _of_landmarks(model, identity, guess, landmarks, worth, of_person)
    if looked is not None:
        found = found + _of_pixels(model, identity, guess, looked, of_person)
    count = len(model.names)
    firm = np.zeros(found.matrix.shape[1])
    firm[:POSE], firm[POSE : POSE + count] = 1e-6, _EXPRESSION**-2
    found.matrix[:] += np.diag(firm)
    found.aim[:, POSE : POSE + count] -= guess.expression / _EXPRESSION**2
    return found


def _of_landmarks(
    model: Morphable, identity: Floats, guess: Guess, landmarks: Floats, worth: float, of_person: bool
) -> Normals:
    bases = [model.expression_at_points, *([model.identity_at_points] if of_person else [])]
    seen = lines(guess.placing, model.landmarks(identity, guess.expression), bases, of_person)
    off = observed(guess.placing, landmarks).swapaxes(1, 2) - seen.at
    weights = np.float32(worth) / (model.points.spread**2 + np.float32(_SURE**2))
    rows = (len(landmarks), -1)
    both = np.broadcast_to(weights, off.shape).reshape(rows)
    return normal_equations(seen.by.reshape(*rows, seen.by.shape[-1]), off.reshape(rows), both)


def observed(placing: Placing, landmarks: Floats) -> Floats:
    """Landmarks (n, m, 2+) px, in units from the face's origin, y up: (n, m, 2)."""
    away = landmarks[..., :2] - placing.shift[:, None]
    return np.asarray(away / placing.scale[:, None, None] * [1, -1], np.float32)


def _of_pixels(model: Morphable, identity: Floats, guess: Guess, looked: Looked, of_person: bool) -> Normals:
    bases = [model.expression_at_probes, *([model.identity_at_probes] if of_person else [])]
    points = model.probed(identity, guess.expression)
    seen = lines(guess.placing, points, bases, of_person)
    sampled = looked.pictures.at(guess.placing.seen(points)[..., :2])
    turned = guess.placing.turned(looked.normals)
    off = expected(looked.light, turned, looked.albedo).mean(axis=-1) - sampled.grey
    slopes = sampled.slopes * (guess.placing.scale[:, None, None] * [1, -1]).astype(np.float32)
    by = slopes[..., :1] * seen.by[:, 0] + slopes[..., 1:] * seen.by[:, 1]
    if of_person:
        turn, tilt = shading_lines(model, guess.placing, turned, looked.light, looked.albedo)
        by[..., :3] -= turn
        by[..., POSE + len(model.names) :][..., : len(identity)] -= tilt
    alike = 1 / (1 + (off / np.float32(_OTHER)) ** 2) ** 2
    worth = _PERSON_PIXEL_WORTH if of_person else _PIXEL_WORTH
    weights = np.float32(worth / _PIXEL**2) * facing(turned) * sampled.inside * alike
    return normal_equations(by, off, np.asarray(weights, np.float32))
