"""The comps of a delivery, one frame at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fsvfx.colour import plate_to_comp
from fsvfx.comp import Patch, apply
from fsvfx.delivery.order import Order
from fsvfx.stages.contract import Data
from fsvfx.store import open_data
from schemas.frames import Chunk, FrameRange


@dataclass(frozen=True)
class Comp:
    """One frame: rgb (H, W, 3) and matte (H, W), float16, comp space."""

    frame: int
    rgb: NDArray[np.float16]
    matte: NDArray[np.float16]
    waived: bool


def comps(order: Order) -> Iterator[Comp]:
    """Every frame of ``order``, ascending. Waived ones are the plate's, with an empty matte.

    Chunks are opened one after the other, so memory does not grow with the shot. Raises StoreError.
    """
    for chunk in order.chunks:
        yield from _of_chunk(order, chunk)


def altered(order: Order, chunk: Chunk) -> FrameRange:
    """The frames of ``chunk`` that show a swap."""
    composite = _composite(order, chunk)
    if composite is None:
        return FrameRange(())
    shown = np.zeros(len(composite.numbers), bool)
    for entry in _entries(order, composite):
        shown |= np.asarray(composite.frames(f"{entry}/present"), bool)
    return FrameRange(number for number, there in zip(composite.numbers, shown) if there) - order.waived


def _of_chunk(order: Order, chunk: Chunk) -> Iterator[Comp]:
    plate = open_data(order.store, order.of("ingest", chunk))
    composite = _composite(order, chunk)
    entries = _entries(order, composite) if composite else []
    for frame in chunk.frames:
        base = plate_to_comp(plate.frame("frames", frame), order.job.shot.plate.color_space, order.job.colour_config)
        waived = frame in order.waived
        patches = [] if waived or composite is None else _patches(composite, entries, frame)
        yield Comp(frame, *apply(base, patches), waived)


def _composite(order: Order, chunk: Chunk) -> Data | None:
    receipts = order.of("composite", chunk)
    return open_data(order.store, receipts) if receipts else None


def _entries(order: Order, composite: Data) -> list[str]:
    entries = [f"r{index}" for index in range(len(order.job.shot.replace))]
    return [entry for entry in entries if composite.has(f"{entry}/present")]


def _patches(composite: Data, entries: list[str], frame: int) -> Iterator[Patch]:
    for entry in entries:
        if composite.frame(f"{entry}/present", frame):
            y, x = (int(value) for value in composite.frame(f"{entry}/origin", frame))
            patch = np.asarray(composite.frame(f"{entry}/patch", frame), np.float16)
            matte = np.asarray(composite.frame(f"{entry}/matte", frame), np.float16)
            yield Patch((y, x), patch, matte)
