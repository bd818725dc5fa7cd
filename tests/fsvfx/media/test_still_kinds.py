"""Kinds of PNG, JPEG and WebP that OpenCV and Pillow could each read in their own way."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms
from still_files import DEEP, RGB, by_pillow, chunk

from fsvfx.media.files import Place
from fsvfx.media.stills.reader import notes_of, read_still


def _png(mode: str) -> tuple[bytes, np.ndarray]:
    image = Image.fromarray(RGB).convert("L")
    if mode == "palette":
        return by_pillow("PNG", Image.fromarray(RGB).quantize(16, dither=0)), np.array(
            Image.fromarray(RGB).quantize(16, dither=0).convert("RGB")
        )
    if mode == "1 bit":
        bits = image.point(lambda level: 255 * (level > 99)).convert("1")
        return by_pillow("PNG", bits), np.repeat(np.array(bits.convert("L"))[..., None], 3, axis=2)
    if mode == "grey":
        return by_pillow("PNG", image), np.repeat(np.array(image)[..., None], 3, axis=2)
    if mode == "grey and alpha":
        both = Image.merge("LA", (image, Image.new("L", image.size, 40)))
        return by_pillow("PNG", both), np.repeat(np.array(image)[..., None], 3, axis=2)
    if mode == "16 bit grey":
        return cv2.imencode(".png", DEEP[..., 0])[1].tobytes(), np.repeat(DEEP[..., :1], 3, axis=2)
    if mode == "16 bit with alpha":
        rgba = np.dstack([DEEP[..., ::-1], np.full(DEEP.shape[:2], 900, np.uint16)])
        return cv2.imencode(".png", rgba)[1].tobytes(), DEEP
    if mode == "palette with alpha":
        quantized = Image.fromarray(RGB).quantize(16, dither=0)
        return by_pillow("PNG", quantized, transparency=bytes(range(0, 256, 16))), np.array(quantized.convert("RGB"))
    return by_pillow("PNG"), RGB


@pytest.mark.parametrize(
    "mode",
    ["rgb", "palette", "palette with alpha", "1 bit", "grey", "grey and alpha", "16 bit grey", "16 bit with alpha"],
)
def test_kinds_of_png(mode: str, tmp_path: Path) -> None:
    content, wanted = _png(mode)
    (tmp_path / "a.png").write_bytes(content)
    np.testing.assert_array_equal(read_still(tmp_path / "a.png", Place("a")), wanted)


def _interlaced(rgb: np.ndarray) -> bytes:
    """Adam7, without filters."""
    passes = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
    rows = b"".join(b"\0" + row.tobytes() for y, x, down, right in passes for row in rgb[y::down, x::right] if row.size)
    height, width = rgb.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 1)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def test_an_interlaced_png(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(_interlaced(RGB))
    np.testing.assert_array_equal(read_still(tmp_path / "a.png", Place("a")), RGB)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "PNG"])
def test_a_photos_orientation(kind: str, orientation: int, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    steps = {
        2: [0], 3: [3], 4: [1], 5: [5], 6: [2], 7: [6], 8: [4]
    }.get(orientation, [])  # fmt: skip
    stored = Image.fromarray(RGB)
    for step in steps:
        stored = stored.transpose(Image.Transpose(step))
    how = {"quality": 95} if kind == "JPEG" else {"lossless": True} if kind == "WEBP" else {}
    (tmp_path / "a.jpg").write_bytes(by_pillow(kind, stored, exif=exif, **how))
    read = read_still(tmp_path / "a.jpg", Place("a"))
    assert read.shape == RGB.shape
    assert np.abs(read.astype(int) - RGB).mean() < 6


@pytest.mark.parametrize(
    "how",
    [
        {"progressive": True},
        {"subsampling": 0},
        {"subsampling": 2},
        {"restart_marker_blocks": 2},
        {"exif": b"Exif\0\0junk"},
    ],
)
def test_kinds_of_jpeg(how: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(by_pillow("JPEG", quality=95, **how))
    assert np.abs(read_still(tmp_path / "a.jpg", Place("a")).astype(int) - RGB).mean() < 6


@pytest.mark.parametrize("kind", [b"zTXt", b"iCCP", b"iTXt"])
def test_what_unpacks_to_gigabytes_is_not_unpacked(kind: bytes, tmp_path: Path) -> None:
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(1 << 24)) for _ in range(16)) + packer.flush()
    start = b"name\0\1\0en\0name\0" if kind == b"iTXt" else b"sRGB\0\0"
    png = by_pillow("PNG")
    at = 8 + 25
    (tmp_path / "a.png").write_bytes(png[:at] + chunk(kind, start + packed) + png[at:])
    np.testing.assert_array_equal(read_still(tmp_path / "a.png", Place("a")), RGB)
    assert notes_of(tmp_path / "a.png", Place("a")) == []


P3 = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize(
    ("profile", "is_told"), [(P3.tobytes(), True), (SRGB.tobytes(), False), (b"", False), (b"no profile" * 20, True)]
)
def test_a_colour_profile_is_told(kind: str, profile: bytes, is_told: bool, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(by_pillow(kind, icc_profile=profile or None))
    if kind == "PNG" and profile:  # Pillow writes no name of its own
        name = b"sRGB" if not is_told else b"Other"
        path.write_bytes(_renamed(path.read_bytes(), name))
    notes = notes_of(path, Place("a"))
    assert any("color profile" in note for note in notes) == is_told
    assert read_still(path, Place("a")).shape == RGB.shape


def _renamed(png: bytes, name: bytes) -> bytes:
    at = png.index(b"iCCP") - 4
    size = int.from_bytes(png[at : at + 4])
    body = png[at + 8 : at + 8 + size]
    return png[:at] + chunk(b"iCCP", name + body[body.index(b"\0") :]) + png[at + 12 + size :]
