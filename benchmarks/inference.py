"""Faces a second through the networks: ``python -m benchmarks.inference [NAME ...]``.

Each engine that learns at its published sizes, with random weights: one face at a time, and 8 and 16 at once, in turn
in every round, on one core and on two. On one core processor time is measured, to exclude other processes; on two, wall
clock time. Engines of the family any_to_any get a code for each face, and their other inputs; ``small`` ones have sizes
that train on two cores. For ``fsgan`` this is completing and blending a face that is already turned, for ``unifacegan``
the steps after rendering the head. Writes benchmarks/results/inference.json; with names, only their figures are
updated.
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
from fsvfx.engines.anyone.fsgan_model import FsGanModel
from fsvfx.engines.anyone.latent_model import LatentModel
from fsvfx.engines.anyone.open_model import OpenModel
from fsvfx.engines.anyone.unifacegan_model import UniFaceGanModel
from fsvfx.engines.packaged import built
from fsvfx.engines.registry import learned
from fsvfx.engines.trainable import ClosedModel, Model

FACES, ROUNDS = 16, 2
BATCHES = (1, 8, 16)
FILE = RESULTS / "inference.json"
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
    "cihn 64, small": ("cihn", {"resolution": 64, "width": 16, "halvings": 4, "prior": "linear", "gan": 0}),
    "fsnet 64, small": ("fsnet", {"resolution": 64, "width": 16, "halvings": 4, "gan": 0}),
    "rsgan 64, small": ("rsgan", {"resolution": 64, "width": 16, "halvings": 5, "gan": 0}),
    "ipgan 64, small": ("ipgan", {"resolution": 64, "width": 16, "halvings": 4, "gan": 0}),
    "megafs 64, small": ("megafs", {"resolution": 64, "width": 16, "code": 64, "gan": 0}),
    "fsgan 64, small": ("fsgan", {"resolution": 64, "width": 12, "gan": 0}),
    "unifacegan 64, small": ("unifacegan", {"resolution": 64, "width": 16, "gan": 0}),
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
    """Faces a second for each way, and its speed as a multiple of one by one: medians of the rounds."""
    torch.set_num_threads(threads)
    fed = _fed(model)
    _predict(model, tuple(each[:1] for each in fed), 1)  # the first round only warms up
    spent: dict[int, list[float]] = {batch: [] for batch in BATCHES}
    for _ in range(ROUNDS):
        for batch, each in spent.items():
            each.append(_timed(partial(_predict, model, fed, batch), clock))
    speeds = {f"batch {batch}, faces/s": FACES / median(each) for batch, each in spent.items()}
    ratios = {
        f"batch {batch} over 1": median(a / b for a, b in zip(spent[1], each))
        for batch, each in spent.items()
        if batch > 1
    }
    return {name: round(value, 2) for name, value in (speeds | ratios).items()}


def _fed(model: Model[Any]) -> tuple[torch.Tensor, ...]:
    """Pictures; for open models also codes, and a prior if they use one."""
    size = model.resolution

    def noise(*shape: int) -> torch.Tensor:
        return torch.rand(FACES, *shape, generator=torch.Generator().manual_seed(0))

    if isinstance(model, FsGanModel):
        return noise(10, size, size), noise(4, size, size)
    if isinstance(model, UniFaceGanModel):
        return noise(7, size, size), noise(1)
    if isinstance(model, LatentModel):
        return noise(model.inputs, size, size), noise(model.code_length)
    if isinstance(model, OpenModel):
        codes = model.codes(noise(model.code_length) - 0.5)
        return noise(3, size, size), codes, *([noise(3, size, size)] if model.inputs == 6 else [])
    return (noise(3, size, size),)


def _predict(model: Model[Any], fed: tuple[torch.Tensor, ...], batch: int) -> None:
    with torch.inference_mode():
        for parts in zip(*(torch.split(each, batch) for each in fed), strict=True):
            if isinstance(model, OpenModel):
                model.swap(*parts)
            else:
                assert isinstance(model, ClosedModel)
                model.predict(parts[0], "lead")


def _timed(do: Callable[[], None], clock: Callable[[], float]) -> float:
    started = clock()
    do()
    return clock() - started


if __name__ == "__main__":
    main()
