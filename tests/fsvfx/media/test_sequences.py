"""Image sequences and stills: native depth, the data window, headers, numbers from the names."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import OpenEXR
import pytest
from footage import number_in, picture, shot_job, write_exr, write_stills
from PIL import Image

from fsvfx.errors import PlateError
from fsvfx.media import open_plate
from fsvfx.media.files import Place
from fsvfx.media.sequence.frame import read_frame
from fsvfx.media.stills.reader import read_still


@pytest.mark.parametrize(
    ("suffix", "dtype", "wanted"),
    [
        ("png", np.uint8, np.uint8),
        ("png", np.uint16, np.uint16),
        ("tif", np.uint8, np.uint8),
        ("tiff", np.uint16, np.uint16),
        ("tif", np.float32, np.float16),
        ("jpg", np.uint8, np.uint8),
        ("exr", np.float16, np.float16),
        ("exr", np.float32, np.float16),
    ],
)
@pytest.mark.parametrize("token", ["%04d", "####"])
def test_native_depth(suffix: str, dtype: type, wanted: type, token: str, tmp_path: Path) -> None:
    written = write_stills(str(tmp_path / f"a.%04d.{suffix}"), range(995, 1005), dtype)
    plate = open_plate(shot_job(written.replace("%04d", token), "998-1004", frame_rate="25"))
    pictures = list(plate.pictures(range(998, 1005)))
    assert [number_in(rgb) for rgb in pictures] == list(range(998, 1005))
    assert {rgb.dtype for rgb in pictures} == {np.dtype(wanted)} == {plate.info.dtype}
    assert (plate.info.first, plate.info.last, plate.info.frame_rate) == (995, 1004, Fraction(25))
    if suffix != "jpg":
        np.testing.assert_array_equal(pictures[2], picture(1000, dtype=dtype).astype(wanted))


def test_numbers_may_outgrow_their_padding(tmp_path: Path) -> None:
    pattern = write_stills(str(tmp_path / "a.%03d.png"), range(998, 1003))
    plate = open_plate(shot_job(pattern.replace("%03d", "###"), "998-1002", frame_rate="24"))
    assert [number_in(rgb) for rgb in plate.pictures(range(998, 1003))] == list(range(998, 1003))


def test_exr_windows_timecode_and_rate_come_from_the_header(tmp_path: Path) -> None:
    code = OpenEXR.TimeCode()
    code.hours, code.minutes, code.seconds, code.frame = 1, 0, 0, 4
    overscan = (np.array([-8, -4], "i4"), np.array([87, 43], "i4"))
    display = (np.array([0, 0], "i4"), np.array([79, 39], "i4"))
    for number in (1005, 1006):
        header = {"timeCode": code, "framesPerSecond": Fraction(24000, 1001), "owner": "test"}
        rgb = picture(number, dtype=np.float16)
        write_exr(tmp_path / f"a.{number}.exr", rgb, dataWindow=overscan, displayWindow=display, **header)
    plate = open_plate(shot_job(tmp_path / "a.####.exr", "1005-1006"))
    info = plate.info
    assert (info.data_window, info.display_window) == ((-8, -4, 87, 43), (0, 0, 79, 39))
    assert (info.width, info.height) == (96, 48)
    assert info.frame_rate == Fraction(24000, 1001)
    assert info.timecode == "01:00:00:00"  # that of first_frame, 1001
    assert any("data window" in note for note in info.notes)
    assert plate.exr_header(1006)["owner"] == "test"
    assert number_in(next(plate.pictures([1006]))) == 1006


def test_half_pixels_come_bit_for_bit(tmp_path: Path) -> None:
    rgb = np.random.default_rng(3).uniform(-1, 60, (48, 96, 3)).astype(np.float16)
    rgb[0, 0] = (np.inf, np.nan, 65504)
    write_exr(tmp_path / "a.exr", rgb)
    read, _ = read_frame(tmp_path / "a.exr", Place("a.exr"))
    np.testing.assert_array_equal(read.view(np.uint16), rgb.view(np.uint16))


def test_grey_palette_alpha_and_orientation(tmp_path: Path) -> None:
    rgb = picture(1234)
    cv2.imwrite(str(tmp_path / "grey.png"), rgb[..., 0])
    Image.fromarray(rgb).quantize(8).save(tmp_path / "palette.png")
    cv2.imwrite(str(tmp_path / "alpha.png"), np.dstack([rgb, np.full((48, 96), 7, np.uint8)]))
    for name in ("grey.png", "palette.png", "alpha.png"):
        np.testing.assert_array_equal(read_still(tmp_path / name, Place(name)), rgb)
    turned = Image.fromarray(rgb).rotate(90, expand=True)
    exif = Image.Exif()
    exif[0x0112] = 6  # turn 90 degrees clockwise to show
    turned.save(tmp_path / "turned.jpg", quality=95, exif=exif)
    assert number_in(read_still(tmp_path / "turned.jpg", Place("turned.jpg"))) == 1234


def test_alpha_of_a_sequence_is_told(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.1001.png"), np.zeros((8, 8, 4), np.uint8))
    plate = open_plate(shot_job(tmp_path / "a.####.png", "1001", frame_rate="24"))
    assert plate.info.notes == ("alpha is left out",)


def test_rates_that_disagree(tmp_path: Path) -> None:
    write_exr(tmp_path / "a.1001.exr", picture(1, dtype=np.float16), framesPerSecond=Fraction(25))
    with pytest.raises(PlateError, match="headers say 25 frames a second, the manifest says 24"):
        open_plate(shot_job(tmp_path / "a.####.exr", "1001", frame_rate="24")).info  # noqa: B018
