"""PNG chunks beside the picture, whatever is in them: no pixel changes, and nothing is unpacked."""

from __future__ import annotations

import resource
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from still_files import chunk

from fsvfx.errors import PlateError
from fsvfx.media.files import Place
from fsvfx.media.mattes import read_matte
from fsvfx.media.plate import Canvas
from fsvfx.media.stills.reader import notes_of, read_still

PLACE = Place("a.png")
RGB = np.random.default_rng(0).integers(0, 65536, (6, 8, 3), np.uint16)
BOMB = zlib.compress(bytes(300 << 20), 9)


def written(folder: Path, *chunks: tuple[bytes, bytes], picture: np.ndarray = RGB) -> Path:
    """The chunks lie behind IHDR."""
    path = folder / "a.png"
    cv2.imwrite(str(path), picture[..., ::-1] if picture.ndim == 3 else picture)
    content = path.read_bytes()
    path.write_bytes(content[:33] + b"".join(chunk(*one) for one in chunks) + content[33:])
    return path


ODD: dict[str, tuple[bytes, bytes]] = {
    "text in Latin-1": (b"tEXt", b"Author\0Caf\xe9"),
    "text in Shift-JIS": (b"tEXt", b"Title\0\x83\x65\x83\x58"),
    "text without a keyword": (b"tEXt", b"\0\xff\xfe"),
    "text without an end of its keyword": (b"tEXt", b"x" * 300),
    "international text that is no UTF-8": (b"iTXt", b"Title\0\0\0en\0\xe9\0\xff\xfe"),
    "packed text that is none": (b"zTXt", b"Comment\0\0not zlib"),
    "packed text in an unknown way": (b"zTXt", b"Comment\0\x07abc"),
    "Exif of rubbish": (b"eXIf", b"\xff" * 40),
    "Exif that turns by 99": (b"eXIf", b"MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\x63\0\0\0\0\0\0"),
    "gamma 0": (b"gAMA", bytes(4)),
    "gamma 2": (b"gAMA", struct.pack(">I", 200_000)),
    "primaries that can't be": (b"cHRM", b"\xff" * 32),
    "a profile of rubbish": (b"iCCP", b"p\0\0" + zlib.compress(b"rubbish" * 40)),
    "a profile that is not packed": (b"iCCP", b"p\0\0rubbish"),
    "code points that are none": (b"cICP", b"\xfe\xfe\xfe\xfe"),
    "an intent that is none": (b"sRGB", b"\x63"),
    "bits that can't be": (b"sBIT", b"\0\x63\x63"),
    "a date that can't be": (b"tIME", b"\0\0\x63\x63\x63\x63\x63"),
    "an aspect of 0": (b"pHYs", bytes(9)),
    "a private chunk": (b"stUd", b"\xff" * 99),
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
def test_odd_chunks_change_no_pixel(odd: tuple[bytes, bytes], tmp_path: Path) -> None:
    np.testing.assert_array_equal(read_still(written(tmp_path, odd), PLACE), RGB, strict=True)


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
def test_odd_chunks_change_no_matte(odd: tuple[bytes, bytes], tmp_path: Path) -> None:
    canvas = Canvas((0, 0, 7, 5), (0, 0, 7, 5))
    path = written(tmp_path, odd, picture=RGB[..., 0].copy())
    matte = read_matte(path, canvas, None, PLACE)
    np.testing.assert_array_equal(matte, (RGB[..., 0] / np.float32(65535)).astype(np.float16))


@pytest.mark.parametrize(
    "bomb", [(b"zTXt", b"Comment\0\0" + BOMB), (b"iCCP", b"p\0\0" + BOMB), (b"iTXt", b"T\0\1\0en\0T\0" + BOMB)]
)
def test_nothing_is_unpacked(bomb: tuple[bytes, bytes], tmp_path: Path) -> None:
    canvas = Canvas((0, 0, 7, 5), (0, 0, 7, 5))
    path = written(tmp_path, bomb, picture=RGB[..., 0].copy())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert read_still(path, PLACE).shape == (6, 8, 3)
    assert read_matte(path, canvas, None, PLACE).shape == (6, 8)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 << 10


@pytest.mark.parametrize(("width", "height"), [(65500, 4), (2**31 - 1, 2**31 - 1), (16000, 16000), (0, 6)])
def test_sizes_that_are_claimed(width: int, height: int, tmp_path: Path) -> None:
    path = written(tmp_path)
    content = path.read_bytes()
    size = struct.pack(">II", width, height) + content[24:29]
    path.write_bytes(content[:8] + chunk(b"IHDR", size) + content[33:])
    with pytest.raises(PlateError, match=r"FSVFX_MAX_|0x6 pixels"):
        read_still(path, PLACE)
    with pytest.raises(PlateError):
        read_matte(path, Canvas((0, 0, 7, 5), (0, 0, 7, 5)), None, PLACE)


@pytest.mark.parametrize(
    ("codes", "names"),
    [
        ((9, 16, 0, 1), ["BT.2020 PQ"]),
        ((12, 13, 0, 1), ["P3 D65 IEC 61966-2-1"]),
        ((1, 13, 0, 1), []),
        ((5, 8, 0, 1), ["primaries 5 linear"]),
        ((9, 16), ["Other"]),
    ],
)
def test_code_points_overrule_a_profile(codes: tuple[int, ...], names: list[str], tmp_path: Path) -> None:
    """As screenshots of HDR screens carry them."""
    path = written(tmp_path, (b"iCCP", b"Other\0\0"), (b"cICP", bytes(codes)))
    assert notes_of(path, Place(str(path))) == [
        f"it has the color profile '{name}'; the manifest's color_space is used" for name in names
    ]
