"""DPX in: codes that come back, in every depth, packing and byte order; rate and timecode from the header."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from footage import ffmpeg, number_in, picture, shot_job
from oiio_files import write_oiio

from fsvfx.errors import PlateError
from fsvfx.media import open_plate
from fsvfx.media.dpx.reader import read_dpx
from fsvfx.media.files import Place

PLACE = Place("a.dpx")
_PACKING, _TIMECODE, _FILM_RATE, _VIDEO_RATE = 804, 1920, 1724, 1940
"""Where SMPTE ST 268 has these fields."""


def codes(bits: int) -> np.ndarray:
    found = np.random.default_rng(bits).integers(0, 2**bits, (20, 70, 3))
    found[0, 0] = (0, 2**bits - 1, 1)
    return found


def spread(values: np.ndarray, bits: int) -> np.ndarray:
    """Codes over 16 bits, the upper bits again in the lower ones."""
    return (values << 16 - bits | values >> 2 * bits - 16).astype(np.uint16) if bits > 8 else values.astype(np.uint8)


@pytest.mark.parametrize("endian", ["big", "little"])
@pytest.mark.parametrize("packing", ["Packed", "Filled, method A", "Filled, method B"])
@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_the_codes_come_back(bits: int, packing: str, endian: str, tmp_path: Path) -> None:
    values = codes(bits)
    path = write_oiio(
        tmp_path / "a.dpx", spread(values, bits), oiio__BitsPerSample=bits, dpx__Packing=packing, oiio__Endian=endian
    )
    read, _ = read_dpx(path, PLACE)
    assert read.dtype == (np.uint8 if bits == 8 else np.uint16)
    np.testing.assert_array_equal(read >> (8 if bits == 8 else 16) - bits, values)
    assert read[0, 0, 1] == np.iinfo(read.dtype).max


def test_ten_bits_as_another_program_writes_them(tmp_path: Path) -> None:
    """ffmpeg packs by method A: three codes from the word's top down, two bits of padding."""
    path = tmp_path / "a.dpx"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=96x48", "-frames:v", "1", "-pix_fmt", "gbrp10be", path)
    content = path.read_bytes()
    words = np.frombuffer(content, ">u4", 48 * 96, struct.unpack(">I", content[4:8])[0])
    by_hand = np.stack([words >> shift & 1023 for shift in (22, 12, 2)], axis=-1).reshape(48, 96, 3)
    np.testing.assert_array_equal(read_dpx(path, PLACE)[0] >> 6, by_hand)


def sequence(folder: Path, fields: dict[int, bytes], **attributes: Any) -> Path:
    """Frames 1001 to 1003; ``fields``: bytes by their place in the header; a timecode counts on."""
    for index, number in enumerate((1001, 1002, 1003)):
        deep = picture(number, dtype=np.uint16)
        path = write_oiio(folder / f"a.{number}.dpx", deep, oiio__BitsPerSample=10, oiio__Endian="big", **attributes)
        content = bytearray(path.read_bytes())
        for at, value in fields.items():
            content[at : at + len(value)] = value if at != _TIMECODE else value[:3] + bytes([value[3] + index])
        path.write_bytes(content)
    return folder / "a.####.dpx"


@pytest.mark.parametrize(
    ("fields", "rate"),
    [
        ({_FILM_RATE: struct.pack(">f", 24.0)}, Fraction(24)),
        ({_FILM_RATE: struct.pack(">f", 23.976)}, Fraction(24000, 1001)),
        ({_VIDEO_RATE: struct.pack(">f", 29.97)}, Fraction(30000, 1001)),
        ({_FILM_RATE: struct.pack(">f", -1e37), _VIDEO_RATE: struct.pack(">f", 25.0)}, Fraction(25)),
    ],
)
def test_the_rate_in_the_header(fields: dict[int, bytes], rate: Fraction, tmp_path: Path) -> None:
    assert open_plate(shot_job(sequence(tmp_path, fields), "1001-1003")).info.frame_rate == rate


def test_rubbish_in_the_rate_is_no_rate(tmp_path: Path) -> None:
    path = sequence(tmp_path, {_FILM_RATE: b"\x8a\x12\xff\x03", _VIDEO_RATE: struct.pack(">f", 9e-41)})
    assert open_plate(shot_job(path, "1001-1003")).info.frame_rate is None
    with pytest.raises(PlateError, match="has no frame rate"):
        open_plate(shot_job(path, "1001-1003", timecode="01:00:00:00")).info  # noqa: B018
    assert open_plate(shot_job(path, "1001-1003", frame_rate="24")).info.frame_rate == 24


def test_timecode_and_fields(tmp_path: Path) -> None:
    path = sequence(tmp_path, {_TIMECODE: b"\x01\x02\x03\x04"}, dpx__Transfer="Logarithmic")
    plate = open_plate(shot_job(path, "1002-1003", frame_rate="24"))
    assert plate.info.timecode == "01:02:03:04"  # of first_frame, 1001
    assert plate.dpx_header(1003)["smpte:TimeCode"] == 0x01020306
    assert plate.exr_header(1003) == {}
    assert any("says 'Logarithmic'" in note for note in plate.info.notes)
    assert [number_in(rgb) for rgb in plate.pictures([1002, 1003])] == [1002, 1003]


def test_zero_is_no_timecode(tmp_path: Path) -> None:
    plate = open_plate(shot_job(sequence(tmp_path, {_TIMECODE: bytes(4)}), "1001", frame_rate="24"))
    assert plate.info.timecode is None


def test_alpha_is_left_out_and_told(tmp_path: Path) -> None:
    rgba = np.dstack([picture(5, dtype=np.uint16), np.full((48, 96), 99, np.uint16)])
    write_oiio(tmp_path / "a.1001.dpx", rgba, oiio__BitsPerSample=16)
    plate = open_plate(shot_job(tmp_path / "a.####.dpx", "1001", frame_rate="24"))
    np.testing.assert_array_equal(next(plate.pictures([1001])), rgba[..., :3])
    assert "alpha is left out" in plate.info.notes
