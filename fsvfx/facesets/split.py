"""The held-out split: stretches of footage that no training sees, and a gap on both sides of each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


def split(take: Ints, place: Ints, share: float, *, stretch: int, gap: int, seed: int) -> tuple[Bools, Bools]:
    """(held out, in a gap), each (m,): about ``share`` of the faces, in stretches of about ``stretch``.

    take (m,): which take a face is from; place (m,): its frame in the take. The faces are cut into as many zones as
    there are stretches, each with one stretch somewhere: so all of the footage has its part. Whatever else lies up to
    ``gap`` frames from a held-out face of its take is in a gap.
    """
    order = np.lexsort((place, take))
    held = np.zeros(len(order), np.bool_)
    wanted = round(share * len(order))
    if not wanted:
        return held, held.copy()
    stretches = max(1, round(wanted / stretch))
    random = np.random.default_rng(seed)
    for zone in np.array_split(order, stretches):
        length = min(len(zone), round(wanted / stretches))
        first = int(random.integers(len(zone) - length + 1))
        held[zone[first : first + length]] = True
    return held, _near(take, place, held, gap) & ~held


def _near(take: Ints, place: Ints, held: Bools, gap: int) -> Bools:
    near = np.zeros(len(take), np.bool_)
    for one in np.unique(take[held]):
        here = take == one
        edges = np.sort(place[here & held])
        after = np.searchsorted(edges, place[here])
        sides = edges[np.clip([after - 1, after], 0, len(edges) - 1)]
        near[here] = np.abs(sides - place[here]).min(axis=0) <= gap
    return near
