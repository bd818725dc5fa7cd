"""The comps of a delivery, one frame at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsvfx.arrays import Data
from fsvfx.colour import plate_to_comp
from fsvfx.comp import CompositedEntry, Patch, apply
from fsvfx.delivery.order import Order
from fsvfx.entries import AlignedEntry
from fsvfx.store import open_data
from schemas.frames import Chunk, FrameRange


@dataclass(frozen=True)
class Aligned:
    """Where a performer's crop (size, size) lies: ``matrix`` (2, 3) plate px -> crop px, None without a face."""

    matrix: NDArray[np.float64] | None
    size: int


@dataclass(frozen=True)
class Comp:
    """One frame: plate and swaps.

    plate: (H, W, 3) as ingested. base: the same in comp space, float16. patches: one per replace entry, in order; None
    where it shows nothing. aligned: likewise, where the order asks for it.
    """

    frame: int
    plate: NDArray[Any]
    base: NDArray[np.float16]
    patches: tuple[Patch | None, ...]
    waived: bool
    aligned: tuple[Aligned, ...] = ()

    @property
    def rgb(self) -> NDArray[np.float16]:
        """(H, W, 3), comp space."""
        return self._applied[0]

    @property
    def matte(self) -> NDArray[np.float16]:
        """(H, W), of all entries together."""
        return self._applied[1]

    @cached_property
    def _applied(self) -> tuple[NDArray[np.float16], NDArray[np.float16]]:
        return apply(self.base, [patch for patch in self.patches if patch])


def comps(order: Order) -> Iterator[Comp]:
    """Every frame of ``order``, ascending. Waived ones are the plate's, with an empty matte.

    Chunks are opened one after the other, so memory does not grow with the shot. Raises StoreError.
    """
    for chunk in order.chunks:
        yield from _of_chunk(order, chunk)


def altered(order: Order, chunk: Chunk) -> FrameRange:
    """The frames of ``chunk`` that show a swap."""
    composite = _data(order, "composite", chunk)
    if composite is None:
        return FrameRange(())
    shown = np.zeros(len(composite.numbers), bool)
    for entry in _composited(order, composite):
        if entry is not None:
            shown |= entry.present
    return FrameRange(number for number, there in zip(composite.numbers, shown) if there) - order.waived


def _of_chunk(order: Order, chunk: Chunk) -> Iterator[Comp]:
    plate = open_data(order.store, order.of("ingest", chunk))
    composite, align = _data(order, "composite", chunk), _data(order, "align", chunk)
    composited, sizes = _composited(order, composite), _crop_sizes(order, align)
    for frame in chunk.frames:
        native = plate.frame("frames", frame)
        base = plate_to_comp(native, order.job.shot.plate.color_space, order.job.colour_config)
        waived = frame in order.waived
        patches = tuple(None if waived or entry is None else entry.patch(frame) for entry in composited)
        aligned = tuple(_aligned(align, index, frame, size) for index, size in enumerate(sizes))
        yield Comp(frame, native, base, patches, waived, aligned)


def _data(order: Order, stage: str, chunk: Chunk) -> Data | None:
    receipts = order.of(stage, chunk)
    return open_data(order.store, receipts) if receipts else None


def _composited(order: Order, composite: Data | None) -> list[CompositedEntry | None]:
    """One per replace entry; None where nothing was composited for it."""
    if composite is None:
        return [None] * len(order.job.shot.replace)
    entries = (CompositedEntry(composite, index) for index in range(len(order.job.shot.replace)))
    return [entry if entry.is_there else None for entry in entries]


def _crop_sizes(order: Order, align: Data | None) -> list[int]:
    """The side of each entry's crop; of all entries, where the order asks for alignment (0: chunk waived whole)."""
    if not order.wants_alignment:
        return []
    return [AlignedEntry(align, index).size if align else 0 for index in range(len(order.job.shot.replace))]


def _aligned(align: Data | None, index: int, frame: int, size: int) -> Aligned:
    entry = AlignedEntry(align, index) if align else None
    return Aligned(entry.matrix(frame) if entry and entry.is_present(frame) else None, size)
