"""Detail for generated faces: everything finer than the generated face comes from three people of a bank, each
contributing a different part of the face, so that none of them is shown whole."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.banks.bank import Bank
from fsvfx.banks.looks import look_of, unlike, vectors_by
from fsvfx.faces.measures import face_length
from fsvfx.faces.raster import rasterise
from fsvfx.faces.topology import CANONICAL, TRIANGLES
from fsvfx.identity.contract import distance
from fsvfx.identity.registry import network

F32 = NDArray[np.float32]

PARTS = 3
"""Eyes and brows, nose and cheeks, mouth and chin: each from a different person."""
_BORDERS = (0.38, 0.58)
"""Borders between them, relative to the face's height from below."""
_SOFT = 0.03
"""Softness of the borders, relative to the face's height."""
_FINER = 0.08
"""Sizes below this count as detail, as a share of the face's size: a generated face shows nothing finer."""
_LIKE = 24
"""Number of people most similar to a generated face, in light and pose, that details are taken from."""
_TURNS = 12
"""Maximum number of times that three people are chosen, until the face resembles none of them."""


def detailed(crop: F32, mesh: F32, givers: Sequence[tuple[F32, F32]]) -> F32:
    """A generated face (S, S, 3) in [0, 1] on its mesh (468, 3) px, with the details of ``PARTS`` givers of the same
    form."""
    from fsvfx.engines.priors import match  # here: it imports torch

    raster = rasterise(mesh, TRIANGLES, len(crop))
    own, shares = raster.of_picture(crop), raster.at_pixels(_shares())
    everywhere, sigma = np.ones(len(own), np.float32), _FINER * face_length(mesh)
    found = np.zeros_like(own)
    for part, (picture, shape) in enumerate(givers):
        theirs = raster.picture(match(raster.sample(picture, shape), own, everywhere), crop)
        fine = np.asarray(theirs - cv2.GaussianBlur(theirs, (0, 0), sigma), np.float32)
        found += shares[:, part : part + 1] * raster.of_picture(fine)
    return np.asarray(raster.picture(own + found, crop).clip(0, 1), np.float32)


def mixed(crop: F32, mesh: F32, givers: Bank, random: np.random.Generator) -> F32 | None:
    """The same with three members of a bank drawn at ``random``, none of whom a network takes for the face; None if
    every draw fails. Raises ModelError if a network's weights are not installed."""
    near = np.argsort(unlike(look_of(crop, mesh)[None], givers.look), kind="stable")[:_LIKE]
    for _ in range(_TURNS):
        rows = random.choice(near, PARTS, replace=False)
        pictures = [np.asarray(givers.crops[row] / np.float32(255), np.float32) for row in rows]
        made = detailed(crop, mesh, list(zip(pictures, givers.landmarks[rows], strict=True)))
        if _is_nobody(made, mesh, givers, rows):
            return made
    return None


def _is_nobody(crop: F32, mesh: F32, givers: Bank, rows: NDArray[np.int64]) -> bool:
    shown = vectors_by(givers.card.networks, crop[None], mesh[None])
    return all(
        bool((distance(shown[name], givers.vectors[name][rows]) > network(name).same_person).all()) for name in shown
    )


@lru_cache(maxsize=1)
def _shares() -> F32:
    """(468, 3): each vertex's weight in each part; they sum to 1."""
    height = CANONICAL[:, 1] - CANONICAL[:, 1].min()
    height /= np.ptp(CANONICAL[:, 1])
    above = [1 / (1 + np.exp((border - height) / _SOFT)) for border in _BORDERS]
    lower, upper = 1 - above[0], above[1]
    return np.asarray(np.stack([upper, 1 - upper - lower, lower], axis=1), np.float32)
