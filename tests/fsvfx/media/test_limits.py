"""Limits of pictures: named in the error, settable, and judged by the header."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from footage import shot_job
from PIL import Image
from still_files import by_pillow, chunk

from fsvfx.errors import PlateError
from fsvfx.media import open_plate
from fsvfx.media.files import Place, check_size
from fsvfx.media.stills.reader import read_still
from fsvfx.settings import machine

PLACE = Place("a.tif")


@pytest.mark.parametrize(
    ("check", "says"),
    [
        (lambda: check_size(0, 10, PLACE), "0x10 pixels"),
        (lambda: check_size(10, -3, PLACE), "10x-3 pixels"),
        (lambda: check_size(65_500, 4, PLACE), "FSVFX_MAX_SIDE"),
        (lambda: check_size(16_000, 16_000, PLACE), "FSVFX_MAX_PIXELS"),
    ],
)
def test_what_is_beyond_a_limit_is_told_by_the_settings_name(check: Callable[[], None], says: str) -> None:
    with pytest.raises(PlateError, match=says):
        check()


@pytest.mark.parametrize("size", [(1, 1), (12_288, 6_480), (14_204, 10_652), (16_384, 8_640)])
def test_what_cameras_give_is_allowed(size: tuple[int, int]) -> None:
    check_size(*size, PLACE)


def test_limits_are_set_by_the_machines_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FSVFX_MAX_SIDE", "70000")
    monkeypatch.setenv("FSVFX_MAX_PIXELS", "5000000000")
    machine.cache_clear()
    check_size(65_500, 65_500, PLACE)


def _claimed_png(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    idat = chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + idat + chunk(b"IEND", b"")


def _claimed_jpeg(width: int, height: int) -> bytes:
    content = bytearray(by_pillow("JPEG"))
    at = content.index(b"\xff\xc0")
    content[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(content)


def _claimed_webp(width: int, height: int) -> bytes:
    content = bytearray(by_pillow("WEBP", lossless=True))
    content[21:25] = ((width - 1) | (height - 1) << 14).to_bytes(4, "little")
    return bytes(content)


BOMBS: dict[str, Callable[[], bytes]] = {
    "png": lambda: _claimed_png(14_000, 14_000),
    "png of no pixels": lambda: _claimed_png(0, 10),
    "wide png": lambda: _claimed_png(2_000_000, 3),
    "jpeg": lambda: _claimed_jpeg(13_500, 15_000),
    "65500-pixel jpeg": lambda: _claimed_jpeg(65_500, 65_500),
    "wide jpeg": lambda: _claimed_jpeg(65_500, 2),
    "webp": lambda: _claimed_webp(16_000, 16_000),
    "a real png": lambda: cv2.imencode(".png", np.zeros((13_000, 13_000), np.uint8))[1].tobytes(),
    "a real bmp": lambda: by_pillow("BMP", Image.new("1", (14_000, 14_000))),
    "a real gif": lambda: by_pillow("GIF", Image.new("P", (13_100, 13_000))),
}


@pytest.mark.parametrize("name", BOMBS)
def test_too_large_a_picture_is_refused_by_its_header(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(BOMBS[name]())
    with pytest.raises(PlateError, match=r"FSVFX_MAX_(SIDE|PIXELS)|header says"):
        read_still(path, Place("a"))


def test_the_limit_can_be_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FSVFX_MAX_PIXELS", "4000")
    machine.cache_clear()
    (tmp_path / "a.png").write_bytes(by_pillow("PNG"))
    with pytest.raises(PlateError, match="96x48 = 4608 pixels; a picture may have at most 4000"):
        read_still(tmp_path / "a.png", Place("a"))
    monkeypatch.setenv("FSVFX_MAX_PIXELS", "5000")
    machine.cache_clear()
    assert read_still(tmp_path / "a.png", Place("a")).shape == (48, 96, 3)


def test_a_gif_of_many_pixels_as_a_plate(tmp_path: Path) -> None:
    (tmp_path / "a.gif").write_bytes(by_pillow("GIF", Image.new("P", (13_100, 13_000))))
    with pytest.raises(PlateError, match="FSVFX_MAX_PIXELS"):
        open_plate(shot_job(tmp_path / "a.gif", "1001"))
