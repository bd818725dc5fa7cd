"""Our own packing of ZIP and ZIPS: libraries read the same bits, whatever the picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import OpenEXR
import pytest
from oiio_files import read_oiio

from fsvfx.media.exr.scanlines import Scanlines, packed, rewrite
from fsvfx.media.exr.writer import ExrPart, ExrWindows, write_exr

SIZES = [(1, 1), (15, 7), (16, 8), (33, 17), (64, 50)]


def windows(height: int, width: int) -> ExrWindows:
    return ExrWindows((-5, 9, width - 6, height + 8), (0, 0, 20, 20))


def anything(height: int, width: int, seed: int) -> np.ndarray:
    """Any bits that a half can have; they do not deflate."""
    return np.random.default_rng(seed).integers(0, 65536, (height, width)).astype(np.uint16).view(np.float16)


@pytest.mark.parametrize("compression", ["zip", "zips"])
@pytest.mark.parametrize("size", SIZES)
def test_libraries_read_the_same_bits(size: tuple[int, int], compression: str, tmp_path: Path) -> None:
    path, ramp = tmp_path / "a.exr", np.linspace(0, 1, size[0] * size[1]).astype(np.float16).reshape(size)
    channels = {"R": anything(*size, 0), "A": ramp, "Z": ramp.astype(np.float32), "swap.x.B": np.zeros_like(ramp)}
    write_exr(path, [ExrPart("rgb", channels)], {"owner": "production"}, windows(*size), compression)
    with OpenEXR.File(str(path), separate_channels=True) as file:
        read = {name: channel.pixels for name, channel in file.channels().items()}
        window = [corner.tolist() for corner in file.header()["dataWindow"]]
    assert {name: pixels.tobytes() for name, pixels in read.items()} == {
        name: pixels.tobytes() for name, pixels in channels.items()
    }
    assert window == [[-5, 9], [size[1] - 6, size[0] + 8]]
    pixels, spec = read_oiio(path)
    assert (spec.x, spec.y, spec.width, spec.height) == (-5, 9, size[1], size[0])
    finite = pixels[..., list(spec.channelnames).index("A")]
    assert np.array_equal(finite.astype(np.float16), ramp)


def test_several_parts(tmp_path: Path) -> None:
    path, rgb, place = tmp_path / "a.exr", np.stack([anything(20, 9, n) for n in range(3)], -1), np.eye(20, 9)
    parts = [ExrPart("rgb", {"RGB": rgb}), ExrPart("stmap", {"stmap.R": place.astype(np.float32)}, is_data=True)]
    write_exr(path, parts, {}, windows(20, 9), "zips")
    with OpenEXR.File(str(path), separate_channels=True) as file:
        first, second = (file.channels(index) for index in (0, 1))
        for index, name in enumerate("RGB"):
            assert first[name].pixels.tobytes() == rgb[..., index].tobytes()
        assert np.array_equal(second["stmap.R"].pixels, place)


def test_the_same_picture_has_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.exr", "b.exr"):
        write_exr(tmp_path / name, [ExrPart("rgb", {"A": anything(40, 30, 1)})], {}, windows(40, 30))
    assert (tmp_path / "a.exr").read_bytes() == (tmp_path / "b.exr").read_bytes()


def test_what_does_not_deflate_stays_as_it_is() -> None:
    lines = np.random.default_rng(0).integers(0, 256, 512).astype(np.uint8)
    assert packed(lines) == lines.tobytes()
    assert len(packed(np.zeros(4096, np.uint8))) < 64


def test_channels_of_another_size_are_refused(tmp_path: Path) -> None:
    path, part = tmp_path / "a.exr", ExrPart("rgb", {"A": np.zeros((4, 4), np.float16)})
    write_exr(path, [part], {}, ExrWindows((0, 0, 3, 3), (0, 0, 3, 3)))
    with pytest.raises(ValueError, match="5 lines of 4"):
        rewrite(path, [Scanlines(part.channels, 16)], (0, 0, 3, 4))
