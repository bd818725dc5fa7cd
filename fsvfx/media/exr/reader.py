"""EXR frames in: RGB at half depth, the unchanged data window.

As measured (benchmarks/exr.py): OpenEXR reads plain pictures, at half of OpenImageIO's cost; OpenImageIO reads pictures
among other layers and parts, all of which OpenEXR's binding would load into memory, and those with headers that the
binding can't read. A test checks that both give the same bits.
"""

from __future__ import annotations

import contextlib
import io
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR

from fsvfx.arrays import Array
from fsvfx.errors import FsvfxError
from fsvfx.media import oiio, probe
from fsvfx.media.addresses import Address
from fsvfx.media.exr.header import MAGIC, PREFIX, ExrPartHeader, clean_name, cleaned, parse_headers
from fsvfx.media.exr.layers import Channel, rgb_of
from fsvfx.media.files import Place, check_size, held, named
from fsvfx.media.pixels import Window, size_of, to_half
from fsvfx.printable import listed
from fsvfx.settings import machine

_COPY = "Render or copy the frame again"
_FURTHEST = 2**30
"""Distance from the origin: OpenEXR refuses windows beyond it."""
_OWN = frozenset({"chromaticities", "colorInteropID", "view"})
"""Attributes that describe a single part; the first part's others apply to the whole file."""


@dataclass(frozen=True)
class ExrHead:
    """The position of an EXR's picture: ``part``, its ``rgb`` channels' names (Y three times: luminance only), its
    header."""

    part: int
    rgb: tuple[str, str, str]
    parts: tuple[ExrPartHeader, ...]
    header: dict[str, Any]
    """Attributes of the part, and those of the first part that apply to the whole file."""
    is_alone: bool
    """The file has R, G and B of one type in scanlines, and nothing that OpenEXR's binding can't read."""

    @property
    def own(self) -> ExrPartHeader:
        """The header of the picture's part."""
        return self.parts[self.part]

    @property
    def windows(self) -> tuple[Window, Window]:
        """Data window and display window."""
        return self.own.data, self.own.display

    @property
    def size(self) -> tuple[int, int]:
        """Height, width of the data window."""
        return size_of(self.own.data)

    @property
    def address(self) -> Address | None:
        """The timecode's 32 bits, unchanged: OpenEXR's type for it only accepts frames up to 29."""
        raw = [entry for part in (self.own, self.parts[0]) for entry in part.raw]
        found = next((value for name, kind, value in raw if (name, kind) == (b"timeCode", b"timecode")), b"")
        return Address(int.from_bytes(found[:4], "little"), clipped=True) if len(found) == 8 else None

    @property
    def pixel_aspect(self) -> float:
        """Pixel width divided by height; 1 if the header has no valid one."""
        return float(self.header.get("pixelAspectRatio", 1.0))


def read_head(path: Path, place: Place, layer: str | None = None) -> ExrHead:
    """Header of the part that contains the picture, of ``layer`` if given. Raises PlateError."""
    parts = read_parts(path, place)
    with named(place):
        rgb = rgb_of(channels_of(parts), layer)
    names = (rgb[0].name, rgb[1].name, rgb[2].name)
    own = parts[rgb[0].part]
    check_part(own, names, place)
    if any(channel.pixels == "uint" for channel in own.channels if channel.name in names):
        raise place.error("its RGB channels are whole numbers (uint)", "Write half or float channels")
    shared = {name: value for name, value in parts[0].attributes.items() if name not in _OWN}
    return ExrHead(rgb[0].part, names, parts, {**shared, **own.attributes}, _is_alone(parts))


def is_exr(path: Path, place: Place) -> bool:
    """By its content. PlateError: missing or out of reach."""
    with held(path, place) as there, there.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def read_parts(path: Path, place: Place) -> tuple[ExrPartHeader, ...]:
    """Every part's header. PlateError: not an EXR, damaged, or beyond the machine's limits."""
    allowed = machine()
    with held(path, place) as there, there.open("rb") as file, named(place):
        size = there.stat().st_size
        return parse_headers(file, size, allowed.max_header_bytes, allowed.max_channels)


def channels_of(parts: Sequence[ExrPartHeader]) -> list[Channel]:
    """Every channel of every part."""
    several = len(parts) > 1
    return [
        Channel(channel.name, index, part.name if several else "")
        for index, part in enumerate(parts)
        for channel in part.channels
    ]


def read_exr(path: Path, place: Place, layer: str | None = None) -> tuple[Array, ExrHead]:
    """The picture, (H, W, 3) float16 of the data window, and its header.

    Half pixels are returned bit for bit. 32-bit float pixels are rounded to half; values beyond half's range (65504)
    are an error, never clamped. Luminance only becomes three equal channels. Raises PlateError.
    """
    head = read_head(path, place, layer)
    rgb = _alone(path, place) if head.is_alone else read_channels(path, head.parts, head.part, head.rgb, place)
    if rgb.dtype not in (np.float16, np.float32):
        raise place.error(f"its RGB channels are {rgb.dtype}", "Write half or float channels")
    return (rgb if rgb.dtype == np.float16 else to_half(rgb, place)), head


def _is_alone(parts: Sequence[ExrPartHeader]) -> bool:
    part = parts[0]
    only_rgb = [channel.name for channel in part.channels] == ["B", "G", "R"]
    alike = len({channel.pixels for channel in part.channels}) == 1
    return len(parts) == 1 and only_rgb and alike and _is_plain(parts) and not part.is_tiled


