"""Pictures by Pillow, and chunks of PNGs, for tests."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
from footage import picture
from PIL import Image

RGB = picture(1234)
DEEP = picture(1234, dtype=np.uint16)


def by_pillow(kind: str, image: Image.Image | None = None, **how: Any) -> bytes:
    sink = io.BytesIO()
    (image or Image.fromarray(RGB)).save(sink, kind, **how)
    return sink.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
