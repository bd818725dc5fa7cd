"""Picture files by OpenImageIO, for the kinds that OpenEXR and OpenCV do not write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio


def write_oiio(path: Path, picture: np.ndarray, names: tuple[str, ...] = (), tile: int = 0, **attributes: Any) -> Path:
    """``picture`` (H, W, C); ``attributes`` with ``__`` for ``:``; a pair is (type, value)."""
    rows, columns, channels = picture.shape
    spec = oiio.ImageSpec(columns, rows, channels, {"float16": "half"}.get(picture.dtype.name, picture.dtype.name))
    if names:
        spec.channelnames = names
    spec.tile_width = spec.tile_height = tile
    for name, value in attributes.items():
        spec.attribute(name.replace("__", ":"), *value) if isinstance(value, tuple) else spec.attribute(
            name.replace("__", ":"), value
        )
    out = oiio.ImageOutput.create(str(path))
    assert out, oiio.geterror()
    assert out.open(str(path), spec), out.geterror()
    assert out.write_image(np.ascontiguousarray(picture)), out.geterror()
    out.close()
    return path


def read_oiio(path: Path, part: int = 0) -> tuple[np.ndarray, Any]:
    """All channels in the file's own type, and the spec."""
    file = oiio.ImageInput.open(str(path))
    assert file, oiio.geterror()
    spec = file.spec(part, 0)
    picture = file.read_image(part, 0, 0, spec.nchannels, spec.format)
    file.close()
    assert picture is not None, file.geterror()
    return picture, spec
