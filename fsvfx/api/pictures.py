"""Pictures in memory: frames and references passed as arrays or paths, and pictures shown in notebooks."""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from blake3 import blake3
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from fsvfx.arrays import Array, Source
from fsvfx.colour import to_half
from fsvfx.errors import InputError

Picture = str | Path | NDArray[Any]
"""A picture's file, or its pixels (H, W, 3): uint8, uint16, or float (read as half, as EXR plates are)."""
U8 = NDArray[np.uint8]


@dataclass(frozen=True)
class Pictures:
    """The ``Source`` for pictures that are already in memory."""

    arrays: tuple[Array, ...]

    def fingerprint(self) -> dict[str, str]:
        return {str(index): _digest(array) for index, array in enumerate(self.arrays)}

    def pictures(self, series: str = "") -> Iterator[Array]:
        yield from self.arrays


@dataclass(frozen=True)
class Chained:
    """Several sources, one after the other."""

    sources: tuple[Source, ...]

    def fingerprint(self) -> dict[str, str]:
        each = enumerate(source.fingerprint() for source in self.sources)
        return {f"{index}/{name}": digest for index, found in each for name, digest in found.items()}

    def pictures(self, series: str = "") -> Iterator[Array]:
        return chain.from_iterable(source.pictures(series) for source in self.sources)


def is_batch(frame: Picture | Sequence[Picture]) -> bool:
    """Whether it contains several frames: a sequence of pictures, or an array (n, H, W, 3)."""
    return frame.ndim == 4 if isinstance(frame, np.ndarray) else not isinstance(frame, str | Path)


def frames_of(frame: Picture | Sequence[Picture]) -> Pictures:
    """One frame or several, read like plates. Raises PlateError for a file, InputError for an invalid frame."""
    each: Sequence[Picture] = list(frame) if is_batch(frame) else [frame]  # type: ignore[arg-type, list-item]
    arrays = tuple(one if isinstance(one, np.ndarray) else _read(Path(one)) for one in each)
    found = tuple(map(checked, arrays))
    if len({(one.shape, one.dtype) for one in found}) != 1:
        kinds = sorted({f"{one.shape[1]} x {one.shape[0]} {one.dtype}" for one in found}) or ["no frame"]
        raise InputError(f"Frames differ: {', '.join(kinds)}", hint="Pass frames of one size and depth")
    return Pictures(found)


def checked(array: NDArray[Any]) -> Array:
    """In the format of plates: (H, W, 3) uint8, uint16 or float16. Raises InputError otherwise."""
    if array.ndim != 3 or array.shape[2] != 3:
        raise InputError(f"An array of shape {array.shape} is not a picture", hint="Pictures are (H, W, 3), RGB")
    if array.dtype in (np.float32, np.float64):
        array = to_half(np.asarray(array, np.float32))
    if array.dtype not in (np.uint8, np.uint16, np.float16):
        raise InputError(f"A picture of {array.dtype} can't be read", hint="Use uint8, uint16 or float pixels")
    plain: Array = np.ascontiguousarray(array)
    return plain


def _read(path: Path) -> Array:
    from fsvfx.media.files import Place
    from fsvfx.media.sequence.frame import probe_frame, read_frame

    place = Place(str(path.absolute()))
    probe_frame(path.absolute(), place)
    return read_frame(path.absolute(), place)[0]


def _digest(array: Array) -> str:
    hasher = blake3(f"{array.shape} {array.dtype}".encode())
    hasher.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return hasher.hexdigest()


def png(picture: U8, note: str = "") -> bytes:
    """``picture`` (H, W, 3) sRGB as a PNG with ``note`` as its copyright."""
    out, info = io.BytesIO(), PngInfo()
    if note:
        info.add_text("Copyright", note)
    Image.fromarray(picture).save(out, "PNG", pnginfo=info)
    return out.getvalue()


def html(pictures: Sequence[bytes], caption: str) -> str:
    """PNGs side by side, with ``caption`` below."""
    images = "".join(
        f'<img style="max-width:{96 // max(1, min(len(pictures), 4))}%" src="data:image/png;base64,'
        f'{b64encode(each).decode()}">'
        for each in pictures
    )
    return f"<figure>{images}<figcaption>{escape(caption)}</figcaption></figure>"
