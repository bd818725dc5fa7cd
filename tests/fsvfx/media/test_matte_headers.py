"""External mattes in EXR files with odd headers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import OpenEXR
import pytest
from dpx_files import write_dpx
from exr_files import channel, rewrite

from fsvfx.errors import PlateError
from fsvfx.media.files import Place
from fsvfx.media.mattes import read_matte
from fsvfx.media.plate import Canvas

WINDOW = (0, 0, 31, 23)
MATTE = np.random.default_rng(0).uniform(0, 1, (24, 32)).astype(np.float16)
BASE = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}


def read(path: Path, layer: str | None = None) -> np.ndarray:
    return read_matte(path, Canvas(WINDOW, WINDOW), layer, Place(path.name, frames=(1001,)))


def written(folder: Path, *names: str) -> Path:
    OpenEXR.File(BASE, {name: MATTE * np.float16(i + 1) / 4 for i, name in enumerate(names)}).write(
        str(folder / "m.exr")
    )
    return folder / "m.exr"


@pytest.mark.parametrize("odd", [b"\xe9t\xe9", b"\x83\x65", b"\xff", "été".encode()])
def test_texts_of_any_kind(odd: bytes, tmp_path: Path) -> None:
    path = rewrite(written(tmp_path, "A"), [(b"comments", b"string", odd), (odd, b"studioThing", odd)])
    np.testing.assert_array_equal(read(path), MATTE / 4)


def test_channels_whose_names_are_not_utf8(tmp_path: Path) -> None:
    path = written(tmp_path, "hair", "head", "zX")
    path.write_bytes(path.read_bytes().replace(b"zX\0", b"z\xe9\0"))
    np.testing.assert_array_equal(read(path, "head"), MATTE / 2)
    np.testing.assert_array_equal(read(path, "zé"), MATTE * np.float16(3) / 4)


def test_a_hundred_channels_apart(tmp_path: Path) -> None:
    path = written(tmp_path, "A", *[f"m{index:03}" for index in range(1, 90)])
    np.testing.assert_array_equal(read(path, "m002"), MATTE * np.float16(3) / 4)


def test_more_channels_than_a_library_takes_by_itself(tmp_path: Path) -> None:
    path = written(tmp_path, *[f"m{index:04}" for index in range(1200)])
    assert read(path, "m0001").shape == (24, 32)


def test_too_many_channels(tmp_path: Path) -> None:
    many = b"".join(channel(f"m{index}".encode()) for index in range(200_000)) + b"\0"
    path = rewrite(written(tmp_path, "A"), replace={b"channels": (b"channels", b"chlist", many)})
    with pytest.raises(PlateError, match="FSVFX_MAX_CHANNELS"):
        read(path)


def test_a_dpx_is_no_matte(tmp_path: Path) -> None:
    path = write_dpx(tmp_path / "m.png", [np.zeros((24, 32, 3), int)])
    with pytest.raises(PlateError, match="the matte is a DPX"):
        read(path)
