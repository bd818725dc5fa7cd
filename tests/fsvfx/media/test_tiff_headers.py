"""TIFF headers as programs leave them: read as they are meant, or refused by name before room is made for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tiff_files import ASCII, BYTES, DOUBLE, LONG, SHORT, UNDEFINED, tiff_bytes

from fsvfx.errors import PlateError
from fsvfx.media.files import Place
from fsvfx.media.mattes import read_matte
from fsvfx.media.plate import Canvas
from fsvfx.media.stills.reader import notes_of, read_still

PLACE = Place("a.tif")
RGB = np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)
GREY = {262: (SHORT, [1]), 277: (SHORT, [1]), 258: (SHORT, [8]), 279: (LONG, [48])}


def written(folder: Path, how: dict[str, Any], rgb: np.ndarray = RGB) -> Path:
    (folder / "a.tif").write_bytes(tiff_bytes(rgb, **how))
    return folder / "a.tif"


READ: dict[str, dict[str, Any]] = {
    "big-endian": {"order": ">"},
    "description in Latin-1": {"tags": {270: (ASCII, b"Caf\xe9 de la Post\0")}},
    "artist in Shift-JIS": {"tags": {315: (ASCII, b"\x83\x65\x83\x58\x83\x67\0")}},
    "software without an end": {"tags": {305: (ASCII, b"\xff\xfe\xfd\xfc\xfb")}},
    "page name in Latin-1": {"tags": {285: (ASCII, b"\xe9t\xe9\0")}},
    "private tags": {"tags": {50000: (UNDEFINED, b"\1\2\xff" * 9), 60000: (ASCII, b"\xe9" * 20)}},
    "a tag of an unknown type": {"tags": {60001: (99, b"abcdefgh")}},
    "a text that claims two gigabytes": {"tags": {270: (ASCII, b"abcdefgh", 2**31)}},
    "numbers that claim eight gigabytes": {"tags": {60001: (DOUBLE, b"abcdefgh", 2**30)}},
    "a colour profile of rubbish": {"tags": {34675: (UNDEFINED, b"garbage" * 20)}},
    "Exif in a circle": {"tags": {34665: (LONG, [152])}},
    "broken XMP": {"tags": {700: (BYTES, b"<x:xmpmeta \xff")}},
    "orientation 0": {"tags": {274: (SHORT, [0])}},
    "orientation 9": {"tags": {274: (SHORT, [9])}},
    "orientation in letters": {"tags": {274: (ASCII, b"up\0")}},
    "directories in a circle": {"next_directory": 152},
    "a next directory beyond the end": {"next_directory": 10**7},
    "no kind of picture said": {"drop": [262]},
}


@pytest.mark.parametrize("how", READ.values(), ids=READ.keys())
def test_odd_tags_change_no_pixel(how: dict[str, Any], tmp_path: Path) -> None:
    np.testing.assert_array_equal(read_still(written(tmp_path, how), PLACE), RGB, strict=True)


@pytest.mark.parametrize("kind", [np.uint16, np.float16])
@pytest.mark.parametrize("order", "<>")
def test_deep_pixels_in_either_order(order: str, kind: type, tmp_path: Path) -> None:
    rgb = (RGB.astype(np.float32) * 1.25).astype(kind)
    how = {"order": order, "tags": {339: (SHORT, [3] * 3)} if kind == np.float16 else {}}
    np.testing.assert_array_equal(read_still(written(tmp_path, how, rgb), PLACE), rgb, strict=True)


@pytest.mark.parametrize(("white_is_zero", "value"), [(True, 255 - RGB.ravel()[:48]), (False, RGB.ravel()[:48])])
def test_grey_either_way_round(white_is_zero: bool, value: np.ndarray, tmp_path: Path) -> None:
    path = written(tmp_path, {"tags": GREY | ({262: (SHORT, [0])} if white_is_zero else {})})
    np.testing.assert_array_equal(read_still(path, PLACE)[..., 1], value.reshape(6, 8))


@pytest.mark.parametrize("with_alpha", [False, True])
def test_deep_grey_with_white_as_zero(with_alpha: bool, tmp_path: Path) -> None:
    codes = np.random.default_rng(0).integers(0, 65536, (6, 8, 1 + with_alpha), np.uint16)
    tags = {262: (SHORT, [0]), 277: (SHORT, [1 + with_alpha]), 258: (SHORT, [16] * (1 + with_alpha))}
    tags |= {338: (SHORT, [2])} if with_alpha else {}
    path = written(tmp_path, {"tags": tags}, codes)
    np.testing.assert_array_equal(read_still(path, PLACE)[..., 1], 65535 - codes[..., 0], strict=True)
    matte = read_matte(path, Canvas((0, 0, 7, 5), (0, 0, 7, 5)), "A" if with_alpha else None, PLACE)
    given = codes[..., 1] if with_alpha else 65535 - codes[..., 0]
    np.testing.assert_allclose(matte, given / 65535, atol=1e-3)


def test_a_page_behind_the_first_is_told_of(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    Image.fromarray(RGB).save(path, save_all=True, append_images=[Image.fromarray(RGB[::-1])])
    np.testing.assert_array_equal(read_still(path, PLACE), RGB)
    assert notes_of(path, PLACE) == ["only the first of several pictures is read"]


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "65500 pixels a side": ({"tags": {256: (LONG, [65500]), 257: (LONG, [65500])}}, "FSVFX_MAX_SIDE"),
    "2 ** 31 pixels a side": ({"tags": {256: (LONG, [2**31]), 257: (LONG, [2**31])}}, "FSVFX_MAX_SIDE"),
    "too many pixels": ({"tags": {256: (SHORT, [16000]), 257: (SHORT, [16000])}}, "FSVFX_MAX_PIXELS"),
    "no width": ({"tags": {256: (LONG, [0])}}, "0x6 pixels"),
    "no width's tag": ({"drop": [256]}, "does not say how large"),
    "65535 samples a pixel": ({"tags": {277: (SHORT, [65535])}}, "FSVFX_MAX_CHANNELS"),
    "7 bits": ({"tags": {258: (SHORT, [7] * 3)}}, "can't be read"),
    "signed": ({"tags": {339: (SHORT, [2] * 3)}}, "signed integers"),
    "complex": ({"tags": {339: (SHORT, [5] * 3)}}, "complex integers"),
    "a format that is none": ({"tags": {339: (SHORT, [77] * 3)}}, r"unknown format \(77\)"),
    "floats of 8 bits": ({"tags": {339: (SHORT, [3] * 3)}}, "floats of 8 bits"),
    "YCbCr": ({"tags": {262: (SHORT, [6])}}, "its picture is YCbCr"),
    "CIELab": ({"tags": {262: (SHORT, [8])}}, "its picture is CIELab"),
    "a kind that is none": ({"tags": {262: (SHORT, [99])}}, r"unknown kind \(99\)"),
    "gray with colors": ({"tags": {262: (SHORT, [0])}}, "gray .* but it has color channels"),
    "floats with white as zero": (
        {"tags": GREY | {262: (SHORT, [0]), 258: (SHORT, [32]), 339: (SHORT, [3]), 279: (LONG, [192])}},
        "white is zero.*floats",
    ),
    "a preview as its first picture": ({"tags": {254: (LONG, [1])}}, "a small copy"),
    "a palette that is missing": ({"tags": GREY | {262: (SHORT, [3])}}, "a palette that is missing"),
    "a compression that is none": ({"tags": {259: (SHORT, [9999])}}, "damaged or cut off"),
    "pixels beyond the end": ({"tags": {273: (LONG, [10**6])}}, "damaged or cut off"),
    "no pixels": ({"drop": [273, 279]}, "can't be read"),
    "a giant tile": ({"tags": {322: (LONG, [2**30]), 323: (LONG, [2**30]), 324: (LONG, [8]), 325: (LONG, [144])},
                      "drop": [273, 278, 279]}, "can't be read"),
}  # fmt: skip


@pytest.mark.parametrize(("how", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_what_can_not_be_used_is_refused_by_name(how: dict[str, Any], says: str, tmp_path: Path) -> None:
    with pytest.raises(PlateError, match=says) as told:
        read_still(written(tmp_path, how), PLACE)
    assert "(a.tif)" in str(told.value)


def test_a_directory_that_ends_anywhere(tmp_path: Path) -> None:
    path = written(tmp_path, {})
    content = path.read_bytes()
    for length in range(4, len(content) - 8, 5):
        path.write_bytes(content[:length])
        with pytest.raises(PlateError, match=r"cut off|can't be read"):
            read_still(path, PLACE)


def test_a_matte_is_looked_at_in_the_same_way(tmp_path: Path) -> None:
    canvas = Canvas((0, 0, 7, 5), (0, 0, 7, 5))
    path = written(tmp_path, {"tags": GREY | {285: (ASCII, b"\xe9t\xe9\0")}, "next_directory": 152})
    matte = read_matte(path, canvas, None, PLACE)
    np.testing.assert_array_equal(matte, (RGB.ravel()[:48].reshape(6, 8) / np.float32(255)).astype(np.float16))
    with pytest.raises(PlateError, match="FSVFX_MAX_SIDE"):
        read_matte(written(tmp_path, {"tags": {256: (LONG, [65500])}}), canvas, None, PLACE)
