"""The layers of an EXR deliverable: mattes, premultiplied swaps, ST-maps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsvfx.comp import Patch
from fsvfx.comp.patch import paste
from fsvfx.delivery.comps import Aligned, Comp
from fsvfx.delivery.layer_names import LayerNames
from fsvfx.delivery.stmap import stmap
from fsvfx.media.exr.writer import MATTE_CHANNEL, ExrPart
from schemas.deliver import DeliverExr

Half = NDArray[np.float16]
Turn = Callable[[Half], Half]
"""From comp space to the delivered space."""


def exr_parts(wish: DeliverExr, comp: Comp, names: list[LayerNames], turn: Turn) -> list[ExrPart]:
    """What ``wish`` shows of ``comp``: first RGB with the joint matte, then its layers, ST-maps last."""
    parts = [ExrPart("rgb", {"RGB": turn(comp.rgb), MATTE_CHANNEL: comp.matte})]
    if "matte" in wish.layers and names:
        own = {name.matte: matte_of(comp, entry) for entry, name in enumerate(names)}
        parts.append(ExrPart("matte", own, is_data=wish.parts == "multi"))
    if "swap" in wish.layers:
        swaps = zip(names, swap_layers(comp, turn))
        parts += [ExrPart(name.swap, _colours(name.swap, layer)) for name, layer in swaps]
    if wish.parts == "single":
        parts = [ExrPart("rgb", {name: array for part in parts for name, array in part.channels.items()})]
    if "stmap" in wish.layers:
        height, width = comp.matte.shape
        parts += [_stmap_part(name.stmap, one, height, width) for name, one in zip(names, comp.aligned)]
    return parts


def matte_of(comp: Comp, entry: int) -> Half:
    """(H, W) of one replace entry; black where it shows nothing."""
    matte: Half = np.zeros(comp.base.shape[:2], np.float16)
    patch = comp.patches[entry]
    if patch is not None:
        matte[_area(patch)] = patch.matte
    return matte


def swap_layers(comp: Comp, turn: Turn) -> Iterator[Half]:
    """Of each entry, in order, what lies over: (H, W, 3), premultiplied, in the space that ``turn`` leads to.

    ``before * (1 - matte) + swap`` is the comp after the entry, where ``before`` is the plate, or the comp after the
    entries before it. Zero outside the matte. Where the plate holds no finite number the swap is the comp's.
    """
    under = comp.base.copy()
    joint: Half = np.zeros(under.shape[:2], np.float16)
    for patch in comp.patches:
        layer: Half = np.zeros(under.shape, np.float16)
        if patch is not None:
            area = _area(patch)
            before = turn(np.ascontiguousarray(under[area])).astype(np.float32)
            paste(under, joint, (0, 0), [patch])
            after = turn(np.ascontiguousarray(under[area]))
            layer[area] = _premultiplied(before, after, patch.matte)
        yield layer


def _premultiplied(before: NDArray[np.float32], after: Half, matte: Half) -> Half:
    share = matte.astype(np.float32)[..., None]
    with np.errstate(invalid="ignore", over="ignore"):
        swap = (after - before * (1 - share)).astype(np.float16)
    swap = np.where(np.isfinite(swap), swap, after)
    return np.where(share > 0, swap, np.float16(0))


def _area(patch: Patch) -> tuple[slice, slice]:
    (y, x), (height, width) = patch.origin, patch.matte.shape
    return slice(y, y + height), slice(x, x + width)


def _colours(layer: str, rgb: Half) -> dict[str, Half]:
    return {f"{layer}.{letter}": rgb[..., index] for index, letter in enumerate("RGB")}


def _stmap_part(name: str, aligned: Aligned, height: int, width: int) -> ExrPart:
    uv = stmap(aligned.matrix, aligned.size, height, width)
    told: dict[str, Any] = {"fsvfx/crop_size": aligned.size}
    if aligned.matrix is not None:
        told["fsvfx/plate_to_crop"] = " ".join(f"{value:.9g}" for value in aligned.matrix.ravel())
    return ExrPart(name, {f"{name}.R": uv[..., 0], f"{name}.G": uv[..., 1]}, told, is_data=True)
