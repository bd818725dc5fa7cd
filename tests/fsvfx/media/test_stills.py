"""TIFF and PNG in their odder shapes: as stored, upright, alpha left alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from footage import number_in, picture
from oiio_files import write_oiio
from PIL import Image

from fsvfx.errors import PlateError
from fsvfx.media.files import Place
from fsvfx.media.stills.reader import read_still

DEEP = picture(1234, dtype=np.uint16)
HALF = picture(1234, dtype=np.float16)
NOISE = np.random.default_rng(0).integers(0, 65536, (48, 96, 3), np.uint16)


def place(path: Path) -> Place:
    return Place(path.name)


@pytest.mark.parametrize(
    ("rgb", "how"),
    [
        (NOISE, {"planarconfig": "separate"}),
        (NOISE, {"tile": 16}),
        (NOISE, {"tile": 16, "planarconfig": "separate", "compression": "zip"}),
        (NOISE, {"compression": "lzw"}),
        (NOISE.astype(np.uint8), {"compression": "zip", "tile": 32}),
        (HALF, {"compression": "zip"}),
        (HALF, {"planarconfig": "separate"}),
    ],
)
def test_tiff_layouts(rgb: np.ndarray, how: dict[str, Any], tmp_path: Path) -> None:
    path = write_oiio(tmp_path / "a.tif", rgb, **how)
    np.testing.assert_array_equal(read_still(path, place(path)), rgb)


@pytest.mark.parametrize("bits", [10, 12])
def test_packed_tiff_codes(bits: int, tmp_path: Path) -> None:
    codes = np.random.default_rng(0).integers(0, 2**bits, (48, 96, 3))
    deep = (codes << 16 - bits | codes >> 2 * bits - 16).astype(np.uint16)
    path = write_oiio(tmp_path / "a.tif", deep, oiio__BitsPerSample=bits)
    np.testing.assert_array_equal(read_still(path, place(path)) >> 16 - bits, codes)


@pytest.mark.parametrize("ending", ["tif", "png"])
def test_alpha_does_not_touch_the_colours(ending: str, tmp_path: Path) -> None:
    """A reader that multiplies by alpha would darken them."""
    rgba = np.dstack([NOISE, np.full((48, 96), 9000, np.uint16)])
    path = tmp_path / f"a.{ending}"
    cv2.imwrite(str(path), rgba[..., [2, 1, 0, 3]])
    np.testing.assert_array_equal(read_still(path, place(path)), NOISE)


def test_grey_tiff(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    cv2.imwrite(str(path), DEEP[..., 0])
    np.testing.assert_array_equal(read_still(path, place(path)), DEEP)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_of_a_tiff(orientation: int, tmp_path: Path) -> None:
    upright = Image.fromarray(picture(1234))
    undo = {
        2: [Image.Transpose.FLIP_LEFT_RIGHT],
        3: [Image.Transpose.ROTATE_180],
        4: [Image.Transpose.FLIP_TOP_BOTTOM],
        5: [Image.Transpose.TRANSPOSE],
        6: [Image.Transpose.ROTATE_90],
        7: [Image.Transpose.TRANSVERSE],
        8: [Image.Transpose.ROTATE_270],
    }
    stored = upright
    for step in undo.get(orientation, []):
        stored = stored.transpose(step)
    stored.save(tmp_path / "a.tif", tiffinfo={274: orientation})
    assert number_in(read_still(tmp_path / "a.tif", Place("a.tif"))) == 1234


@pytest.mark.parametrize(
    ("mode", "says"), [("CMYK", "its picture is"), ("I", "its pixels are"), ("YCbCr", "its picture is YCbCr")]
)
def test_tiffs_of_other_kinds_are_refused(mode: str, says: str, tmp_path: Path) -> None:
    Image.fromarray(picture(1)).convert("L" if mode == "I" else mode).convert(mode).save(tmp_path / "a.tif")
    with pytest.raises(PlateError) as told:
        read_still(tmp_path / "a.tif", Place("a.tif"))
    assert says in str(told.value)


def test_a_palette_tiff(tmp_path: Path) -> None:
    Image.fromarray(picture(1234)).quantize(8).save(tmp_path / "a.tif")
    read = read_still(tmp_path / "a.tif", Place("a.tif"))
    np.testing.assert_allclose(read, picture(1234).astype(int), atol=1)  # Pillow's palette has 65280 for white