def _is_plain(parts: Sequence[ExrPartHeader]) -> bool:
    """Whether libraries can read the unchanged headers: with several parts, each needs a unique name."""
    names = {part.name for part in parts}
    return all(part.is_plain for part in parts) and (len(parts) == 1 or ("" not in names and len(names) == len(parts)))


def _alone(path: Path, place: Place) -> Array:
    """A file with only R, G and B."""
    said = io.StringIO()  # the binding prints what is wrong with the pixels, and then returns fewer parts
    try:
        with held(path, place) as there, contextlib.redirect_stdout(said):
            file = OpenEXR.File(str(there))
    except FsvfxError:
        raise
    except Exception as error:  # any error that a library raises for a foreign file concerns the file
        reason = re.sub(r"/proc/self/fd/\d+", path.name, str(error))
        raise place.error(f"the EXR can't be read: {reason}", _COPY) from None
    rgb: Array | None = file.channels()["RGB"].pixels if file.parts and not said.getvalue() else None
    if rgb is None:
        raise place.error("the frame's pixels are damaged or cut off", _COPY)
    return rgb


def read_channels(path: Path, parts: Sequence[ExrPartHeader], part: int, wanted: Sequence[str], place: Place) -> Array:
    """(H, W, len(wanted)) of one part's data window, in the file's own type (the widest of the channels').

    PlateError: damaged or cut off.
    """
    with _plain(path, parts, place) as (plain, own), oiio.opened(plain, own) as file:
        spec = file.spec(part, 0)
        indices = [oiio.index_of(spec, name, place) for name in _plain_names(parts, part, wanted)]
        return oiio.pixels(file, indices, place, part)


def probe_exr(path: Path, place: Place, layer: str | None = None) -> None:
    """PlateError if decoding the picture is dangerous, or as in ``read_head``."""
    head = read_head(path, place, layer)
    if head.is_alone:
        probe.ask({"by": "OpenEXR", "path": str(path.absolute())}, place)
    else:
        probe_channels(path, head.parts, head.part, head.rgb, place)


def probe_channels(path: Path, parts: Sequence[ExrPartHeader], part: int, wanted: Sequence[str], place: Place) -> None:
    """PlateError if ``read_channels`` with the same arguments is dangerous."""
    with _plain(path, parts, place) as (plain, own):
        oiio.probe_pixels(plain, own, part, _plain_names(parts, part, wanted))


def _plain_names(parts: Sequence[ExrPartHeader], part: int, names: Sequence[str]) -> list[str]:
    return list(names) if _is_plain(parts) else [clean_name(parts[part], name) for name in names]


@contextmanager
def _plain(path: Path, parts: Sequence[ExrPartHeader], place: Place) -> Iterator[tuple[Path, Place]]:
    """The file, or a copy with a clean header if libraries could not read its own; and its place. PlateError.

    The copy is ours: the manifest's reach is not checked for it.
    """
    if _is_plain(parts):
        yield path, place
        return
    with named(place):
        clean = cleaned(parts)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        with held(path, place) as there, there.open("rb") as source, copy.open("wb") as target:
            target.write(source.read(PREFIX) + clean)
            source.seek(PREFIX + len(clean))
            shutil.copyfileobj(source, target, 1 << 20)
        yield copy, replace(place, reach=None)


def notes(head: ExrHead) -> list[str]:
    """Notes for people on how the frame is read."""
    own, kinds = head.own, {channel.name: channel.pixels for channel in head.own.channels}
    data, display = head.windows
    is_read = head.address is not None and head.address.is_sound
    unread = listed((name for name in own.unread if name != "timeCode" or not is_read), 6)
    latin = listed(own.latin, 6)
    said = {
        "alpha is left out": f"{head.rgb[0].removesuffix('R').removesuffix('Y')}A" in kinds,
        "32-bit float pixels are rounded to half": any(kinds[name] == "float" for name in head.rgb),
        "luminance only: copied to R, G and B": head.rgb[0] == head.rgb[1],
        "the data window differs from the display window: all its pixels are kept": data != display,
        f"pixels are not square ({head.pixel_aspect:g}); they are kept as they are": head.pixel_aspect != 1.0,
        f"header entries that can't be read are left out: {unread}": bool(unread),
        f"header texts that are not UTF-8 are read as Latin-1: {latin}": bool(latin),
    }
    return [note for note, holds in said.items() if holds]


def check_part(part: ExrPartHeader, names: Sequence[str], place: Place) -> None:
    """PlateError unless the part's channels ``names`` are a full-size picture within the machine's limits."""
    if part.is_deep:
        raise place.error("its picture is deep data", "Flatten it: one value per pixel")
    if any(channel.sampling != (1, 1) for channel in part.channels if channel.name in names):
        raise place.error(f"its channels {', '.join(names)} are subsampled", "Write full-size channels")
    height, width = size_of(part.data)
    check_size(width, height, place)
    if min(size_of(part.display)) < 1 or max(map(abs, (*part.data, *part.display))) > _FURTHEST:
        what = f"its data window {part.data} or display window {part.display} is not valid"
        raise place.error(what, "Write windows of at least one pixel, within 2**30 of the origin")
