"""Our seamless cloning against a direct solve and against OpenCV's, in one run: ``python -m benchmarks.poisson``.

Pictures of 256 to 2048 px with an ellipse for a mask. Ours is float32 and keeps the plate's values at the mask's own
rim, to a tolerance of 1e-5 of the rim's range; OpenCV's (cv2.seamlessClone) is 8-bit. Times: each rival in turn, the
median of the ratios, of processor and of wall time; ours has one thread, OpenCV's one or all. On a shared machine,
processor time is the reliable figure. Exactness: the largest difference from scipy's sparse LU in float64 (up to 512
px), and the residual of the five-point equation, in float64, both as a share of the rim's range. Agreement: in 8-bit
steps, once with a swap that is the plate plus a constant and something inside, where both solve the same problem; once
with any swap, where OpenCV's uses the plate's gradients in three pixels along the rim, changes pixels outside the mask,
and clips. Writes benchmarks/results/poisson.json.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from time import perf_counter, process_time
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import convolve
from scipy.sparse import coo_matrix, diags
from scipy.sparse.linalg import splu

from benchmarks.machine import save
from fsvfx.comp.poisson import TOLERANCE, seamless

F32 = NDArray[np.float32]

SIZES = (256, 512, 1024, 2048)
DIRECT = 512
"""Largest picture that is solved directly."""
ROUNDS = 3
_CROSS = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], float)


def main() -> None:
    figures = [_measure(size) for size in SIZES]
    told = {"opencv": cv2.__version__, "tolerance": TOLERANCE, "load": _load()}
    told["honest"] = "others use this machine: compare cpu times at one thread"
    print(save("poisson", {**told, "sizes": figures}).read_text())


def _measure(size: int) -> dict[str, Any]:
    found: dict[str, Any] = {"size": size, "exactness": _exactness(size), "same_picture": _same_picture(size)}
    for threads in sorted({1, os.cpu_count() or 1}):
        found[f"threads_{threads}"] = _times(size, threads)
    return found


def _times(size: int, threads: int) -> dict[str, float]:
    cv2.setNumThreads(threads)
    swap, plate, mask = scene(size)
    eights = _eight(swap), _eight(plate)
    spent = _alternately(lambda: _ours(swap, plate, mask), lambda: _opencv(*eights, mask))
    return _compared(spent[..., 0], "cpu") | _compared(spent[..., 1], "wall")


def _compared(spent: NDArray[np.float64], clock: str) -> dict[str, float]:
    ours, theirs = spent * 1e3
    return {
        f"ours_{clock}_ms": _rounded(np.median(ours)),
        f"opencv_{clock}_ms": _rounded(np.median(theirs)),
        f"times_faster_{clock}": _rounded(np.median(theirs / ours)),
    }


def _alternately(*each: Callable[[], object]) -> NDArray[np.float64]:
    """Seconds of processor and of wall clock (rival, round, 2); they take turns, so that noise affects all."""
    for call in each:
        call()
    taken = np.zeros((len(each), ROUNDS, 2))
    for round_ in range(ROUNDS):
        for rival, call in enumerate(each):
            started = process_time(), perf_counter()
            call()
            taken[rival, round_] = process_time() - started[0], perf_counter() - started[1]
    return taken


def _exactness(size: int) -> dict[str, float]:
    swap, plate, mask = scene(size)
    inside = mask > 0
    # In float64 from here on: float32 pictures would hide the errors to be measured.
    membrane = _ours(np.zeros_like(swap), plate - swap, mask).astype(np.float64)
    lack = np.stack([4 * each - convolve(each, _CROSS) for each in np.moveaxis(membrane, -1, 0)], -1)
    rim = (convolve(inside.astype(float), _CROSS) > 0) & ~inside
    span = np.ptp((plate - swap)[rim], axis=0).max()
    found = {"residual": float(np.abs(lack[inside]).max() / span)}
    if size <= DIRECT:
        exact = _direct((plate - swap).astype(np.float64), inside)
        found["difference_to_direct_solve"] = float(np.abs(membrane[inside] - exact).max() / span)
    return {name: float(f"{value:.2g}") for name, value in found.items()}


def _direct(values: NDArray[np.float64], inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The five-point equation by sparse LU; the mask must not reach the picture's edge. (points, C)"""
    ys, xs = np.nonzero(inside)
    index = np.full(inside.shape, -1)
    index[inside] = np.arange(len(ys))
    right = np.zeros((len(ys), values.shape[2]))
    rows, columns = [], []
    for y, x in ((ys, xs - 1), (ys, xs + 1), (ys - 1, xs), (ys + 1, xs)):
        solved = inside[y, x]
        right[~solved] += values[y[~solved], x[~solved]]
        rows.append(np.flatnonzero(solved))
        columns.append(index[y[solved], x[solved]])
    places = np.concatenate(rows), np.concatenate(columns)
    links = coo_matrix((np.ones(len(places[0])), places), shape=(len(ys), len(ys)))
    matrix = (diags(np.full(len(ys), 4.0)) - links).tocsc()
    return np.asarray(splu(matrix, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True}).solve(right))


