"""Plates with odd headers, delivered: what goes along can be read by others, and nothing breaks on it."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
import pytest
from dpx_files import UNDEFINED, write_dpx
from exr_files import rewrite
from oiio_files import read_oiio

from fsvfx.delivery import deliver_chunk
from fsvfx.media.dpx.reader import read_dpx
from fsvfx.media.files import Place
from schemas.frames import FrameRange

NUMBERS = range(1001, 1004)
WISHES = [
    {"kind": "exr", "path": "x.{frame}.exr"},
    {"kind": "frames", "path": "x.{frame}.dpx", "depth": 10, "color_space": "ACEScct"},
    {"kind": "frames", "path": "x.{frame}.tif", "depth": 16, "color_space": "ACEScct"},
    {"kind": "mattes", "path": "m.{frame}.exr"},
]
ODD: dict[str, tuple[bytes, bytes, bytes]] = {
    "Latin-1": (b"comments", b"string", b"Caf\xe9"),
    "Shift-JIS": (b"comments", b"string", b"\x83\x65\x83\x58\x83\x67"),
    "control characters": (b"comments", b"string", b"\x1b]0;x\x07\x00\x9b"),
    "an unknown type": (b"comments", b"studioThing", b"\1\2\3"),
    "a standard name of another type": (b"owner", b"int", b"\1\0\0\0"),
    "a name that is not UTF-8": (b"r\xe9gie", b"string", b"x"),
    "a long name": (b"n" * 250, b"string", b"x"),
    "an empty list": (b"crew", b"stringvector", b""),
    "timecode of no time": (b"timeCode", b"timecode", b"\xff" * 8),
    "a rate over 0": (b"framesPerSecond", b"rational", struct.pack("<iI", 24, 0)),
    "an aspect that is none": (b"pixelAspectRatio", b"float", struct.pack("<f", float("nan"))),
    "a view": (b"view", b"string", b"left"),
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
def test_what_goes_along_can_be_read(
    odd: tuple[bytes, bytes, bytes], shot_kit: Callable[..., Any], exr_plate: Callable[..., Path], tmp_path: Path
) -> None:
    pattern = exr_plate(NUMBERS, artist="as scanned")
    for number in NUMBERS:
        rewrite(pattern.with_name(f"p.{number}.exr"), replace={odd[0]: odd})
    plate = {"path": str(pattern), "frames": FrameRange(NUMBERS), "color_space": "ACEScg", "frame_rate": "24"}
    kit = shot_kit(plate, WISHES)
    (unit,) = kit.units
    files = deliver_chunk(kit.job, unit, kit.of_chunk(unit), FrameRange(())).files
    assert len(files) == len(WISHES) * len(NUMBERS)
    for file in files:
        assert read_oiio(Path(file.path))[0] is not None
    header = OpenEXR.File(str(tmp_path / "out" / "x.1001.exr"), header_only=True).header()
    assert header["artist"] == "as scanned"
    name = odd[0].decode("latin-1")
    if odd[1] == b"string":
        assert header[name] == odd[2].decode("latin-1")


def test_odd_dpx_plates_come_out_with_their_codes(shot_kit: Callable[..., Any], tmp_path: Path) -> None:
    codes = {number: np.random.default_rng(number).integers(0, 1024, (18, 26, 3)) for number in NUMBERS}
    (tmp_path / "plates").mkdir()
    for number, values in codes.items():
        fields = {"creator": b"Caf\xe9", "orientation": 0xFFFF, "elements": 0, "file_size": UNDEFINED}
        write_dpx(tmp_path / "plates" / f"p.{number}.dpx", [values], fields=fields, element={"offset": UNDEFINED})
    frames = FrameRange(NUMBERS)
    plate = {"path": f"{tmp_path}/plates/p.####.dpx", "frames": frames, "color_space": "ACEScct", "frame_rate": "24"}
    kit = shot_kit(plate, WISHES[1:2], swaps=False)
    (unit,) = kit.units
    deliver_chunk(kit.job, unit, kit.of_chunk(unit), FrameRange(()))
    for number, values in codes.items():
        delivered, head = read_dpx(tmp_path / "out" / f"x.{number}.dpx", Place("x"))
        np.testing.assert_array_equal(delivered >> 6, values)
        element = head.header.elements[0]
        assert (head.header.orientation, len(head.header.elements), element.encoding) == (0, 1, 0)
        assert (head.header.image_offset, head.header.encrypted) == (element.offset, False)
