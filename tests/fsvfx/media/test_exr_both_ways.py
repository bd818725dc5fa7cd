"""What delivery writes, OpenImageIO reads the same: pixels of every part, windows, timecode, rate, colour."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from oiio_files import read_oiio

from fsvfx.media.addresses import Address
from fsvfx.media.exr import reader as exr
from fsvfx.media.exr.writer import ExrPart, ExrWindows, colour_attributes, time_code, write_exr
from fsvfx.media.files import Place

WINDOWS = ExrWindows((-8, -4, 87, 43), (0, 0, 79, 39))
PLACE = Place("a.exr")


def noise(seed: int, channels: int, dtype: type = np.float16) -> np.ndarray:
    found = np.random.default_rng(seed).uniform(-0.1, 64, (48, 96, channels)).astype(dtype)
    return found if channels > 1 else np.ascontiguousarray(found[..., 0])


@pytest.mark.parametrize("compression", ["none", "zips", "zip", "piz", "dwaa"])
def test_layers_and_headers(compression: str, tmp_path: Path) -> None:
    path, rgb, matte = tmp_path / "a.exr", noise(0, 3), noise(1, 1) / np.float16(64)
    swap = {f"swap.lead.{kind}": noise(2 + i, 1) for i, kind in enumerate("RGB")}
    attributes = {
        **colour_attributes("lin_ap1_scene"),
        "timeCode": time_code(Address(0x01020304)),
        "framesPerSecond": Fraction(24000, 1001),
        "owner": "production",
    }
    write_exr(path, [ExrPart("main", {"RGB": rgb, "matte.lead.A": matte, **swap})], attributes, WINDOWS, compression)
    pixels, spec = read_oiio(path)
    names = list(spec.channelnames)
    ours, head = exr.read_exr(path, PLACE)
    for index, name in enumerate("RGB"):
        assert pixels[..., names.index(name)].tobytes() == ours[..., index].tobytes()
    if compression != "dwaa":
        assert ours.tobytes() == rgb.tobytes()
        for name, picture in {"matte.lead.A": matte, **swap}.items():
            assert pixels[..., names.index(name)].tobytes() == picture.tobytes()
    assert head.windows == (WINDOWS.data, WINDOWS.display)
    assert (spec.x, spec.y, spec.width, spec.height) == (-8, -4, 96, 48)
    assert (spec.full_x, spec.full_y, spec.full_width, spec.full_height) == (0, 0, 80, 40)
    assert spec.getattribute("colorInteropID") == head.header["colorInteropID"] == "lin_ap1_scene"
    assert spec.getattribute("framesPerSecond") in ((24000, 1001), [24000, 1001])
    assert head.header["framesPerSecond"] == Fraction(24000, 1001)
    assert spec.getattribute("smpte:TimeCode")[0] == 0x01020304
    assert spec.getattribute("Copyright") == head.header["owner"] == "production"


def test_parts_of_other_types(tmp_path: Path) -> None:
    path, rgb, map_ = tmp_path / "a.exr", noise(0, 3), {f"stmap.{c}": noise(5, 1, np.float32) for c in "RG"}
    write_exr(path, [ExrPart("main", {"RGB": rgb}), ExrPart("stmap", map_, is_data=True)], {}, WINDOWS)
    pixels, spec = read_oiio(path, part=1)
    assert spec.format == "float"
    for name, picture in map_.items():
        assert pixels[..., list(spec.channelnames).index(name)].tobytes() == picture.tobytes()
    assert exr.read_exr(path, PLACE)[0].tobytes() == rgb.tobytes()
