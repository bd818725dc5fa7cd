"""Poisson's equation on masks of any shape: multigrid, by numba on the CPU, by torch elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fsvfx.comp.multigrid.cycles import load, solve, unload
from fsvfx.comp.multigrid.levels import Levels, levels
from fsvfx.comp.multigrid.torch_cycles import Grids
from fsvfx.errors import MachineError

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
I64 = NDArray[np.int64]
Made = TypeVar("Made")
Task = TypeVar("Task")

_MOST = 200
"""Cycles, then it gives up. Each leaves about an eighth of the error; half, where strips have free sides."""


def harmonic(
    values: Tensor, inside: Tensor, rim: Tensor, source: Tensor | None, tolerance: float, by_torch: bool = False
) -> Tensor:
    """Extend ``values`` (n, C, h, w) float32 from the rim into the mask; 0 elsewhere, and in parts without a rim.

    inside, rim: (n, 1, h, w) bool, apart; all else is free. source: (n, C, h, w), what each pixel's four (or fewer)
    differences to its neighbours add up to, 0 if not given. tolerance: the error, as a share of half the range of a
    channel's values on the rim. by_torch: as on a GPU. Raises MachineError if the tolerance is not reached.
    """
    masks, rims = (each[:, 0].byte().cpu().numpy() for each in (inside, rim))
    held = [_held(*each) for each in zip(masks, rims)]
    made = _in_threads(lambda each: levels(*each), zip(held, rims))
    given = np.zeros((0, 0), np.float32)
    rim_at = [(rows, columns) for rows, columns in map(np.nonzero, rims)]
    channels = [
        _Channel(made[n], held[n], rim_at[n], _array(values[n, c]), given if source is None else _array(source[n, c]))
        for n in range(len(values))
        for c in range(values.shape[1])
    ]
    if by_torch or values.device.type != "cpu":
        b = torch.from_numpy(np.stack([each.b.reshape(4, -1) for each in channels])).to(values.device)
        found, error = Grids(made, b.view(*values.shape[:2], *b.shape[1:])).solve(tolerance, _MOST)
        results = list(found.flatten(0, 1).cpu().numpy())
    else:
        solved = _in_threads(lambda each: each.solve(tolerance), channels)
        results, error = [result for result, _ in solved], max(error for _, error in solved)
    if not error < tolerance:
        raise MachineError(
            f"Seamless cloning is off by about {error:.0e} of its rim's range after {_MOST} cycles",
            hint="Look for thin strips in the matte, with something in front of the face on both sides, and erode them",
        )
    pictures = torch.empty(len(channels), *masks.shape[1:])
    for each, result, picture in zip(channels, results, pictures):
        each.unload(result, picture.numpy())
    return pictures.view(values.shape).to(values.device)


def _in_threads(work: Callable[[Task], Made], tasks: Iterable[Task]) -> list[Made]:
    """In as many threads as torch may have: workers are held to their share of the machine by that."""
    tasks = list(tasks)
    threads = min(torch.get_num_threads(), len(tasks))
    if threads < 2:
        return [work(task) for task in tasks]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, tasks))


def _held(inside: U8, rim: U8) -> U8:
    """``inside`` without its parts that no value holds."""
    known = np.pad(inside | rim, 1)
    closed = known[:-2, 1:-1] & known[2:, 1:-1] & known[1:-1, :-2] & known[1:-1, 2:]
    if not (inside & ~closed).any():
        return inside
    from scipy.ndimage import binary_dilation, label

    parts, _ = label(inside)
    touching = binary_dilation(rim) & (inside > 0)
    return (np.isin(parts, np.unique(parts[touching])) & (inside > 0)).astype(np.uint8)


def _array(values: Tensor) -> F32:
    return np.ascontiguousarray(values.cpu().numpy())


class _Channel:
    """One channel of a frame; values, inside: (h, w); source likewise, or empty; rim: rows and columns."""

    def __init__(self, made: Levels, inside: U8, rim: tuple[I64, I64], values: F32, source: F32) -> None:
        self._made, self._inside = made, inside
        height, width, _, _ = made.table[0]
        self.b = np.zeros((4, (height + 1) // 2 + 2, (width + 1) // 2 + 2), np.float32)
        self._range = (0.0, 0.0)
        if len(rim[0]):
            self._range = load(values, inside, *rim, source, self.b)

    def solve(self, tolerance: float) -> tuple[F32, float]:
        """(4, places), and an estimate of the largest error, of a range of 2: so there is some room."""
        places = len(self._made.equations) // 6
        x, b, result = (
            np.zeros(places, np.float32),
            np.zeros(places, np.float32),
            np.zeros((4, self.b[0].size), np.float32),
        )
        b[: self.b.size] = self.b.ravel()
        return result, solve(*self._made, x, b, result, tolerance, _MOST)

    def unload(self, result: F32, out: F32) -> None:
        """The picture (h, w)."""
        middle, half = self._range
        unload(result, self._inside, middle, half, self.b.shape[2], out)
