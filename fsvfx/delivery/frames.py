"""The frames of a delivery as files: the comp as EXR, DPX, PNG, TIFF; mattes as pictures."""

from __future__ import annotations

from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from fsvfx.colour import encoding, interop_id, to_half
from fsvfx.delivery.headers import software
from fsvfx.delivery.layers import exr_parts
from fsvfx.delivery.order import Order
from fsvfx.delivery.subjects import Frame
from fsvfx.media.exr.writer import ExrPart, write_exr
from fsvfx.media.stills.writer import StillFormat, write_still
from schemas.deliver import DeliverExr, DeliverFrames
from schemas.templates import frame_path, suffix

Half = NDArray[np.float16]


def write_exr_frame(path: Path, settings: DeliverExr, frame: Frame, space: str) -> None:
    """Half-float EXR in ``space``: RGB, the joint matte, the layers named in ``settings``. Raises OSError."""
    parts = exr_parts(settings, frame.comp, frame.names, partial(_in_space, frame.order, space))
    write_exr(path, parts, frame.header(space) | frame.own_header, frame.windows, settings.compression)


def write_frame(path: Path, settings: DeliverFrames, frame: Frame, space: str, depth: int | str) -> None:
    """DPX, PNG or TIFF in ``space``, by the extension; ``depth``: bits of codes, or ``float``. Raises OSError."""
    ending = suffix(settings.path)
    words = _described(frame, space)
    if ending == ".dpx":
        words |= _film(frame, space)
    else:
        words |= {"oiio:ColorSpace": interop_id(frame.order.colour.config, space) or "unknown"}
    bits = depth if isinstance(depth, int) else 32
    address = frame.track.address(frame.number) if frame.track and ending == ".dpx" else None
    name = PurePosixPath(frame_path(settings.path, frame.number)).name
    write_still(path, frame.picture(space, depth), StillFormat(bits, words, address, called=name))


def write_matte(path: Path, frame: Frame, matte: NDArray[np.float16]) -> None:
    """A matte (H, W), by the extension: 16-bit PNG, or half-float EXR with the single channel ``A``. Raises OSError."""
    if path.suffix.lower() == ".exr":
        header = frame.header(None) | frame.own_header
        write_exr(path, [ExrPart("matte", {"A": matte}, is_data=True)], header, frame.windows)
        return
    codes = np.rint(np.clip(matte.astype(np.float32), 0, 1) * 65535).astype(np.uint16)
    words = {"ImageDescription": f"Matte of {frame.job.shot.name} {frame.number}", "Software": software()}
    write_still(path, codes, StillFormat(16, words | {"oiio:ColorSpace": "data"}))


def _in_space(order: Order, space: str, rgb: Half) -> Half:
    """Without a conversion the values are unchanged: outside the matte the bits stay the plate's."""
    if space == order.comp_space:
        return rgb
    return to_half(order.colour.from_comp(rgb, space))


def _described(frame: Frame, space: str) -> dict[str, str | int | float]:
    order = frame.order
    what = f"{order.job.production} {order.job.shot.name} {frame.number}"
    words = f"{order.statement}. {what}. Altered: {frame.facts['altered'].partition(',')[0]}"
    return {
        "ImageDescription": f"{words}; colour space {space}; key {order.content_key}",
        "Software": software(),
        "DocumentName": order.job.production,
        "Copyright": order.statement,
        "PixelAspectRatio": float(frame.info.pixel_aspect),
    }


def _film(frame: Frame, space: str) -> dict[str, str | int | float]:
    """The fields of DPX headers. The transfer is set if ST 268 has a name for it."""
    config, rate = frame.order.colour.config, frame.info.frame_rate
    is_log, is_709 = encoding(config, space) == "log", "rec709" in interop_id(config, space)
    transfer = "Logarithmic" if is_log else "ITU-R 709-4" if is_709 else "User defined"
    words: dict[str, str | int | float] = {"dpx:Transfer": transfer, "dpx:FramePosition": frame.number}
    if rate:
        words |= {"dpx:FrameRate": float(rate), "dpx:TemporalFrameRate": float(rate)}
    return words
