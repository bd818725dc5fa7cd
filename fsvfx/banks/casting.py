"""Who of a bank goes into which face: the best fit overall, nobody twice, nobody whom an identity network takes for the
performer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fsvfx.banks.bank import Bank
from fsvfx.banks.looks import unlike
from fsvfx.errors import InputError, Where
from fsvfx.identity.contract import distance
from fsvfx.identity.registry import network

F32 = NDArray[np.float32]

_NEAREST = 0.1
"""Of the distances to a performer's faces, the share that may be less than what counts: turned heads embed badly."""
_CLOSE = 4.0
"""Squared steps by which a member may fit worse, and another seed still chooses it now and then."""
_FAR = 6.0
"""Squared steps that a member's fit gains by each threshold of distance to the performer."""


@dataclass(frozen=True)
class Shown:
    """A face of a shot that somebody is to go into, by k of its frames.

    look: (k, 12), see ``fsvfx.banks.looks``. vectors: (k, d) by each of the bank's networks.
    """

    performer: str
    look: F32
    vectors: Mapping[str, F32]


@dataclass(frozen=True)
class Part:
    """The member in ``row`` of the bank; how unlike it is to what the face shows, and how far from the performer, by
    each network: as a multiple of the distance below which two faces are usually of one person."""

    row: int
    unlike: float
    apart: dict[str, float]


def cast(
    faces: Sequence[Shown], bank: Bank, rows: Sequence[Sequence[int]], seeds: Sequence[int], where: Where
) -> list[Part]:
    """A member for each face: least unlike in all. rows: of the bank, those that each may get; seeds: see ``FromBank``.

    Raises InputError if there are too few who are far enough from their performer.
    """
    from scipy.optimize import linear_sum_assignment

    apart = [_apart(face, bank) for face in faces]
    fits = np.stack([_fit(face, bank, far) for face, far in zip(faces, apart, strict=True)])
    for place, seed in enumerate(seeds):
        if seed:
            luck = np.random.default_rng((seed, place)).gumbel(size=fits.shape[1])
            fits[place] += np.asarray(_CLOSE * luck, np.float32)
    possible = np.zeros(fits.shape, np.bool_)
    for place, (may, far) in enumerate(zip(rows, apart, strict=True)):
        possible[place, list(may)] = True
        possible[place] &= np.min(list(far.values()), axis=0) > 1
    if len(faces) > len(bank.crops):
        raise _too_few(faces, possible, bank, where)
    beyond = float(np.ptp(fits)) * len(faces) + 1e3
    chosen = linear_sum_assignment(np.where(possible, fits, beyond + fits.max()))[1]
    if not all(possible[place, row] for place, row in enumerate(chosen)):
        raise _too_few(faces, possible, bank, where)
    return [
        Part(
            int(row),
            float(unlike(face.look, bank.look[row : row + 1])[0]),
            {name: round(float(each[row]), 3) for name, each in far.items()},
        )
        for face, far, row in zip(faces, apart, chosen, strict=True)
    ]


def _fit(face: Shown, bank: Bank, apart: Mapping[str, F32]) -> F32:
    """(n,): what is unlike, less what is gained by being far from the performer."""
    least = np.min(list(apart.values()), axis=0)
    return np.asarray(unlike(face.look, bank.look) - _FAR * least, np.float32)


def _apart(face: Shown, bank: Bank) -> dict[str, F32]:
    """By network, how far each member (n,) is from the performer, in multiples of what still passes for one person."""
    found = {}
    for name in bank.card.networks:
        away = distance(face.vectors[name][:, None], bank.vectors[name][None])
        found[name] = np.asarray(np.quantile(away, _NEAREST, axis=0) / network(name).same_person, np.float32)
    return found


def _too_few(faces: Sequence[Shown], possible: NDArray[np.bool_], bank: Bank, where: Where) -> InputError:
    counts = ", ".join(f"{face.performer}: {int(may.sum())}" for face, may in zip(faces, possible, strict=True))
    return InputError(
        f"Bank '{bank.card.bank}' has too few members for {len(faces)} faces, none twice; far enough from {counts}",
        hint="Build a larger bank (`fsvfx bank build`), or pick from more of its members",
        where=where,
    )
