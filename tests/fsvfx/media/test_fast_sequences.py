"""Timecode of EXR and DPX sequences above 30 frames a second, from file to plate and to file again."""

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

_TIMECODE, _VIDEO_RATE = 1920, 1940
F5994, F50, F48 = Fraction(60000, 1001), Fraction(50), Fraction(48)


def code(hours: int, minutes: int, seconds: int, frame: int, mark: int = 0, drop: int = 0) -> OpenEXR.TimeCode:
    return OpenEXR.TimeCode(hours, minutes, seconds, frame, drop, 0, mark, 0, 0, 0, *[0] * 8)


def exrs(folder: Path, rate: Fraction, codes: list[OpenEXR.TimeCode]) -> Path:
    for number, one in enumerate(codes, 1001):
        half = picture(number, dtype=np.float16)
        write_exr(folder / f"a.{number}.exr", half, framesPerSecond=rate, timeCode=one)
    return folder / "a.####.exr"


def raw_exrs(folder: Path, rate: Fraction, words: list[int]) -> Path:
    """As writers make them that fill the bits themselves."""
    path = exrs(folder, rate, [code(1, 0, 0, 0)] * len(words))
    for number, word in enumerate(words, 1001):
        file = folder / f"a.{number}.exr"
        content = bytearray(file.read_bytes())
        at = content.index(b"timeCode\0timecode\0") + 22
        content[at : at + 4] = struct.pack("<I", word)
        file.write_bytes(content)
    return path


def dpxs(folder: Path, rate: float, words: list[int]) -> Path:
    for number, word in enumerate(words, 1001):
        path = write_oiio(
            folder / f"a.{number}.dpx", picture(number, dtype=np.uint16), oiio__BitsPerSample=10, oiio__Endian="big"
        )
        content = bytearray(path.read_bytes())
        content[_TIMECODE : _TIMECODE + 4] = struct.pack(">I", word)
        content[_VIDEO_RATE : _VIDEO_RATE + 4] = struct.pack(">f", rate)
        path.write_bytes(content)
    return folder / "a.####.dpx"


def info_of(path: Path, count: int, **plate: Any) -> Any:
    return open_plate(shot_job(path, f"1001-{1000 + count}", color_space="ACEScg", **plate)).info


@pytest.mark.parametrize(
    ("rate", "codes", "wanted"),
    [
        (F5994, [code(1, 0, 0, 29), code(1, 0, 0, 29, 1)], "01:00:00:58"),
        (F5994, [code(1, 0, 0, 29, 1), code(1, 0, 1, 0)], "01:00:00:59"),
        (F5994, [code(0, 0, 59, 29, 1, 1), code(0, 1, 0, 2, 0, 1), code(0, 1, 0, 2, 1, 1)], "00:00:59;59"),
        (F50, [code(1, 0, 0, 24, 1), code(1, 0, 1, 0)], "01:00:00:49"),
        (F48, [code(1, 0, 0, 23), code(1, 0, 0, 23, 1)], "01:00:00:46"),
        (Fraction(48000, 1001), [code(1, 0, 0, 5), code(1, 0, 0, 6), code(1, 0, 0, 7)], "01:00:00:05"),
        (Fraction(120), [code(1, 0, 0, 29)] * 2 + [code(1, 0, 1, 0)], "01:00:00:118"),
        (Fraction(100), [code(1, 0, 0, 24)] * 2 + [code(1, 0, 1, 0)], "01:00:00:98"),
        (Fraction(24), [code(1, 0, 0, 23)], "01:00:00:23"),
    ],
)
def test_timecode_of_exr(rate: Fraction, codes: list[OpenEXR.TimeCode], wanted: str, tmp_path: Path) -> None:
    assert info_of(exrs(tmp_path, rate, codes), len(codes)).timecode == wanted


