"""Faces a second through the networks: ``python -m benchmarks.inference``.

Each engine that learns at its published sizes, with random weights: a face at a time, and 8 and 16 at once, each of
these also with a pixel's channels side by side in memory; in turn, in every round, on one core and on two. On one core
the processor's time counts, so that other processes do not; on two, the clock's. Writes results/inference.json.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from statistics import median
from time import perf_counter, process_time
from typing import Any

import torch

from benchmarks.machine import save
from fsvfx.engines.learned import built
from fsvfx.engines.registry import learned
from fsvfx.engines.trainable import Model

FACES, ROUNDS = 16, 3
BATCHES = (1, 8, 16)
MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "original 64": ("original", {}),
    "df-ud 128": ("df", {"variant": "ud"}),
    "liae-ud 128": ("liae", {}),
    "comb 128": ("comb", {"resolution": 128}),
}


def main() -> None:
    told: dict[str, Any] = {"faces": FACES, "rounds": ROUNDS}
    for name, (engine, architecture) in MODELS.items():
        model = built(learned(engine), architecture, ("lead", "double")).eval().requires_grad_(False)
        threads = {1: process_time, 2: perf_counter}
        told[name] = {f"{count} threads": _measured(model, count, clock) for count, clock in threads.items()}
        print(name, told[name], flush=True)
    save("inference", told)


def _measured(model: Model, threads: int, clock: Callable[[], float]) -> dict[str, float]:
    """Faces a second of each way, and its speed as a multiple of one by one: medians of the rounds."""
    torch.set_num_threads(threads)
    pictures = torch.rand(FACES, 3, model.resolution, model.resolution)
    layouts = {"": torch.contiguous_format, " channels last": torch.channels_last}
    spent: dict[str, list[float]] = {}
    for turn in range(ROUNDS + 1):
        for layout, memory in layouts.items():
            model.to(memory_format=memory)
            for batch in BATCHES:
                seconds = _timed(partial(_predict, model, pictures.to(memory_format=memory), batch), clock)
                if turn:  # the first only warms up
                    spent.setdefault(f"{batch}{layout}", []).append(seconds)
    single = spent["1"]
    speeds = {f"batch {way}, faces/s": FACES / median(each) for way, each in spent.items()}
    ratios = {f"batch {way} over 1": median(a / b for a, b in zip(single, each)) for way, each in spent.items()}
    return {name: round(value, 2) for name, value in (speeds | ratios).items() if name != "batch 1 over 1"}


def _predict(model: Model, pictures: torch.Tensor, batch: int) -> None:
    with torch.inference_mode():
        for part in pictures.split(batch):
            model.predict(part, "lead")


def _timed(do: Callable[[], None], clock: Callable[[], float]) -> float:
    started = clock()
    do()
    return clock() - started


if __name__ == "__main__":
    main()
