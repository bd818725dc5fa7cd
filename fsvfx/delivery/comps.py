"""The comps of a delivery, one frame at a time, and their pixels in a delivered space and depth.

Outside the matte, pixels come directly from the plate, not through the comp.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.arrays import Data
from fsvfx.colour import PlateColour, convert
from fsvfx.comp import CompositedEntry, Patch, apply, paste
from fsvfx.comp.patch import box_of
from fsvfx.delivery.order import Order
from fsvfx.entries import AlignedEntry
from fsvfx.store import open_data
from schemas.frames import Chunk, FrameRange
from schemas.receipts import Receipt

Depth = int | str
"""Bits of integer codes (8 to 16), or ``float``."""


@dataclass(frozen=True)
class Aligned:
    """The position of a performer's crop (size, size): ``matrix`` (2, 3) plate px -> crop px, None without a face."""

    matrix: NDArray[np.float64] | None
    size: int


@dataclass(frozen=True)
class Comp:
    """One frame: plate and swaps.

    plate: (H, W, 3) as ingested, and how it is read. patches: one per replace entry, in order; None where nothing
    shows. aligned: likewise, if the order needs it. read: other inputs of the order's kinds, by stage, or
    ``references/person``: the chunk's part of them.
    """

    frame: int
    plate: NDArray[Any]
    colour: PlateColour
    patches: tuple[Patch | None, ...]
    waived: bool
    aligned: tuple[Aligned, ...] = ()
    read: Mapping[str, Data] = field(default_factory=dict)

    @cached_property
    def base(self) -> NDArray[np.float16]:
        """(H, W, 3), the plate in comp space."""
        return self.colour.to_comp(self.plate)

    @property
    def rgb(self) -> NDArray[np.float16]:
        """(H, W, 3), comp space."""
        return self._applied[0]

    @property
    def matte(self) -> NDArray[np.float16]:
        """(H, W), of all entries together."""
        return self._applied[1]

    @property
    def is_altered(self) -> bool:
        """Whether any swap is visible."""
        return bool(self.shown)

    @cached_property
    def shown(self) -> list[Patch]:
        """The patches that are not empty."""
        return [patch for patch in self.patches if patch and patch.matte.view(np.int16).any()]

    @cached_property
    def altered(self) -> Altered | None:
        """The part of the picture that contains the patches; None if no swap is visible."""
        if not self.shown:
            return None
        where = box_of(self.shown)
        rgb = self.colour.to_comp(self.plate[where]).copy()
        matte = np.zeros(rgb.shape[:2], np.float16)
        paste(rgb, matte, (where[0].start, where[1].start), self.shown)
        return Altered(where, rgb, matte)

    @cached_property
    def _applied(self) -> tuple[NDArray[np.float16], NDArray[np.float16]]:
        return apply(self.base, self.shown)


@dataclass(frozen=True)
class Altered:
    """Rows and columns of a frame; there the comp (h, w, 3) in comp space, and its matte (h, w)."""

    where: tuple[slice, slice]
    rgb: NDArray[np.float16]
    matte: NDArray[np.float16]

    @property
    def inside(self) -> NDArray[np.bool_]:
        """(h, w): where the matte is above zero."""
        return self.matte.view(np.int16) > 0


def comps(order: Order) -> Iterator[Comp]:
    """Every frame of ``order``, ascending. Waived ones are the plate's, with an empty matte.

    Chunks are opened one after the other, so memory does not grow with the shot. Raises StoreError.
    """
    for chunk in order.chunks:
        yield from _of_chunk(order, chunk)


def altered(order: Order, chunk: Chunk) -> FrameRange:
    """The frames of ``chunk`` with a visible swap."""
    composite = _data(order, "composite", chunk)
    if composite is None:
        return FrameRange(())
    shown = np.zeros(len(composite.numbers), bool)
    for entry in _composited(order, composite):
        if entry is not None:
            shown |= entry.present
    return FrameRange(number for number, there in zip(composite.numbers, shown) if there) - order.waived


