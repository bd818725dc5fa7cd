"""Assigns members of a bank to faces: the best fit overall, nobody twice, nobody whom an identity network takes for the
performer, nobody whose swap is still recognized as the performer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
"""Share of the distances to a performer's faces that may be smaller than the one that counts: turned heads embed
badly."""
_CLOSE = 4.0
"""Squared steps by which a member may fit worse and still be chosen occasionally, with another seed."""
_FAR = 6.0
"""Squared steps that a member's fit gains for each threshold of distance to the performer."""
ROUNDS = 12
"""Rounds of trial swaps: the maximum number of members tried for a face."""
_HIDDEN = 1.05
"""Thresholds of distance to the performer above which a tried face counts as hidden: the shot has more frames."""

_BEST = 100.0
"""Weight of the distance of those who fail, relative to their fit."""

Try = Callable[[int], Mapping[str, float]]
"""For a member, by row: the distance of the delivered face from the performer by each network, in thresholds."""
Tried = dict[tuple[int, int], Mapping[str, float]]
"""The same, by the face's index and the row."""


@dataclass(frozen=True)
class Shown:
    """A face of a shot to be replaced, in k of its frames.

    look: (k, 12), see ``fsvfx.banks.looks``. vectors: (k, d) by each of the bank's networks.
    """

    performer: str
    look: F32
    vectors: Mapping[str, F32]


@dataclass(frozen=True)
class Part:
    """The member in ``row`` of the bank; its difference from the face, and its distance from the performer, by each
    network: as a multiple of the distance below which two faces usually belong to one person.

    delivered: the same for the face after a trial swap; tried: number of members tried. Empty and 0 without trials.
    """

    row: int
    unlike: float
    apart: dict[str, float]
    delivered: dict[str, float]
    tried: int

    @property
    def is_hidden(self) -> bool:
        """Whether no network takes the delivered face for the performer's; True if that was not tried."""
        return not self.delivered or _least(self.delivered) > 1


def cast(
    faces: Sequence[Shown],
    bank: Bank,
    rows: Sequence[Sequence[int]],
    seeds: Sequence[int],
    where: Where,
    attempts: Sequence[Try | None] = (),
) -> list[Part]:
    """A member for each face, with the smallest total difference. rows: of the bank, those available to each face;
    seeds: see ``FromBank``.

    attempts: how members are tried for each face; none if they are not. Those who fail are replaced by others; if
    ``ROUNDS`` of them fail, the one that hid the performer best is used. Raises InputError if too few are far enough
    from their performer.
    """
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
    chosen = _assigned(fits, possible)
    if chosen is None:
        raise _too_few(faces, possible, bank, where)
    chosen, tried = _auditioned(fits, possible, apart, chosen, attempts or [None] * len(faces))
    return [
        Part(
            row,
            float(unlike(face.look, bank.look[row : row + 1])[0]),
            {name: round(float(each[row]), 3) for name, each in far.items()},
            {name: round(float(least), 3) for name, least in tried.get((place, row), {}).items()},
            sum(one == place for one, _ in tried),
        )
        for place, (face, far, row) in enumerate(zip(faces, apart, chosen, strict=True))
    ]


def _assigned(fits: F32, possible: NDArray[np.bool_]) -> list[int] | None:
    """A row for each face, none twice, with the smallest sum of ``fits`` (p, n); None if too few are possible."""
    from scipy.optimize import linear_sum_assignment

    if fits.shape[0] > fits.shape[1]:
        return None
    beyond = float(np.ptp(fits)) * len(fits) + 1e3
    rows = linear_sum_assignment(np.where(possible, fits, beyond + fits.max()))[1].tolist()
    return rows if all(possible[place, row] for place, row in enumerate(rows)) else None


def _auditioned(
    fits: F32,
    possible: NDArray[np.bool_],
    apart: Sequence[Mapping[str, F32]],
    chosen: list[int],
    attempts: Sequence[Try | None],
) -> tuple[list[int], Tried]:
    """A row for each face after trials, starting with the ``chosen``; and the results of all trials."""
    tried, known = Tried(), np.array([[attempt is None] for attempt in attempts]) & possible
    weight = _BEST * (float(np.ptp(fits)) + 1)
    hidden = fits.copy()
    for _ in range(ROUNDS):
        fresh = False
        for place, row in enumerate(chosen):
            attempt = attempts[place]
            if attempt is not None and not known[place, row]:
                fresh, known[place, row], tried[place, row] = True, True, attempt(row)
                shown = {row: found for (at, row), found in tried.items() if at == place}
                hidden[place] = fits[place] + weight * _missing(apart[place], shown)
        if not fresh:
            return chosen, tried
        again = _assigned(hidden + weight * (known & (hidden > fits)), possible)
        chosen = again or chosen
    return _assigned(hidden, known) or chosen, tried


def _missing(apart: Mapping[str, F32], shown: Mapping[int, Mapping[str, float]]) -> F32:
    """(n,): how far each member is from hiding a performer, in thresholds: from trials (``shown``, by row); for the
    others, estimated from their own distances ``apart`` (n,), less the average reduction by the swaps tried so far."""
    rows = list(shown)
    delivered = {name: np.array([each[name] for each in shown.values()], np.float32) for name in shown[rows[0]]}
    expected = np.min([apart[name] - np.mean(apart[name][rows] - got) for name, got in delivered.items()], axis=0)
    expected[rows] = np.min(list(delivered.values()), axis=0)
    return np.asarray(np.maximum(_HIDDEN - expected, 0), np.float32)


def _least(apart: Mapping[str, float]) -> float:
    return min(apart.values())


def _fit(face: Shown, bank: Bank, apart: Mapping[str, F32]) -> F32:
    """(n,): the difference, less the gain from being far from the performer."""
    least = np.min(list(apart.values()), axis=0)
    return np.asarray(unlike(face.look, bank.look) - _FAR * least, np.float32)


def _apart(face: Shown, bank: Bank) -> dict[str, F32]:
    """By network, the distance of each member (n,) from the performer, in multiples of the largest that still counts as
    one person."""
    found = {}
    for name in bank.card.networks:
        away = distance(face.vectors[name][:, None], bank.vectors[name][None])
        found[name] = np.asarray(np.quantile(away, _NEAREST, axis=0) / network(name).same_person, np.float32)
    return found


def _too_few(faces: Sequence[Shown], possible: NDArray[np.bool_], bank: Bank, where: Where) -> InputError:
    counts = ", ".join(f"{face.performer}: {int(may.sum())}" for face, may in zip(faces, possible, strict=True))
    return InputError(
        f"Bank '{bank.card.bank}' has too few members for {len(faces)} faces, "
        f"as none is used twice. Far enough from {counts}",
        hint="Build a larger bank (`fsvfx bank build`), or pick from more of its members",
        where=where,
    )
