"""Fits a morphable model to faces: one shape and albedo per person; pose, expression and light per frame.

Gauss-Newton on landmarks and pixels together, after Blanz and Vetter 1999 (section 4) and Blanz, Scherbaum, Vetter,
Seidel, "Exchanging Faces in Images", 2004 (section 3); light as in Ramamoorthi and Hanrahan 2001.

``fit_person`` uses several pictures of one person; ``fit_frames`` any number of frames of a known person, each frame
separately, so that batching does not affect the result.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fsvfx.faces.geometry import similarity
from fsvfx.faces.measures import head_pose
from fsvfx.faces.topology import RIGID
from fsvfx.morphable.model import Floats, Morphable, normals
from fsvfx.morphable.pictures import Pictures, albedo_of, expected, facing, light_of
from fsvfx.morphable.placing import Placing
from fsvfx.morphable.steps import Guess, Looked, observed, step_frames, step_person, usual_nearness

_BY_LANDMARKS, _BY_PIXELS, _OF_PERSON = 4, 4, 6
"""Steps."""
_TOGETHER = 16
"""Frames fitted at once: more need more memory, and are no faster."""


@dataclass(frozen=True, eq=False)
class FittedPerson:
    """identity: (k,) standard deviations. shape: (v, 3) at rest; normals: (v, 3) of it. nearness: of the camera in the
    pictures, as in ``Placing``.

    albedo: (v, 3), reflected light relative to its mean; None without pictures. A person's skin tone is part of the
    light: dark skin in bright light can't be distinguished from the opposite.
    """

    identity: Floats
    shape: Floats
    normals: Floats
    nearness: float
    albedo: Floats | None = None

    @classmethod
    def of(cls, model: Morphable, identity: Floats, nearness: float, albedo: Floats | None = None) -> FittedPerson:
        shape = model.shape(identity)
        return cls(identity, shape, normals(shape, model.triangles), nearness, albedo)


@dataclass(frozen=True, eq=False)
class Fits:
    """n frames of one person.

    placing; expression: (n, e) of the model's names; light: (n, 9, 3) harmonics in the camera's axes, RGB, as light
    (display values to the power of 2.2), zeros without pictures. off: (n,) RMS of the landmarks' residuals, weighted by
    their certainty, share of the face's width. unlike: (n,) mean absolute residual of the skin's pixels, display
    values; 0 without pictures.
    """

    placing: Placing
    expression: Floats
    light: Floats
    off: Floats
    unlike: Floats

    def of(self, which: slice | NDArray[np.generic]) -> Fits:
        """A subset of the frames."""
        return Fits(
            self.placing.of(which), *(each[which] for each in (self.expression, self.light, self.off, self.unlike))
        )


def posed(model: Morphable, person: FittedPerson, fits: Fits) -> Floats:
    """(n, v, 3): a person's vertices with the frames' expressions, before placing."""
    return np.asarray(person.shape + model.moved(fits.expression), np.float32)


def fit_person(model: Morphable, landmarks: Floats, crops: Floats | None = None) -> tuple[FittedPerson, Fits]:
    """One shape for m pictures of a person, at least one; landmarks (m, 468, 3) px, crops (m, S, S, 3) display [0, 1].

    With crops also the albedo. Several poses determine the shape far better than one; 24 pictures are plenty.
    """
    guess = _first(model, landmarks, usual_nearness(model))
    identity = np.zeros(len(model.identity), np.float32)
    for _ in range(_OF_PERSON):
        identity, guess = step_person(model, identity, guess, landmarks)
    person = FittedPerson.of(model, identity, guess.placing.nearness)
    if crops is None:
        return person, _told(model, person, guess, landmarks, None)
    pictures = Pictures.of(crops)
    person = _with_albedo(model, person, guess, pictures)
    for _ in range(_OF_PERSON):
        looked = _looked(model, person, guess, pictures)
        identity, guess = step_person(model, person.identity, guess, landmarks, looked)
        person = FittedPerson.of(model, identity, guess.placing.nearness, person.albedo)
        person = _with_albedo(model, person, guess, pictures)
    return person, _told(model, person, guess, landmarks, pictures)


def spread(landmarks: Floats, most: int) -> list[int]:
    """The rows of at most ``most`` faces (n, 468, 3), evenly spread over yaw, in order."""
    order = np.argsort([head_pose(each)[0] for each in landmarks], kind="stable")
    chosen = order[np.linspace(0, len(order) - 1, min(most, len(order))).round().astype(int)]
    return sorted(int(row) for row in chosen)


def fit_frames(model: Morphable, person: FittedPerson, landmarks: Floats, crops: Floats | None = None) -> Fits:
    """Each of n frames of a person separately; landmarks (n, 468, 3) px, crops (n, S, S, 3) display [0, 1].

    By landmarks alone if there are no crops, or the person has no albedo.
    """
    parts = [slice(start, start + _TOGETHER) for start in range(0, len(landmarks), _TOGETHER)]
    return joined([_fitted(model, person, landmarks[part], None if crops is None else crops[part]) for part in parts])


def joined(parts: list[Fits]) -> Fits:
    """Frames concatenated; from at least one part, all with the same nearness."""
    places = [part.placing for part in parts]
    rotation, scale, shift = (
        np.concatenate(each) for each in zip(*((one.rotation, one.scale, one.shift) for one in places), strict=True)
    )
    rest = zip(*((part.expression, part.light, part.off, part.unlike) for part in parts), strict=True)
    return Fits(Placing(rotation, scale, shift, places[0].nearness), *(np.concatenate(each) for each in rest))


def _fitted(model: Morphable, person: FittedPerson, landmarks: Floats, crops: Floats | None) -> Fits:
    guess = _first(model, landmarks, person.nearness)
    for _ in range(_BY_LANDMARKS):
        guess = step_frames(model, person.identity, guess, landmarks)
    if crops is None:
        return _told(model, person, guess, landmarks, None)
    pictures = Pictures.of(crops)
    if person.albedo is not None:
        looked = _looked(model, person, guess, pictures)
        for _ in range(_BY_PIXELS):
            guess = step_frames(model, person.identity, guess, landmarks, looked)
    return _told(model, person, guess, landmarks, pictures)


def _first(model: Morphable, landmarks: Floats, nearness: float) -> Guess:
    """The mean face aligned with the points that expressions hardly move."""
    rest = model.points.of(model.neutral)[RIGID]
    fits = [similarity(rest, each[RIGID] * np.array([1, -1, -1])) for each in landmarks]
    scale = np.array([fit[0] for fit in fits])
    shift = np.stack([fit[2][:2] * [1, -1] for fit in fits])
    placing = Placing(np.stack([fit[1] for fit in fits]), scale, shift, nearness)
    return Guess(placing, np.zeros((len(landmarks), len(model.names)), np.float32))


def _looked(model: Morphable, person: FittedPerson, guess: Guess, pictures: Pictures) -> Looked:
    at = model.probes
    albedo = np.ones((len(at), 3), np.float32) if person.albedo is None else person.albedo[at]
    points = model.probed(person.identity, guess.expression)
    light = light_of(pictures, guess.placing, points, person.normals[at], albedo, model.skin[at])
    return Looked(pictures, person.normals[at], albedo, light)


def _with_albedo(model: Morphable, person: FittedPerson, guess: Guess, pictures: Pictures) -> FittedPerson:
    light = _looked(model, person, guess, pictures).light
    points = np.asarray(person.shape + model.moved(guess.expression), np.float32)
    return replace(person, albedo=albedo_of(model, pictures, guess.placing, points, person.normals, light))


def _told(model: Morphable, person: FittedPerson, guess: Guess, landmarks: Floats, pictures: Pictures | None) -> Fits:
    """With light and residuals."""
    seen = observed(guess.placing, guess.placing.seen(model.landmarks(person.identity, guess.expression)))
    square = ((observed(guess.placing, landmarks) - seen) ** 2).sum(axis=-1)
    sure = 1 / (model.points.spread**2 + 1e-2)
    off = np.sqrt((square * sure).sum(axis=1) / sure.sum()) / model.width
    light, unlike = np.zeros((len(landmarks), 9, 3), np.float32), np.zeros(len(landmarks), np.float32)
    if pictures is not None:
        light, unlike = _light_told(model, person, guess, pictures)
    return Fits(guess.placing, guess.expression, light, np.asarray(off, np.float32), unlike)


def _light_told(model: Morphable, person: FittedPerson, guess: Guess, pictures: Pictures) -> tuple[Floats, Floats]:
    looked = _looked(model, person, guess, pictures)
    sampled = pictures.at(guess.placing.seen(model.probed(person.identity, guess.expression))[..., :2])
    turned = guess.placing.turned(looked.normals)
    weights = model.skin[model.probes] * facing(turned) * sampled.inside
    off = np.abs(expected(looked.light, turned, looked.albedo) - sampled.shown).mean(axis=-1)
    unlike = (off * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1e-6)
    return looked.light, np.asarray(unlike, np.float32)
