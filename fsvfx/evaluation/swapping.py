"""An engine at work on faces, by the clock."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from fsvfx.engines.contract import Engine, FaceBatch, Identity, SwapBatch
from fsvfx.errors import ModelError
from fsvfx.evaluation.pictures import channels_last

F32 = NDArray[np.float32]


def swapped(engine: Engine, faces: FaceBatch, identity: Identity, batch: int) -> tuple[SwapBatch, float]:
    """All faces, ``batch`` at a time, and the seconds that it took, without the first face's preparations.

    Raises ModelError if what comes of it are no numbers, InputError if the engine does.
    """
    import torch

    engine.swap(_some(faces, slice(0, 1)), identity)
    _wait(engine.device)
    started = perf_counter()
    made = [engine.swap(_some(faces, which), identity) for which in _batches(faces.frames, batch)]
    _wait(engine.device)
    seconds = perf_counter() - started
    swap = SwapBatch(torch.cat([each.crops for each in made]), torch.cat([each.matte for each in made]))
    _check_numbers(engine, swap)
    return swap, seconds


def over(plates: F32, swap: SwapBatch) -> F32:
    """The swap over plates (n, S, S, 3) under its own matte."""
    matte = channels_last(swap.matte)
    return np.asarray(plates * (1 - matte) + channels_last(swap.crops) * matte, np.float32)


def _batches(frames: tuple[int, ...], batch: int) -> Iterator[slice]:
    """Frames ascend within each, as engines may expect: where footage follows footage they begin anew."""
    start = 0
    for place in range(1, len(frames) + 1):
        if place == len(frames) or place - start == batch or frames[place] <= frames[place - 1]:
            yield slice(start, place)
            start = place


def _some(faces: FaceBatch, which: slice) -> FaceBatch:
    return FaceBatch(faces.crops[which], faces.landmarks[which], faces.frames[which])


def _wait(device: str) -> None:
    import torch

    if device.startswith("cuda"):
        torch.cuda.synchronize(device)


def _check_numbers(engine: Engine, swap: SwapBatch) -> None:
    sound = [each.isfinite().flatten(1).all(dim=1) for each in (swap.crops, swap.matte)]
    broken = int((~(sound[0] & sound[1])).sum())
    if broken:
        raise ModelError(
            f"Of {broken} of {len(swap.crops)} faces, engine '{engine.name}' gives pictures that are no numbers (NaN)",
            hint="Name another model package; training from an earlier checkpoint may be sound",
        )
