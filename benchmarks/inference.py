"""Faces a second through the networks: ``python -m benchmarks.inference [NAME ...]``.

Each engine that learns at its published sizes, with random weights: a face at a time, and 8 and 16 at once, in turn in
every round, on one core and on two. On one core the processor's time counts, so that other processes do not; on two,
the clock's. Engines of the family any_to_any get a code for each face; ``small`` ones are of sizes that train on two
cores. Writes benchmarks/results/inference.json; with names, only their figures are made anew.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import partial
from statistics import median
from time import perf_counter, process_time
from typing import Any

import torch

from benchmarks.machine import RESULTS, save
from fsvfx.engines.anyone.open_model import OpenModel
from fsvfx.engines.packaged import built
from fsvfx.engines.registry import learned
from fsvfx.engines.trainable import ClosedModel, Model

FACES, ROUNDS = 16, 2
BATCHES = (1, 8, 16)
FILE = RESULTS / "inference.json"
CODES = torch.randn(FACES, 128, generator=torch.Generator().manual_seed(0))
MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "original 64": ("original", {}),
    "df-ud 128": ("df", {"variant": "ud"}),
    "liae-ud 128": ("liae", {}),
    "comb 128": ("comb", {"resolution": 128}),
    "simswap 128": ("simswap", {"resolution": 128, "gan": 0}),
    "simswap 64, small": ("simswap", {"resolution": 64, "width": 24, "halvings": 2, "blocks": 6, "gan": 0}),
    "faceshifter 128": ("faceshifter", {"resolution": 128, "generator_width": 512, "gan": 0}),
    "faceshifter 64, small": (
        "faceshifter",
        {"resolution": 64, "encoder_width": 16, "generator_width": 256, "gan": 0},
    ),
}


def main() -> None:
    told: dict[str, Any] = json.loads(FILE.read_text()) if sys.argv[1:] else {}
    told |= {"faces": FACES, "rounds": ROUNDS}
    for name in sys.argv[1:] or MODELS:
        engine, architecture = MODELS[name]
        model = built(learned(engine), architecture, ("lead", "double")).eval().requires_grad_(False)
        threads = {1: process_time, 2: perf_counter}
        told[name] = {f"{count} threads": _measured(model, count, clock) for count, clock in threads.items()}
        print(name, told[name], flush=True)
    save("inference", told)


def _measured(model: Model[Any], threads: int, clock: Callable[[], float]) -> dict[str, float]:
    """Faces a second of each way, and its speed as a multiple of one by one: medians of the rounds."""
    torch.set_num_threads(threads)
    pictures = torch.rand(FACES, 3, model.resolution, model.resolution)
    _predict(model, pictures[:1], 1)  # the first only warms up
    spent: dict[int, list[float]] = {batch: [] for batch in BATCHES}
    for _ in range(ROUNDS):
        for batch, each in spent.items():
            each.append(_timed(partial(_predict, model, pictures, batch), clock))
    speeds = {f"batch {batch}, faces/s": FACES / median(each) for batch, each in spent.items()}
    ratios = {
        f"batch {batch} over 1": median(a / b for a, b in zip(spent[1], each))
        for batch, each in spent.items()
        if batch > 1
    }
    return {name: round(value, 2) for name, value in (speeds | ratios).items()}


def _predict(model: Model[Any], pictures: torch.Tensor, batch: int) -> None:
    with torch.inference_mode():
        for part in pictures.split(batch):
            if isinstance(model, OpenModel):
                model.swap(part, model.codes(CODES[: len(part)]))
            else:
                assert isinstance(model, ClosedModel)
                model.predict(part, "lead")


def _timed(do: Callable[[], None], clock: Callable[[], float]) -> float:
    started = clock()
    do()
    return clock() - started


if __name__ == "__main__":
    main()
