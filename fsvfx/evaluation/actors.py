"""Trials on synthetic actors, with the true swap of their footage: the identity rendered in the performer's place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from fsvfx.actors import Actor, Moment, actor, perform, render
from fsvfx.actors.clips import shown
from fsvfx.colour import PlateColour
from fsvfx.engines.contract import FaceBatch, Identity
from fsvfx.errors import InputError
from fsvfx.evaluation.measures import embeddings_of
from fsvfx.evaluation.pictures import u8
from fsvfx.evaluation.trial import Trial
from fsvfx.faces.geometry import crop, crop_matrix, move_points
from fsvfx.faces.looks import display_crop
from fsvfx.faces.search import FaceFinder
from fsvfx.facesets.footage import Footage, resized
from schemas.actors import ActedClip
from schemas.job import ShotJob

_FILL = 2.0
"""Pixels of the picture per pixel of the crop: a face fills about half of it."""

_KNOWN, _APART = 24, 12
"""Number of references of the identity, and frames between two of them."""
_OWN = 8
_OTHERS, _OTHERS_KNOWN = ("ben", "dora", "eli", "fred"), 4
"""Additional people, and number of references of each."""

F32 = NDArray[np.float32]
_ALIKE = 0.01
"""Maximum mean difference, of the display range, at which a face counts as the rendered one."""


@dataclass(frozen=True)
class Performed:
    """An actor's faces, aligned; matrices (n, 2, 3): picture px -> crop px; moments: those with a detected face."""

    faces: FaceBatch
    matrices: NDArray[np.float64]
    moments: tuple[Moment, ...]


def trial_of(identity: str, performer: str, frames: int, size: int = 256) -> Trial:
    """A trial of two actors by name, over ``frames`` of a performance; with additional people for retrieval. Raises
    ModelError.

    Raises InputError if both are the same.
    """
    if identity == performer:
        raise InputError(f"Identity and performer are both '{identity}'", hint="Name another performer")
    known = acted(actor(identity), perform(_KNOWN * _APART, seed=1)[::_APART], size)
    performed = acted(actor(performer), perform(frames, seed=2), size)
    posed = perform(_OTHERS_KNOWN * _APART, seed=3)[::_APART]
    names = [name for name in _OTHERS if name not in (identity, performer)]
    others = {name: references(actor(name), acted(actor(name), posed, size)) for name in names}
    made = actor_trial(actor(identity), actor(performer), known, performed, others)
    held_back = acted(actor(identity), perform(_OWN, seed=4), size)
    return replace(made, own=held_back.faces)


def acted(actor: Actor, moments: Sequence[Moment], size: int, first: int = 1001) -> Performed:
    """Render a performance, and cut out its faces like the pipeline does: (size, size) crops, sRGB in [0, 1].

    Frames without a detected face are left out. Raises ModelError.
    """
    finder = FaceFinder()
    kept: list[tuple[int, Moment, F32, F32, NDArray[np.float64]]] = []
    for number, moment in enumerate(moments, first):
        picture = shown(render(actor, moment, round(_FILL * size)).rgb)
        found = finder.find(np.asarray(picture * 255 + 0.5, np.uint8)).landmarks
        if len(found):
            matrix = crop_matrix(found[0], size)
            kept.append((number, moment, _cut(picture, matrix, size), move_points(matrix, found[0]), matrix))
    numbers, there, crops, landmarks, matrices = zip(*kept, strict=True) if kept else ((), (), (), (), ())
    faces = FaceBatch(_stacked(crops, size), np.array(landmarks, np.float32).reshape(-1, 468, 3), numbers)
    return Performed(faces, np.array(matrices, np.float64).reshape(-1, 2, 3), there)


def true_swap(identity: Actor, performed: Performed) -> F32:
    """``identity`` in the same performance, cut like the performer's faces: (n, S, S, 3) in [0, 1]."""
    size = performed.faces.crops.shape[1]
    pictures = [shown(render(identity, moment, round(_FILL * size)).rgb) for moment in performed.moments]
    return _stacked([_cut(*each, size) for each in zip(pictures, performed.matrices, strict=True)], size)


def references(actor: Actor, performed: Performed) -> Identity:
    """An actor's faces as an identity's references; all equally sharp."""
    faces = performed.faces
    return Identity(actor.name, faces.crops, faces.landmarks, np.ones(len(faces.crops), np.float32))


def actor_trial(
    identity: Actor, performer: Actor, known: Performed, performed: Performed, others: dict[str, Identity] | None = None
) -> Trial:
    """``identity``, with the references ``known``, into what the performer ``performed``, compared with the true swap.

    others: additional people for retrieval. The performer is known by the faces of the performance.
    """
    people = {identity.name: references(identity, known), performer.name: references(performer, performed)}
    people |= others or {}
    return Trial(
        faces=performed.faces,
        identity=people[identity.name],
        performer=performer.name,
        people={name: embeddings_of(each) for name, each in people.items()},
        truth=true_swap(identity, performed),
    )


def _cut(picture: F32, matrix: NDArray[np.float64], size: int) -> F32:
    return np.asarray(crop(picture, matrix, size), np.float32).clip(0, 1)


def _stacked(crops: Sequence[F32], size: int) -> F32:
    return np.array(crops, np.float32).reshape(-1, size, size, 3)


@dataclass(frozen=True)
class ActedFootage:
    """Footage of an actor: how it was made, its faces as cut out, and the shot that they come from."""

    clip: ActedClip
    footage: Footage
    shot: ShotJob

    def as_by(self, name: str, frame: int, size: int) -> F32:
        """A frame acted by the actor of that name, with the face cut out like the performer's: (size, size, 3)
        display."""
        moment = _moments(self.clip.frames, self.clip.seed)[frame - self.clip.first]
        picture = u8(shown(render(actor(name), moment, self.clip.size).rgb))
        aligned = self.footage.aligned
        cut = display_crop(picture, aligned.matrix(frame), len(aligned.crop(frame)), PlateColour.of(self.shot))
        return resized(np.asarray(cut, np.float32), size).clip(0, 1)


def true_swap_of(
    identity: str, acted: Mapping[str, ActedFootage], sources: Sequence[tuple[str, int]], faces: F32
) -> F32:
    """(n, S, S, 3) in [0, 1], for faces (n, S, S, 3) with the footage and the frame of each.

    Raises InputError if the first of them does not match the actor's rendering: then the truth would be wrong.
    ModelError.
    """
    size = faces.shape[1]
    name, frame = sources[0]
    again = acted[name].as_by(acted[name].clip.actor, frame, size)
    apart = float(np.abs(faces[0] - again).mean())
    if apart > _ALIKE:
        raise InputError(
            f"'{name}' does not match actors.yaml: frame {frame} rendered again differs by {apart:.3f}",
            hint="Make the footage again with fsvfx actors, and train again; or remove actors.yaml",
        )
    return np.stack([acted[name].as_by(identity, frame, size) for name, frame in sources])


@lru_cache(maxsize=64)
def _moments(frames: int, seed: int) -> list[Moment]:
    return perform(frames, seed)
