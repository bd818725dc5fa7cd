"""Pairs of identity and performer that no training has seen, the same in every run."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

_LIKE = 15.0
"""Maximum difference in yaw, degrees, for a picture of the identity to match the performer's."""


@dataclass(frozen=True)
class Pair:
    identity: str
    performer: str


def pairs_of(
    yaws: Mapping[str, NDArray[np.floating]], performers: Sequence[str], identities: Sequence[str], most: int
) -> list[Pair]:
    """Up to ``most`` pairs of ``performers`` and other people of ``identities``.

    yaws (k,), degrees: of each person's faces. Every performer is used before any is used twice. The identity is drawn
    by a hash of the names, from those who have a picture of matching yaw; then from the others, nearest first.
    """
    order = sorted(performers, key=_drawn)
    turns = [[Pair(other, name) for other in _by_fitness(yaws, name, identities)] for name in order]
    rounds = (pair for turn in zip_longest(*turns) for pair in turn if pair is not None)
    return [pair for _, pair in zip(range(most), rounds, strict=False)]


def _by_fitness(yaws: Mapping[str, NDArray[np.floating]], performer: str, identities: Sequence[str]) -> list[str]:
    wanted = float(np.median(yaws[performer]))

    def unfit(other: str) -> tuple[float, str]:
        apart = float(np.abs(yaws[other] - wanted).min())
        return max(0.0, apart - _LIKE), _drawn(f"{other}/{performer}")

    return sorted((other for other in identities if other != performer), key=unfit)


def _drawn(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
