"""Frames that are no EXR: the comp as DPX, PNG, TIFF; mattes as pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsvfx.colour import encoding, interop_id
from fsvfx.delivery.comps import Comp, Depth, picture
from fsvfx.delivery.headers import altered_text
from fsvfx.delivery.layers import LayerNames, matte_of
from fsvfx.delivery.order import Order
from fsvfx.media import PlateInfo
from fsvfx.media.addresses import TimecodeTrack
from fsvfx.media.exr.writer import ExrPart, ExrWindows, write_exr
from fsvfx.media.stills.writer import StillFormat, write_still
from schemas.deliver import DeliverFrames, DeliverMattes
from schemas.templates import fill, frame_path, suffix

_DEFAULT_DEPTH: dict[str, Depth] = {".dpx": 10}


def depth_of(wish: DeliverFrames) -> Depth:
    return wish.depth or _DEFAULT_DEPTH.get(suffix(wish.path), 16)


def write_frame(
    path: Path, order: Order, wish: DeliverFrames, comp: Comp, info: PlateInfo, track: TimecodeTrack | None
) -> None:
    """One frame of ``wish``. Raises OSError."""
    space, depth = order.space_of(wish), depth_of(wish)
    assert space is not None
    target = PurePosixPath(frame_path(wish.path, comp.frame)).name
    told = _described(order, comp, space, info)
    if suffix(wish.path) == ".dpx":
        told |= _film(order, comp, space, info)
    else:
        told |= {"oiio:ColorSpace": interop_id(order.colour.config, space) or "unknown"}
    bits = depth if isinstance(depth, int) else 32
    address = track.address(comp.frame) if track and suffix(wish.path) == ".dpx" else None
    write_still(path, picture(order, comp, space, depth), StillFormat(bits, told, address, called=target))


def matte_targets(
    order: Order, wish: DeliverMattes, names: Sequence[LayerNames], comp: Comp
) -> Iterator[tuple[str, NDArray[np.float16]]]:
    """Where each matte of the frame goes, and the matte (H, W): one per performer, or all together."""
    template = frame_path(wish.path, comp.frame)
    if "{performer}" not in wish.path:
        yield template, comp.matte
        return
    for index, entry in enumerate(order.job.shot.replace):
        yield fill(template, performer=entry.performer), matte_of(comp, index)


def write_matte(
    path: Path, order: Order, comp: Comp, matte: NDArray[np.float16], windows: ExrWindows, header: dict[str, Any]
) -> None:
    """One matte, by the ending: 16-bit PNG, or half-float EXR with the one channel ``A``. Raises OSError."""
    if path.suffix.lower() == ".exr":
        write_exr(path, [ExrPart("matte", {"A": matte}, is_data=True)], header, windows)
        return
    codes = np.rint(np.clip(matte.astype(np.float32), 0, 1) * 65535).astype(np.uint16)
    words = {"ImageDescription": f"Matte of {order.job.shot.name} {comp.frame}", "Software": _software()}
    write_still(path, codes, StillFormat(16, words | {"oiio:ColorSpace": "data"}))


def _described(order: Order, comp: Comp, space: str, info: PlateInfo) -> dict[str, str | int | float]:
    what = f"{order.job.production} {order.job.shot.name} {comp.frame}"
    said = f"{order.statement}. {what}. Altered: {altered_text(comp).partition(',')[0]}"
    return {
        "ImageDescription": f"{said}; colour space {space}; key {order.content_key}",
        "Software": _software(),
        "DocumentName": order.job.production,
        "Copyright": order.statement,
        "PixelAspectRatio": float(info.pixel_aspect),
    }


def _film(order: Order, comp: Comp, space: str, info: PlateInfo) -> dict[str, str | int | float]:
    """What DPX headers hold. The transfer is named where ST 268 has a name for it."""
    config = order.colour.config
    is_log, is_709 = encoding(config, space) == "log", "rec709" in interop_id(config, space)
    transfer = "Logarithmic" if is_log else "ITU-R 709-4" if is_709 else "User defined"
    told: dict[str, str | int | float] = {"dpx:Transfer": transfer, "dpx:FramePosition": comp.frame}
    if info.frame_rate:
        told |= {"dpx:FrameRate": float(info.frame_rate), "dpx:TemporalFrameRate": float(info.frame_rate)}
    return told


def _software() -> str:
    return f"fsvfx {version('fsvfx')}"
