"""The layers of an EXR deliverable: mattes, premultiplied swaps, ST-maps; and their names. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.colour.planes import from_half, half_of
from fsvfx.comp import Patch
from fsvfx.comp.highlights import scaled
from fsvfx.comp.patch import paste
from fsvfx.delivery.comps import Aligned, Comp
from fsvfx.media.exr.writer import MATTE_CHANNEL, ExrPart
from schemas.deliver import DeliverExr
from schemas.manifest import Replace

Half = NDArray[np.float16]
Turn = Callable[[Half], Half]
"""From comp space to the delivered space."""

_TAKEN = {"a", "alpha", "r", "g", "b", "red", "green", "blue", "y"}
"""``matte.A`` is the joint matte; compositing programs take the others for colors."""
NOWHERE = -1.0
"""On frames without the face: outside of any picture."""


@dataclass(frozen=True)
class LayerNames:
    """Of one replace entry: its matte's channel, and the layers before ``.R``, ``.G``, ``.B``."""

    matte: str
    swap: str
    stmap: str


def layer_names(replace: Sequence[Replace]) -> list[LayerNames]:
    """``matte.<performer>``, ``swap.<identity>``, ``stmap.<performer>`` of each entry; all unique.

    Letters, digits and ``_`` are kept, as Nuke's layers allow no others (a dot would split them). For an identity with
    several faces, or two similar names, the performer's name or the entry's number is added.
    """
    performers = _apart(_plain(entry.performer) for entry in replace)
    identities = [_plain(entry.goes_in) for entry in replace]
    often = {name for name in identities if sum(name.lower() == other.lower() for other in identities) > 1}
    swaps = _apart(f"{name}_{own}" if name in often else name for name, own in zip(identities, performers))
    return [LayerNames(f"matte.{own}", f"swap.{swap}", f"stmap.{own}") for own, swap in zip(performers, swaps)]


def exr_parts(wish: DeliverExr, comp: Comp, names: list[LayerNames], turn: Turn) -> list[ExrPart]:
    """The parts of ``comp`` that ``wish`` includes: first RGB with the joint matte, then its layers, ST-maps last."""
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
    """(H, W) of one replace entry; black where nothing shows."""
    matte: Half = np.zeros(comp.base.shape[:2], np.float16)
    patch = comp.patches[entry]
    if patch is not None:
        matte[_area(patch)] = patch.matte
    return matte


def swap_layers(comp: Comp, turn: Turn) -> Iterator[Half]:
    """The overlay of each entry, in order: (H, W, 3), premultiplied, in the space that ``turn`` converts to.

    ``before * (1 - matte) + swap`` is the comp after the entry, where ``before`` is the plate, or the comp after the
    previous entries. Zero outside the matte. Where the plate is not finite the swap is the comp's.
    """
    before: list[Patch] = []
    for patch in comp.patches:
        layer: Half = np.zeros(comp.base.shape, np.float16)
        if patch is not None:
            under = comp.base[_area(patch)].copy()
            joint: Half = np.zeros(under.shape[:2], np.float16)
            paste(under, joint, patch.origin, before)
            plain = from_half(turn(under))
            paste(under, joint, patch.origin, [patch])
            _premultiplied(plain, turn(under), patch.matte, layer[_area(patch)])
            before.append(patch)
        yield layer


def stmap(matrix: NDArray[np.float64] | None, crop: int, height: int, width: int) -> NDArray[np.float32]:
    """For each plate pixel, its position in the crop: (height, width, 2) float32, u to the right, v upward.

    matrix: (2, 3), plate px -> px of the (crop, crop) square, (0, 0) the center of the first pixel, y down (as returned
    by align). u and v run from 0 at the crop's left and lower border to 1 at its right and upper one; the center of the
    lower left pixel is at (0.5 / crop, 0.5 / crop): the convention of Nuke's STMap, which thus warps the crop onto the
    plate. They continue beyond the crop, below 0 and above 1. Without a matrix all are -1.
    """
    if matrix is None:
        return np.full((height, width, 2), NOWHERE, np.float32)
    x, y = np.arange(width, dtype=np.float64), np.arange(height, dtype=np.float64)[:, None]
    planes = np.empty((2, height, width), np.float32)
    (a, b, c), (d, e, f) = matrix / crop
    np.add(a * x + (c + 0.5 / crop), b * y, out=planes[0], casting="same_kind")
    np.add(1.0 - 0.5 / crop - f - d * x, -e * y, out=planes[1], casting="same_kind")
    return np.moveaxis(planes, 0, -1)


def _premultiplied(before: NDArray[np.float32], after: Half, matte: Half, out: Half) -> None:
    """Into ``out`` (h, w, 3), where the matte is not zero."""
    with np.errstate(invalid="ignore", over="ignore"):
        swap = from_half(after)
        swap -= scaled(before, 1 - from_half(matte))
    bits = half_of(swap).view(np.int16)
    infinite = (bits & _EXPONENT) == _EXPONENT
    if infinite.any():
        np.copyto(bits, after.view(np.int16), where=infinite)
    cv2.copyTo(bits, (matte.view(np.int16) > 0).view(np.uint8), out.view(np.int16))


_EXPONENT = np.int16(0x7C00)
"""A half's exponent with all bits set: infinity or NaN. numpy is slow on single halves."""


def _area(patch: Patch) -> tuple[slice, slice]:
    (y, x), (height, width) = patch.origin, patch.matte.shape
    return slice(y, y + height), slice(x, x + width)


def _colours(layer: str, rgb: Half) -> dict[str, Half]:
    return {f"{layer}.{letter}": rgb[..., index] for index, letter in enumerate("RGB")}


def _stmap_part(name: str, aligned: Aligned, height: int, width: int) -> ExrPart:
    uv = stmap(aligned.matrix, aligned.size, height, width)
    attributes: dict[str, Any] = {"fsvfx/crop_size": aligned.size}
    if aligned.matrix is not None:
        attributes["fsvfx/plate_to_crop"] = " ".join(f"{value:.9g}" for value in aligned.matrix.ravel())
    return ExrPart(name, {f"{name}.R": uv[..., 0], f"{name}.G": uv[..., 1]}, attributes, is_data=True)


def _plain(name: str) -> str:
    text = re.sub(r"[^A-Za-z0-9_]", "_", name)
    return f"_{text}" if text[0].isdigit() else text


def _apart(names: Iterable[str]) -> list[str]:
    seen, found = set(_TAKEN), []
    for number, name in enumerate(names):
        while name.lower() in seen:
            name = f"{name}_{number}"
        seen.add(name.lower())
        found.append(name)
    return found
