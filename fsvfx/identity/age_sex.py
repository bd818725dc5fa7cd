"""Apparent age and sex, by the two heads of the network whose body is ``faceres``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from fsvfx import models
from fsvfx.identity import tfjs_file
from fsvfx.identity.contract import Square
from fsvfx.identity.faceres import Faceres

F32 = NDArray[np.float32]

WEIGHTS = Faceres.weights
CHIP = Square(224, 1.1)
"""The network's input picture of a face: that of ``faceres``."""
_AT_ONCE = 16
_YOUNGEST = 1
"""The age of the first class."""
_TELLING = 2
"""Number of the most probable ages that the estimate uses."""


@dataclass(frozen=True)
class Estimates:
    """For n faces. age, age_deviation: (n,) years; male: (n,), the probability."""

    age: F32
    age_deviation: F32
    male: F32


def estimated(chips: NDArray[np.uint8]) -> Estimates:
    """For chips (n, 224, 224, 3) u8 display RGB. Raises ModelError if the weights are not installed.

    After Savchenko 2019 (PeerJ Computer Science 5:e197): the age is the mean of the two most probable, weighted by
    their probabilities. Measured on people with the same cut (``docs/crowds.md``).
    """
    heads = _heads()
    features = np.maximum(_pooled(chips) @ heads["feats/kernel"] + heads["feats/bias"], 0)
    ages = _softmax(features @ heads["age_pred/kernel"] + heads["age_pred/bias"])
    male = 1 / (1 + np.exp(-(features @ heads["gender_pred/kernel"] + heads["gender_pred/bias"])[:, 0]))
    years = np.arange(_YOUNGEST, _YOUNGEST + ages.shape[1], dtype=np.float32)
    mean = ages @ years
    variance = ages @ years**2 - mean**2
    likeliest = np.argsort(-ages, axis=1, kind="stable")[:, :_TELLING]
    shares = np.take_along_axis(ages, likeliest, axis=1)
    age = (years[likeliest] * shares).sum(axis=1) / shares.sum(axis=1)
    return Estimates(*(np.asarray(each, np.float32) for each in (age, np.sqrt(np.maximum(variance, 0)), male)))


def _pooled(chips: NDArray[np.uint8]) -> F32:
    import torch

    body, found = Faceres(), [np.zeros((0, Faceres.dimensions), np.float32)]
    with torch.inference_mode():
        for start in range(0, len(chips), _AT_ONCE):
            given = torch.from_numpy(np.ascontiguousarray(chips[start : start + _AT_ONCE]))
            found.append(body.pooled(given.permute(0, 3, 1, 2).float() / 255).numpy())
    return np.concatenate(found)


def _softmax(values: F32) -> F32:
    raised = np.exp(values - values.max(axis=1, keepdims=True, initial=-np.inf))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), np.float32)


@lru_cache(maxsize=1)
def _heads() -> dict[str, F32]:
    card, graph = WEIGHTS
    held = tfjs_file.read(models.path(graph), models.path(card)).weights
    return {name: np.asarray(held[name], np.float32) for name in held if name.startswith(("feats/", "age_", "gender_"))}