def picture(order: Order, comp: Comp, space: str, depth: Depth) -> NDArray[Any]:
    """(H, W, 3) in ``space``: uint8, uint16 (codes of ``depth`` bits), or float32.

    Where the matte is zero and ``space`` is the plate's: the plate's own codes, converted to ``depth``; bit-identical
    if it has the plate's depth. Codes are rounded to the nearest, not dithered: plates have grain.
    """
    out = _plate_codes(order, comp.plate, space, depth)
    if (part := comp.altered) is not None:
        inside = part.inside
        swapped = order.colour.from_comp(part.rgb[inside], space)
        out[part.where][inside] = quantised(swapped, depth)
    return out


def preview(comp: Comp) -> NDArray[np.uint8]:
    """(H, W, 3) sRGB, for viewing, without exposure."""
    colour = comp.colour.as_shot
    out = colour.shown(comp.plate)
    if (part := comp.altered) is not None:
        cv2.copyTo(colour.preview(part.rgb), part.inside.view(np.uint8), out[part.where])
    return out


def quantised(values: NDArray[np.float32], depth: Depth) -> NDArray[Any]:
    """float32 converted to ``depth``: integer codes of 0 to 1, clipped (NaN: 0); or unchanged."""
    if depth == "float":
        return values
    top = np.float32(2 ** int(depth) - 1)
    with np.errstate(invalid="ignore"):
        finite = np.nan_to_num(values, nan=0.0, posinf=1.0, neginf=0.0)
    codes: NDArray[Any] = np.rint(np.clip(finite, 0, 1) * top)
    return codes.astype(np.uint8 if depth == 8 else np.uint16)


def _of_chunk(order: Order, chunk: Chunk) -> Iterator[Comp]:
    plate = open_data(order.store, order.of("ingest", chunk))
    composite, align = _data(order, "composite", chunk), _data(order, "align", chunk)
    composited, sizes, read = _composited(order, composite), _crop_sizes(order, align), _read(order, chunk)
    for frame in chunk.frames:
        native = plate.frame("frames", frame)
        waived = frame in order.waived
        patches = tuple(None if waived or entry is None else entry.patch(frame) for entry in composited)
        aligned = tuple(_aligned(align, index, frame, size) for index, size in enumerate(sizes))
        yield Comp(frame, native, order.colour, patches, waived, aligned, read)


def _read(order: Order, chunk: Chunk) -> dict[str, Data]:
    wanted = [one for one in order.inputs if one.stage in order.reads and one.unit.chunk in (None, chunk)]
    return {_called(one): open_data(order.store, [one], part=chunk.name) for one in wanted}


def _called(receipt: Receipt) -> str:
    return f"{receipt.stage}/{receipt.unit.person}" if receipt.unit.kind == "person" else receipt.stage


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
    """The side of each entry's crop; for all entries, if the order needs alignment (0: the whole chunk is waived)."""
    if "align" not in order.reads:
        return []
    return [AlignedEntry(align, index).size if align else 0 for index in range(len(order.job.shot.replace))]


def _aligned(align: Data | None, index: int, frame: int, size: int) -> Aligned:
    entry = AlignedEntry(align, index) if align else None
    return Aligned(entry.matrix(frame) if entry and entry.is_present(frame) else None, size)


def _plate_codes(order: Order, plate: NDArray[Any], space: str, depth: Depth) -> NDArray[Any]:
    own, config = order.colour.space, order.colour.config
    if space == own:
        if plate.dtype == np.float16 and depth == "float":
            return plate.astype(np.float32)  # exact, including NaN and infinities
        if plate.dtype != np.float16 and isinstance(depth, int):
            return _rescaled(plate, depth)
    light = plate if plate.dtype == np.float16 else plate / np.float32(np.iinfo(plate.dtype).max)
    return quantised(convert(light, own, space, config), depth)


def _rescaled(codes: NDArray[Any], bits: int) -> NDArray[Any]:
    """Codes of 8 or 16 bits as codes of ``bits``, to the nearest."""
    have, want = int(np.iinfo(codes.dtype).max), 2**bits - 1
    if have == want:
        return codes.copy()
    table = np.rint(np.arange(have + 1, dtype=np.float64) * (want / have))
    return np.asarray(table.astype(np.uint8 if bits == 8 else np.uint16)[codes])
