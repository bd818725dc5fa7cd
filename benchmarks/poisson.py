"""Our seamless cloning against OpenCV's, in one run: ``python benchmarks/poisson.py``.

Both on one thread, pictures of 256, 512 and 1024 px. Ours is float32 and solves with the plate's values at the matte's
own rim; OpenCV's (cv2.seamlessClone) is 8-bit. Ours is timed alone and with as many frames at once as the composite
stage takes. The errors: how far it is, in 8-bit steps, from the solution of many more cycles. Writes
benchmarks/results/poisson.json.
"""

from __future__ import annotations

import json
import platform
import statistics
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from fsvfx.comp.poisson import seamless
from fsvfx.stages.composite import TOGETHER

SIZES = (256, 512, 1024)
ROUNDS = 7
TARGET = Path(__file__).parent / "results" / "poisson.json"


def main() -> None:
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    rows = [_measure(size) for size in SIZES]
    told = {"device": _cpu(), "threads": 1, "torch": torch.__version__, "opencv": cv2.__version__, "sizes": rows}
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(json.dumps(told, indent=1) + "\n")
    print(json.dumps(told, indent=1))


def _measure(size: int) -> dict[str, float]:
    swap, plate, mask = _scene(size)
    tensors = [torch.from_numpy(each.transpose(2, 0, 1).copy())[None] for each in (swap, plate)]
    inside = torch.from_numpy((mask > 0).astype(np.float32))[None, None]
    eight = [(each * 255).round().astype(np.uint8) for each in (swap, plate)]
    together = max(1, TOGETHER // size**2)
    many = [each.expand(together, -1, -1, -1).contiguous() for each in (*tensors, inside)]
    spent = _alternately(
        lambda: seamless(*many),
        lambda: seamless(*tensors, inside),
        lambda: cv2.seamlessClone(*eight, mask, (size // 2, size // 2), cv2.NORMAL_CLONE),
    )
    error = (seamless(*tensors, inside) - seamless(*tensors, inside, tolerance=1e-7)).abs() * 255
    return {
        "size": size,
        "frames_together": together,
        "ours_ms_per_frame": round(spent[0] / together * 1e3, 2),
        "ours_alone_ms": round(spent[1] * 1e3, 2),
        "opencv_ms": round(spent[2] * 1e3, 2),
        "times_faster": round(spent[2] / spent[0] * together, 2),
        "times_faster_alone": round(spent[2] / spent[1], 2),
        "largest_error_in_8_bit_steps": round(float(error.max()), 4),
        "mean_error_in_8_bit_steps": round(float(error.mean()), 5),
    }


def _alternately(*each: Callable[[], object]) -> list[float]:
    """Median seconds; the rivals take turns, so that a noisy machine is noisy for both."""
    taken: list[list[float]] = [[] for _ in each]
    for call in each:
        call()
    for _ in range(ROUNDS):
        for call, times in zip(each, taken):
            started = perf_counter()
            call()
            times.append(perf_counter() - started)
    return [statistics.median(times) for times in taken]


def _scene(size: int) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.uint8]]:
    random = np.random.default_rng(0)
    y, x = np.mgrid[:size, :size] / size
    plate = 0.5 + 0.15 * np.stack([np.sin(4 * x + c) * np.cos(3 * y - c) for c in range(3)], -1)
    swap = 0.55 + 0.15 * np.stack([np.cos(9 * x * y + c) for c in range(3)], -1)
    noise = 0.01 * random.standard_normal((2, size, size, 3))
    mask = np.zeros((size, size), np.uint8)
    cv2.ellipse(mask, (size // 2, size // 2), (int(size * 0.36), int(size * 0.46)), 0, 0, 360, 255, -1)
    return (swap + noise[0]).astype(np.float32), (plate + noise[1]).astype(np.float32), mask


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


if __name__ == "__main__":
    main()