def _same_picture(size: int) -> dict[str, float]:
    swap, plate, mask = scene(size)
    y, x = np.mgrid[:size, :size] / size - 0.5
    inner = np.clip(0.25 - np.hypot(x, y), 0, None)[..., None] ** 2
    like = (plate + 0.1 + 2 * inner).astype(np.float32)
    inside = mask > 0
    theirs = [_opencv(_eight(each), _eight(plate), mask) for each in (like, swap)]
    steps = [np.abs(_ours(each, plate, mask) * 255 - other) for each, other in zip((like, swap), theirs)]
    outside = (_eight(plate) != theirs[1])[~inside]
    return {
        "alike_largest": _rounded(steps[0][inside].max()),
        "alike_mean": _rounded(steps[0][inside].mean()),
        "any_largest": _rounded(steps[1][inside].max()),
        "any_mean": _rounded(steps[1][inside].mean()),
        "share_of_outside_that_opencv_changes": _rounded(outside.any(-1).mean()),
    }


def _ours(swap: F32, plate: F32, mask: NDArray[np.uint8]) -> F32:
    return seamless(swap, plate, mask > 0)


def _opencv(swap: NDArray[np.uint8], plate: NDArray[np.uint8], mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    middle = mask.shape[1] // 2, mask.shape[0] // 2
    eroded = mask.copy()  # OpenCV writes into it
    return np.asarray(cv2.seamlessClone(swap, plate, eroded, middle, cv2.NORMAL_CLONE), np.uint8)


def _eight(picture: F32) -> NDArray[np.uint8]:
    return np.asarray((picture * 255).round().clip(0, 255), np.uint8)


def scene(size: int) -> tuple[F32, F32, NDArray[np.uint8]]:
    """Swap, plate, mask; the mask's box is centered in the picture, where OpenCV places it."""
    random = np.random.default_rng(0)
    y, x = np.mgrid[:size, :size] / size
    plate = 0.5 + 0.15 * np.stack([np.sin(4 * x + c) * np.cos(3 * y - c) for c in range(3)], -1)
    swap = 0.55 + 0.15 * np.stack([np.cos(9 * x * y + c) for c in range(3)], -1)
    noise = 0.01 * random.standard_normal((2, size, size, 3))
    mask = np.zeros((size, size), np.uint8)
    cv2.ellipse(mask, (size // 2, size // 2), (int(size * 0.36), int(size * 0.46)), 0, 0, 360, 255, -1)
    return (swap + noise[0]).astype(np.float32), (plate + noise[1]).astype(np.float32), mask


def _load() -> float:
    """The number of competing processes: above the number of cores, times are longer than they should be."""
    return _rounded(os.getloadavg()[0])


def _rounded(value: float) -> float:
    return round(float(value), 3)


if __name__ == "__main__":
    main()
