"""One frame of an image sequence: its picture, and the facts in its file. A common interface for EXR, DPX and
stills."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np

from fsvfx.arrays import Array
from fsvfx.media import addresses, probe, sniff
from fsvfx.media.dpx import reader as dpx
from fsvfx.media.exr import reader as exr
from fsvfx.media.files import Place, guarded
from fsvfx.media.pixels import Window
from fsvfx.media.stills import reader as stills
from schemas import rates

_EXR_RATES = ("framesPerSecond", "FramesPerSecond")
"""The standard name, and the name that OpenImageIO writes."""
_DPX_RATES = ("dpx:TemporalFrameRate", "dpx:FrameRate")
"""From the television and from the film header."""


@dataclass(frozen=True)
class FrameHead:
    """Facts from a frame's file. ``size``: height and width of its pixels.

    header: EXR attributes by their own names; a DPX's fields by OpenImageIO's (``dpx:Transfer``); otherwise empty.
    """

    size: tuple[int, int]
    dtype: np.dtype[np.generic]
    """As in the plate's arrays."""
    header: dict[str, Any] = field(default_factory=dict)
    windows: tuple[Window, Window] | None = None
    """EXR: data and display window."""
    frame_rate: Fraction | None = None
    address: addresses.Address | None = None
    """The timecode. Its neighbors show which frame it means."""
    pixel_aspect: float = 1.0
    interop_id: str = ""
    """EXR's ``colorInteropID``."""


def read_frame(path: Path, place: Place, layer: str | None = None) -> tuple[Array, FrameHead]:
    """(H, W, 3) RGB at native depth (uint8, uint16 or float16), and the head. Raises PlateError."""
    with _known(path, place) as kind:
        if kind is sniff.EXR:
            picture, head = exr.read_exr(path, place, layer)
            return picture, _of_exr(head)
        if kind is sniff.DPX:
            picture, found = dpx.read_dpx(path, place)
            return picture, _of_dpx(found)
        picture = stills.read_still(path, place)
        return picture, FrameHead((picture.shape[0], picture.shape[1]), picture.dtype)


def probe_frame(path: Path, place: Place, layer: str | None = None) -> None:
    """PlateError if decoding the picture is dangerous, or its header shows that it can't be used.

    DPX needs no probe: it is unpacked here, without a library.
    """

    def ask() -> None:
        with _known(path, place) as kind:
            if kind is sniff.EXR:
                exr.probe_exr(path, place, layer)
            elif kind is not sniff.DPX:
                stills.probe_still(path, place)

    probe.once(f"picture {layer or ''}", path, place, ask)


def read_head(path: Path, place: Place, layer: str | None = None) -> FrameHead:
    """The head alone; for EXR and DPX without reading pixels. Raises PlateError."""
    with _known(path, place) as kind:
        if kind is sniff.EXR:
            return _of_exr(exr.read_head(path, place, layer))
        if kind is sniff.DPX:
            return _of_dpx(dpx.read_head(path, place))
        return read_frame(path, place)[1]


def notes_of(path: Path, place: Place, layer: str | None = None) -> list[str]:
    """Notes for people on how the frame is read. Raises PlateError."""
    with _known(path, place) as kind:
        if kind is sniff.EXR:
            head = exr.read_head(path, place, layer)
            return [*exr.notes(head), *_rate_notes(head.header, _EXR_RATES)]
        if kind is sniff.DPX:
            found = dpx.read_head(path, place)
            return [*dpx.notes(found), *_rate_notes(found.fields, _DPX_RATES)]
        return stills.notes_of(path, place)


@contextmanager
def _known(path: Path, place: Place) -> Iterator[sniff.Kind]:
    """The file's kind by its content; errors of its decoder become PlateError."""
    kind = sniff.picture_kind(path, place)
    with guarded(f"the {kind.name} can't be read", place):
        yield kind


def _of_exr(head: exr.ExrHead) -> FrameHead:
    return FrameHead(
        size=head.size,
        dtype=np.dtype(np.float16),
        header=head.header,
        windows=head.windows,
        frame_rate=_rate(head.header, _EXR_RATES),
        address=head.address,
        pixel_aspect=head.pixel_aspect,
        interop_id=str(head.header.get("colorInteropID", "")),
    )


def _of_dpx(head: dpx.DpxHead) -> FrameHead:
    return FrameHead(
        size=head.size,
        dtype=head.dtype,
        header=head.fields,
        frame_rate=_rate(head.fields, _DPX_RATES),
        address=dpx.address_of(head.fields),
        pixel_aspect=head.pixel_aspect,
    )


def _rate(header: Mapping[str, Any], names: Sequence[str]) -> Fraction | None:
    return next((rate for name in names if (rate := rates.known(header.get(name)))), None)


def _rate_notes(header: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    """Undefined fields contain 0, or NaN if all bits are set."""
    return [
        f"{name} is {_short(value)} in the header, which is not valid: ignored"
        for name, value in ((name, header.get(name)) for name in names)
        if not (value is None or rates.known(value) or (isinstance(value, Real) and (value == 0 or value != value)))
    ]


def _short(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)[:40]
