"""Poisson's equation on masks of any shape: by OpenCV and numpy on the CPU, by torch elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.comp.multigrid.gradients import solve
from fsvfx.comp.multigrid.levels import Levels, around, levels, padded
from fsvfx.errors import MachineError

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
Bool = NDArray[np.bool_]

_MOST = 200
"""Maximum number of steps. Each reduces the error to about an eighth, or to half in strips with free sides."""
_PARTS = 10.0
"""A source of this many times the rim's range sets the scale."""


def harmonic(
    values: F32,
    inside: Bool,
    rim: Bool,
    source: F32 | None,
    tolerance: float,
    least: F32 | None = None,
    device: str = "cpu",
) -> F32:
    """Extend ``values`` (points, C) float32 from the rim into the mask: (C, h, w), 0 elsewhere, and in parts without a
    rim.

    inside, rim: (h, w), disjoint; all else is free. ``values`` are those of the rim, row by row. source: (C, h, w), the
    sum of each pixel's four (or fewer) differences to its neighbors; default 0. tolerance: the error, as a share of
    half the range of a channel's values on the rim. least: (C,), an absolute error per channel that is always good
    enough; default 0. device: where to solve it, as torch names it. Raises MachineError if the tolerance isn't reached.
    """
    out = np.zeros((values.shape[1], *inside.shape), np.float32)
    held = _held(inside.view(np.uint8), rim.view(np.uint8))
    if not held.any():
        return out
    grids = levels(held, rim.view(np.uint8))
    given = [_given(grids, one, rim, None if source is None else source[c]) for c, one in enumerate(values.T)]
    finest = np.zeros(len(given)) if least is None else least
    wanted = [max(tolerance, float(one / each.half)) for one, each in zip(finest, given, strict=True)]
    found, error = _solved(grids, np.stack([each.right for each in given]), wanted, device)
    if not error < 1:
        raise MachineError(
            f"After {_MOST} steps seamless cloning is still off by about {error:.1g} times the tolerance",
            hint="Look for thin strips in the matte, with something in front of the face on both sides, and erode them",
        )
    height, width = inside.shape
    for one, each, to in zip(found, given, out, strict=True):
        np.multiply(one[:height, :width], each.half, out=to)
        to += each.middle
        to *= held
    return out


@dataclass(frozen=True)
class _Given:
    """One channel's right-hand side, for values scaled to run from -1 to 1 on the rim."""

    right: F32
    middle: np.float32
    half: np.float32


def _given(grids: Levels, values: F32, rim: Bool, source: F32 | None) -> _Given:
    most, fewest, mask = values.max(), values.min(), grids.grids[0].inside
    middle, half = (most + fewest) / 2, max((most - fewest) / 2, np.float32(1e-12))
    if source is not None:
        half = max(half, np.abs(source).max() / np.float32(_PARTS))
    known = np.zeros_like(mask)
    known[: rim.shape[0], : rim.shape[1]][rim] = (values - middle) / half
    right = around(known)
    if source is not None:
        right += padded(source) / half
    right *= mask
    return _Given(right, middle, half)


def _solved(grids: Levels, right: F32, wanted: Sequence[float], device: str) -> tuple[F32, float]:
    """Each channel (C, h, w), and the largest error, as a multiple of the error ``wanted`` for each."""
    if device == "cpu":
        found = [solve(grids, one, most, _MOST) for one, most in zip(right, wanted, strict=True)]
        return np.stack([x for x, _ in found]), max(error / most for (_, error), most in zip(found, wanted))
    from fsvfx.comp.multigrid.on_gpu import solve_together  # here: planning imports every stage, and torch is heavy

    together, error = solve_together(grids, right, min(wanted), _MOST, device)
    return together, error / min(wanted)


def _held(inside: U8, rim: U8) -> U8:
    """``inside`` without the parts that touch no fixed value."""
    known = np.pad(inside | rim, 1)
    closed = known[:-2, 1:-1] & known[2:, 1:-1] & known[1:-1, :-2] & known[1:-1, 2:]
    if not (inside & ~closed).any():
        return inside
    count, parts = cv2.connectedComponents(inside, connectivity=4)
    keep = np.zeros(count, np.uint8)
    touching = (cv2.dilate(rim, _CROSS) > 0) & (inside > 0)
    keep[parts[touching]] = 1
    return np.asarray(keep[parts] & inside, np.uint8)


_CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