@pytest.mark.parametrize("first", [0, 20, 35, 39, 40, 45, 58])
def test_exr_whose_timecode_counts_every_frame(first: int, tmp_path: Path) -> None:
    """40 and more do not fit; the end of the second tells what they were."""
    labels = [(first + n) % 60 for n in range(62 - first)]
    words = [
        int(f"{label}", 16) & 0x3F | (0x01000000 if n < 60 - first else 0x01000100) for n, label in enumerate(labels)
    ]
    info = info_of(raw_exrs(tmp_path, Fraction(60), words), len(words))
    assert info.timecode == f"01:00:00:{first:02}"
    assert any("counts all 60 frames" in note for note in info.notes)


@pytest.mark.parametrize(
    ("rate", "words", "wanted"),
    [
        (59.94, [0x01000029, 0x01008029, 0x01000100], "01:00:00:58"),
        (59.94, [0x01008029, 0x01000100], "01:00:00:59"),
        (50.0, [0x01000024, 0x81000024, 0x01000100], "01:00:00:48"),
        (50.0, [0x81000024, 0x01000100], "01:00:00:49"),
        (50.0, [0x01000047, 0x01000048, 0x01000049, 0x01000100], "01:00:00:47"),
        (60.0, [0x01000057, 0x01000058, 0x01000059, 0x01000100], "01:00:00:57"),
        (60.0, [0x01000033, 0x01000034], "01:00:00:33"),
        (47.952, [0x01008023, 0x01000100, 0x01008100], "01:00:00:47"),
        (100.0, [0x01000099, 0x01000100], "01:00:00:99"),
        (29.97, [0x00005969, 0x00010042], "00:00:59;29"),
    ],
)
def test_timecode_of_dpx(rate: float, words: list[int], wanted: str, tmp_path: Path) -> None:
    assert info_of(dpxs(tmp_path, rate, words), len(words)).timecode == wanted


def test_the_manifest_counts_every_frame(tmp_path: Path) -> None:
    path = exrs(tmp_path, F5994, [code(1, 0, 0, 29), code(1, 0, 0, 29, 1)])
    assert info_of(path, 2, timecode="01:00:00:58", frame_rate="59.94").timecode == "01:00:00:58"


@pytest.mark.parametrize(
    ("rate", "timecode", "wanted"),
    [
        (Fraction(120), "01:00:00:05", "01:00:00:005"),
        (Fraction(120), "01:00:00:119", "01:00:00:119"),
        (F5994, "01:00:00;59", "01:00:00;59"),
        (F5994, "01:00:00:59", "01:00:00:59"),
        (F50, "01:00:00:49", "01:00:00:49"),
    ],
)
def test_timecode_of_the_manifest(rate: Fraction, timecode: str, wanted: str, tmp_path: Path) -> None:
    write_exr(tmp_path / "a.1001.exr", picture(1, dtype=np.float16), framesPerSecond=rate)
    assert info_of(tmp_path / "a.####.exr", 1, timecode=timecode).timecode == wanted


@pytest.mark.parametrize(
    ("rate", "timecode", "what"),
    [
        (F50, "01:00:00:50", "no such frame"),
        (Fraction(24), "01:00:00:24", "no such frame"),
        (F5994, "00:01:00;03", "skips"),
        (F48, "01:00:00;00", "drop-frame"),
    ],
)
def test_timecode_of_the_manifest_that_no_frame_has(rate: Fraction, timecode: str, what: str, tmp_path: Path) -> None:
    write_exr(tmp_path / "a.1001.exr", picture(1, dtype=np.float16), framesPerSecond=rate)
    with pytest.raises(PlateError, match=what):
        info_of(tmp_path / "a.####.exr", 1, timecode=timecode)


def test_nothing_to_tell_is_not_told(tmp_path: Path) -> None:
    assert info_of(exrs(tmp_path, F5994, [code(1, 0, 0, 29), code(1, 0, 0, 29, 1)]), 2).notes == ()
