"""Rates in the headers of EXR and DPX: one rate however it is written; what is not valid is ignored, with a note."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
import pytest
from footage import picture, shot_job, write_exr
from oiio_files import write_oiio

from fsvfx.errors import PlateError
from fsvfx.media import open_plate

F23976 = Fraction(24000, 1001)
_FILM_RATE, _VIDEO_RATE = 1724, 1940
_NAN = struct.unpack(">f", b"\xff\xff\xff\xff")[0]


def exr(folder: Path, over: int, under: int) -> Path:
    path = folder / "a.1001.exr"
    write_exr(path, picture(1, dtype=np.float16), framesPerSecond=Fraction(24))
    content = bytearray(path.read_bytes())
    at = content.index(b"framesPerSecond\0rational\0") + 29
    content[at : at + 8] = struct.pack("<iI", over, under)
    path.write_bytes(content)
    return folder / "a.####.exr"


def exr_with(folder: Path, **header: Any) -> Path:
    write_exr(folder / "a.1001.exr", picture(1, dtype=np.float16), **header)
    return folder / "a.####.exr"


def dpx(folder: Path, film: float, video: float) -> Path:
    deep = picture(1, dtype=np.uint16)
    path = write_oiio(folder / "a.1001.dpx", deep, oiio__BitsPerSample=10, oiio__Endian="big")
    content = bytearray(path.read_bytes())
    for at, rate in ((_FILM_RATE, film), (_VIDEO_RATE, video)):
        content[at : at + 4] = struct.pack(">f", rate)
    path.write_bytes(content)
    return folder / "a.####.dpx"


def info_of(path: Path, **plate: Any) -> Any:
    return open_plate(shot_job(path, "1001", color_space="ACEScg", **plate)).info


@pytest.mark.parametrize("said", [None, "23.98", "23.976", "2398/100", "2997/125", "24000/1001", "23.976023976"])
@pytest.mark.parametrize(
    ("over", "under"), [(24000, 1001), (2398, 100), (23976, 1000), (2997, 125), (1609002102, 67108864), (2397, 100)]
)
def test_one_rate_however_it_is_written(over: int, under: int, said: str | None, tmp_path: Path) -> None:
    assert info_of(exr(tmp_path, over, under), frame_rate=said).frame_rate == F23976


@pytest.mark.parametrize(("film", "video"), [(23.976, 0), (0, 23.98), (_NAN, 23.976024), (-1e37, 23.976), (24, 23.97)])
def test_one_rate_in_dpx(film: float, video: float, tmp_path: Path) -> None:
    assert info_of(dpx(tmp_path, film, video), frame_rate="23.98").frame_rate == F23976


@pytest.mark.parametrize(
    ("over", "under", "told"),
    [
        (24, 0, "framesPerSecond"),
        (0, 0, "framesPerSecond"),
        (-24, 1, "is -24 in"),
        (10**9, 1, "is 1000000000 in"),
        (0, 1, ""),
    ],
)
def test_impossible_rates_of_exr_count_as_absent(over: int, under: int, told: str, tmp_path: Path) -> None:
    path = exr(tmp_path, over, under)
    info = info_of(path, frame_rate="25")
    assert info.frame_rate == 25
    assert bool(told) == any(told in note for note in info.notes)
    assert info_of(path).frame_rate is None


@pytest.mark.parametrize("rate", [float("inf"), -24.0, 1e9, 0.01])
def test_impossible_rates_of_dpx_count_as_absent(rate: float, tmp_path: Path) -> None:
    info = info_of(dpx(tmp_path, 0.0, rate), frame_rate="25")
    assert info.frame_rate == 25
    assert any("not valid: ignored" in note for note in info.notes)


@pytest.mark.parametrize("rate", [0.0, _NAN])
def test_empty_rates_are_not_told(rate: float, tmp_path: Path) -> None:
    info = info_of(dpx(tmp_path, rate, rate), frame_rate="25")
    assert not any("rate" in note.lower() for note in info.notes)


@pytest.mark.parametrize(
    ("header", "rate"),
    [
        ({"framesPerSecond": 23.976}, F23976),
        ({"framesPerSecond": "24"}, None),
        ({"framesPerSecond": np.array([24, 1], np.float32)}, None),
        ({"framesPerSecond": "1e999999999"}, None),
        ({"FramesPerSecond": Fraction(24000, 1001)}, F23976),
        ({"FramesPerSecond": 59.94}, Fraction(60000, 1001)),
        ({"framesPerSecond": Fraction(25), "FramesPerSecond": Fraction(24)}, Fraction(25)),
    ],
)
def test_other_types_and_names(header: dict[str, Any], rate: Fraction | None, tmp_path: Path) -> None:
    assert info_of(exr_with(tmp_path, **header)).frame_rate == rate


@pytest.mark.parametrize("code", ["01:00:00:00", 5, 1.5])
def test_a_timecode_of_another_type_is_none(code: object, tmp_path: Path) -> None:
    assert info_of(exr_with(tmp_path, timeCode=code), frame_rate="24").timecode is None


@pytest.mark.parametrize(("over", "said"), [(24, "23.98"), (25, "24"), (30, "29.97"), (24, "24.02")])
def test_contradictions_are_told(over: int, said: str, tmp_path: Path) -> None:
    with pytest.raises(PlateError, match=f"headers say {over} frames a second"):
        info_of(exr(tmp_path, over, 1), frame_rate=said)


def test_openexr_is_what_reads_it(tmp_path: Path) -> None:
    """The fraction over 0 is in the file, not only in this test."""
    with pytest.raises(ZeroDivisionError):
        float(
            OpenEXR.File(str(exr(tmp_path, 24, 0)).replace("####", "1001"), header_only=True).header()[
                "framesPerSecond"
            ]
        )
