"""EXR headers as programs leave them: read, or refused by name; what is carried along can be written again."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
import pytest
from exr_files import attribute, attributes_of, box, channel, rewrite
from footage import shot_job, write_exr
from oiio_files import write_oiio

from fsvfx.delivery.headers import kept
from fsvfx.errors import PlateError
from fsvfx.media import open_plate
from fsvfx.media.exr import reader as exr
from fsvfx.media.exr.writer import ExrPart, ExrWindows
from fsvfx.media.exr.writer import write_exr as deliver
from fsvfx.media.files import Place
from fsvfx.media.sequence.frame import read_frame
from fsvfx.settings import machine

PLACE = Place("a.exr")
RGB = np.random.default_rng(0).uniform(0, 9, (24, 32, 3)).astype(np.float16)
BASE = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
NAN = struct.pack("<f", float("nan"))


def plain(folder: Path, **header: Any) -> Path:
    write_exr(folder / "a.exr", RGB, **header)
    return folder / "a.exr"


def read(path: Path) -> np.ndarray:
    return exr.read_exr(path, PLACE)[0]


def carried(path: Path, folder: Path) -> dict[str, Any]:
    """What of the header comes back out of a delivered file."""
    own = kept(exr.read_head(path, PLACE).header)
    windows = ExrWindows((0, 0, 31, 23), (0, 0, 31, 23))
    deliver(folder / "out.exr", [ExrPart("rgb", {"RGB": RGB})], own, windows)
    return {name: OpenEXR.File(str(folder / "out.exr"), header_only=True).header()[name] for name in own}


ODD: dict[str, tuple[tuple[bytes, bytes, bytes], Any]] = {
    "Latin-1": ((b"comments", b"string", b"Caf\xe9"), "Café"),
    "Shift-JIS": ((b"owner", b"string", "テスト".encode("shift_jis")), "テスト".encode("shift_jis").decode("latin-1")),
    "broken UTF-8": ((b"owner", b"string", b"\xe3\x83"), "ã\x83"),
    "UTF-8": ((b"owner", b"string", "テスト".encode()), "テスト"),
    "escape characters": ((b"owner", b"string", b"\x1b[31mred"), "\x1b[31mred"),
    "a name in Latin-1": ((b"r\xe9gie", b"string", b"x"), "x"),
    "a long name": ((b"n" * 200, b"string", b"x"), "x"),
    "a list with Latin-1": ((b"crew", b"stringvector", b"\2\0\0\0ab\1\0\0\0\xe9"), ["ab", "é"]),
    "an unknown type": ((b"thing", b"studioThing", b"\1\2\3"), None),
    "a type in Latin-1": ((b"thing", b"\xe9", b"\1\2\3"), None),
    "bytes that are no number": ((b"thing", b"int", b"\1\2"), None),
    "an empty list": ((b"thing", b"stringvector", b""), None),
    "a list that ends too soon": ((b"thing", b"stringvector", b"\xff\xff\0\0ab"), None),
    "a rational over 0": ((b"thing", b"rational", struct.pack("<iI", 24, 0)), None),
    "timecode of no time": ((b"timeCode", b"timecode", b"\xff" * 8), None),
    "timecode of another type": ((b"timeCode", b"string", b"01:00:00:00"), None),
    "key code out of range": ((b"keyCode", b"keycode", struct.pack("<7i", 5000, *[1] * 6)), None),
    "a double keeps its digits": ((b"exact", b"double", struct.pack("<d", 0.1)), 0.1),
    "infinity": ((b"far", b"float", struct.pack("<f", np.inf)), np.inf),
    "a giant preview": ((b"preview", b"preview", struct.pack("<II", 2**31, 2**31)), None),
}


@pytest.mark.parametrize(("odd", "value"), ODD.values(), ids=ODD.keys())
def test_odd_entries_are_read_and_carried_or_left_out_and_told(
    odd: tuple[bytes, bytes, bytes], value: Any, tmp_path: Path
) -> None:
    path = rewrite(plain(tmp_path, capDate="2026:01:02 03:04:05"), [odd])
    np.testing.assert_array_equal(read(path), RGB, strict=True)
    name = odd[0].decode("latin-1")
    own = exr.read_head(path, PLACE).header
    assert own["capDate"] == "2026:01:02 03:04:05"
    told = " ".join(exr.notes(exr.read_head(path, PLACE)))
    assert ("can't be read are left out" in told) == (value is None and name != "preview")
    assert carried(path, tmp_path).get(name) == value


def test_every_known_type_is_carried_as_it_is(tmp_path: Path) -> None:
    header = {
        "s": "text", "i": -5, "v2i": np.array([1, 2], "i4"), "v3f": np.array([1, 2, 3], "f4"), "m": np.eye(3),
        "m44f": np.eye(4, dtype="f4"), "sv": ["a", "b"], "fr": Fraction(-24, 7), "numbers": [1.0, 2.5],
        "timeCode": OpenEXR.TimeCode(23, 59, 58, 29, 1, 0, 1, 0, 1, 0, *range(8)), "v2d": np.array([1.0, 2.0]),
        "keyCode": OpenEXR.KeyCode(1, 2, 3, 4, 5, 4, 64), "envmap": OpenEXR.ENVMAP_CUBE,
        "boxf": (np.array([0, 1], "f4"), np.array([2, 3], "f4")), "v3d": np.array([1.0, 2.0, 3.0]),
    }  # fmt: skip
    path = plain(tmp_path, **header)
    ours, theirs = carried(path, tmp_path), OpenEXR.File(str(path), header_only=True).header()
    for name in header:
        assert str(ours[name]) == str(theirs[name]), name
    assert exr.notes(exr.read_head(path, PLACE)) == []


@pytest.mark.parametrize(
    ("added", "rate", "aspect"),
    [
        ((b"framesPerSecond", b"rational", struct.pack("<iI", 24, 0)), None, 1.0),
        ((b"framesPerSecond", b"rational", struct.pack("<iI", -24, 1)), None, 1.0),
        ((b"framesPerSecond", b"rational", struct.pack("<iI", 24000, 1001)), Fraction(24000, 1001), 1.0),
        ((b"framesPerSecond", b"string", b"fast"), None, 1.0),
        ((b"pixelAspectRatio", b"float", NAN), None, 1.0),
        ((b"pixelAspectRatio", b"float", bytes(4)), None, 1.0),
        ((b"pixelAspectRatio", b"string", b"wide"), None, 1.0),
        ((b"pixelAspectRatio", b"float", struct.pack("<f", 2)), None, 2.0),
    ],
)
def test_rates_and_aspects_that_can_not_be(
    added: tuple[bytes, bytes, bytes], rate: Fraction | None, aspect: float, tmp_path: Path
) -> None:
    path = rewrite(plain(tmp_path, comments="as scanned"), replace={added[0]: added})
    head = read_frame(path, PLACE)[1]
    assert (head.frame_rate, head.pixel_aspect) == (rate, aspect)


def test_channels_of_mixed_types(tmp_path: Path) -> None:
    channels = {
        "R": RGB[..., 0].copy(), "G": RGB[..., 1].astype(np.float32), "B": RGB[..., 2].copy(),
        "Z": np.full((24, 32), 1e9, np.float32), "id": np.full((24, 32), 7, np.uint32),
    }  # fmt: skip
    OpenEXR.File(BASE, channels).write(str(tmp_path / "a.exr"))
    np.testing.assert_array_equal(read(tmp_path / "a.exr"), RGB, strict=True)
    assert "32-bit float pixels are rounded to half" in exr.notes(exr.read_head(tmp_path / "a.exr", PLACE))


def test_only_rgb_of_mixed_types(tmp_path: Path) -> None:
    channels = {"R": RGB[..., 0].copy(), "G": RGB[..., 1].astype(np.float32), "B": RGB[..., 2].astype(np.float32)}
    OpenEXR.File(BASE, channels).write(str(tmp_path / "a.exr"))
    np.testing.assert_array_equal(read(tmp_path / "a.exr"), RGB, strict=True)


def test_a_whole_number_among_floats_is_refused(tmp_path: Path) -> None:
    """Read as float, a library would divide it by 4294967295."""
    channels = {"R": RGB[..., 0].astype(np.float32), "G": np.ones((24, 32), np.uint32), "B": RGB[..., 2].copy()}
    OpenEXR.File(BASE, channels).write(str(tmp_path / "a.exr"))
    with pytest.raises(PlateError, match="whole numbers"):
        read(tmp_path / "a.exr")


def test_channels_whose_names_are_not_utf8(tmp_path: Path) -> None:
    """OpenEXR's binding gives up on them; the picture beside them is read."""
    extra = RGB[..., 1] + np.float16(1)
    OpenEXR.File(BASE, {"RGB": RGB, "calXX.R": extra, "calXX.G": extra, "calXX.B": extra}).write(
        str(tmp_path / "a.exr")
    )
    (tmp_path / "a.exr").write_bytes((tmp_path / "a.exr").read_bytes().replace(b"calXX", b"cal\xe9\xff"))
    np.testing.assert_array_equal(read(tmp_path / "a.exr"), RGB, strict=True)
    assert any("Latin-1: channels" in note for note in exr.notes(exr.read_head(tmp_path / "a.exr", PLACE)))
    other = exr.read_exr(tmp_path / "a.exr", PLACE, layer="calé\xff")[0]
    np.testing.assert_array_equal(other, np.repeat(extra[..., None], 3, axis=2))


@pytest.mark.parametrize("layer", ["beauty pass", "a/b", "été", "x[0]", "1", "très_long_" * 20])
def test_layers_with_odd_names(layer: str, tmp_path: Path) -> None:
    channels = {f"{layer}.{kind}": np.ascontiguousarray(RGB[..., i]) for i, kind in enumerate("RGB")}
    OpenEXR.File(BASE, channels).write(str(tmp_path / "a.exr"))
    np.testing.assert_array_equal(exr.read_exr(tmp_path / "a.exr", PLACE, layer=layer)[0], RGB)


def test_parts_without_names_and_with_one_twice(tmp_path: Path) -> None:
    depth = {"Z": np.ones((24, 32), np.float32)}
    parts = [OpenEXR.Part(BASE | {"name": "one"}, {"RGB": RGB}), OpenEXR.Part(BASE | {"name": "two"}, depth)]
    OpenEXR.File(parts).write(str(tmp_path / "a.exr"))
    content = (tmp_path / "a.exr").read_bytes()
    for wrong in (
        content.replace(b"two", b"one"),
        content.replace(b"two", b"\0\0\0"),
        content.replace(b"two", b"\xe9\xff\xfe"),
    ):
        (tmp_path / "b.exr").write_bytes(wrong)
        np.testing.assert_array_equal(read(tmp_path / "b.exr"), RGB, strict=True)


@pytest.mark.parametrize(
    "window", [(0, 0, 31, 23), (-40, -30, -9, -7), (1000, 2000, 1031, 2023), (10**9, -(10**9), 10**9 + 31, 23 - 10**9)]
)
def test_origins_anywhere(window: tuple[int, int, int, int], tmp_path: Path) -> None:
    corners = (np.array(window[:2], "i4"), np.array(window[2:], "i4"))
    path = plain(tmp_path, dataWindow=corners, displayWindow=(np.array([0, 0], "i4"), np.array([63, 47], "i4")))
    np.testing.assert_array_equal(read(path), RGB)
    assert exr.read_head(path, PLACE).windows == (window, (0, 0, 63, 47))


REFUSED: dict[str, tuple[dict[bytes, Any], str]] = {
    "an empty data window": ({b"dataWindow": box(5, 5, 4, 4)}, "0x0 pixels"),
    "a data window inside out": ({b"dataWindow": box(100, 0, -100, 23)}, "-199x24 pixels"),
    "65500 pixels a side": ({b"dataWindow": box(0, 0, 65499, 65499)}, "FSVFX_MAX_SIDE"),
    "2 ** 31 pixels a side": ({b"dataWindow": box(-(2**31), -(2**31), 2**31 - 1, 2**31 - 1)}, "FSVFX_MAX_SIDE"),
    "too many pixels": ({b"dataWindow": box(0, 0, 15999, 15999)}, "FSVFX_MAX_PIXELS"),
    "an empty display window": ({b"displayWindow": box(5, 5, 4, 4)}, "display window .* is not valid"),
    "a window out of the world": ({b"dataWindow": box(2**30, 0, 2**30 + 31, 23)}, "data window .* is not valid"),
    "no data window": ({b"dataWindow": None}, "no dataWindow"),
    "no channels": ({b"channels": None}, "no channels"),
    "no compression": ({b"compression": None}, "no compression"),
    "half a data window": ({b"dataWindow": b"\0" * 8}, "dataWindow is damaged"),
    "a cut list of channels": ({b"channels": channel(b"R")[:9]}, "list of channels is damaged"),
    "pixels of an unknown type": ({b"channels": channel(b"R", 9)}, r"unknown type \(9\)"),
    "an empty list of channels": ({b"channels": b"\0"}, "no R, G, B channels"),
    "luminance and chroma": ({b"channels": channel(b"BY", 1, 2, 2) + channel(b"RY", 1, 2, 2) + channel(b"Y") + b"\0"},
                             "luminance and chroma"),
    "subsampled": ({b"channels": channel(b"B", 1, 2, 2) + channel(b"G") + channel(b"R") + b"\0"}, "subsampled"),
    "200 000 channels": ({b"channels": b"".join(channel(f"l{i}.R".encode()) for i in range(200_000)) + b"\0"},
                         "FSVFX_MAX_CHANNELS"),
}  # fmt: skip
KINDS = {b"dataWindow": b"box2i", b"displayWindow": b"box2i", b"channels": b"chlist", b"compression": b"compression"}


@pytest.mark.parametrize(("wrong", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_what_can_not_be_used_is_refused_by_name(wrong: dict[bytes, Any], says: str, tmp_path: Path) -> None:
    changed = {name: value and (name, KINDS[name], value) for name, value in wrong.items()}
    path = rewrite(plain(tmp_path), replace=changed)
    with pytest.raises(PlateError, match=says) as told:
        read(path)
    assert "(a.exr)" in str(told.value)


@pytest.mark.parametrize("size", [2**31 - 1, 10**6, -1, -(2**31)])
def test_an_attribute_that_claims_more_than_there_is(size: int, tmp_path: Path) -> None:
    path = plain(tmp_path)
    content = path.read_bytes()
    path.write_bytes(content[:8] + attribute(b"owner", b"string", b"us", size) + content[8:])
    with pytest.raises(PlateError, match=r"header is (cut off|damaged)"):
        read(path)


def test_thousands_of_parts(tmp_path: Path) -> None:
    path = plain(tmp_path)
    content = path.read_bytes()
    end = attributes_of(content)[1]
    path.write_bytes(content[:4] + struct.pack("<I", 0x1002) + content[8:end] * 5000 + b"\0")
    with pytest.raises(PlateError, match="FSVFX_MAX_CHANNELS"):
        read(path)


def test_a_header_beyond_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = rewrite(plain(tmp_path), [(b"comments", b"string", b"x" * 9000)])
    np.testing.assert_array_equal(read(path), RGB)
    monkeypatch.setenv("FSVFX_MAX_HEADER_BYTES", "8000")
    machine.cache_clear()
    with pytest.raises(PlateError, match="FSVFX_MAX_HEADER_BYTES"):
        read(path)


def test_a_header_that_ends_anywhere(tmp_path: Path) -> None:
    path = plain(tmp_path)
    content = path.read_bytes()
    end = attributes_of(content)[1]
    for length in range(0, end, 7):
        path.write_bytes(content[:length])
        with pytest.raises(PlateError):
            read(path)


@pytest.mark.parametrize("name", ["RLE", "ZIPS", "ZIP", "PIZ", "PXR24", "HTJ2K256", "HTJ2K32", "NO"])
def test_lossless_compressions_in_headers_that_the_binding_can_not_read(name: str, tmp_path: Path) -> None:
    path = plain(tmp_path, compression=getattr(OpenEXR, f"{name}_COMPRESSION"))
    np.testing.assert_array_equal(read(path), RGB, strict=True)
    np.testing.assert_array_equal(read(rewrite(path, [(b"owner", b"string", b"\xe9")])), RGB, strict=True)


@pytest.mark.parametrize("name", ["B44", "B44A", "DWAA", "DWAB"])
def test_lossy_compressions_read_the_same_in_both(name: str, tmp_path: Path) -> None:
    path = plain(tmp_path, compression=getattr(OpenEXR, f"{name}_COMPRESSION"))
    once = read(path)
    assert np.abs(once.astype(float) - RGB).max() < 1
    np.testing.assert_array_equal(read(rewrite(path, [(b"owner", b"string", b"\xe9")])), once, strict=True)


@pytest.mark.parametrize("clean", [True, False])
def test_lines_from_below(clean: bool, tmp_path: Path) -> None:
    path = plain(tmp_path, lineOrder=OpenEXR.DECREASING_Y, compression=OpenEXR.ZIPS_COMPRESSION)
    assert OpenEXR.File(str(path), header_only=True).header()["lineOrder"] == OpenEXR.DECREASING_Y
    if not clean:
        content = path.read_bytes()
        path.write_bytes(content.replace(b"screenWindowWidth", b"screenWindow\xe9\xe9\xe9\xe9\xe9"))
    np.testing.assert_array_equal(read(path), RGB, strict=True)


def test_the_finest_level_of_a_mip_map(tmp_path: Path) -> None:
    path = write_oiio(tmp_path / "a.exr", RGB, tile=16, openexr__levelmode=1, openexr__roundingmode=0)
    np.testing.assert_array_equal(read(path), RGB, strict=True)


@pytest.mark.parametrize("clean", [True, False])
def test_a_chunk_that_is_missing_is_told(clean: bool, tmp_path: Path) -> None:
    path = plain(tmp_path, compression=OpenEXR.ZIPS_COMPRESSION)
    if not clean:
        rewrite(path, [(b"owner", b"string", b"\xe9")])
    content = bytearray(path.read_bytes())
    end = attributes_of(bytes(content))[1]
    content[end + 8 * 23 : end + 8 * 24] = bytes(8)
    path.write_bytes(content[:-40])
    with pytest.raises(PlateError, match=r"damaged or cut off|can't be read"):
        read(path)


def test_data_windows_that_lie_far_apart_make_no_giant_canvas(tmp_path: Path) -> None:
    for number, x in ((1001, 0), (1002, 10**8)):
        corners = (np.array([x, 0], "i4"), np.array([x + 31, 23], "i4"))
        write_exr(tmp_path / f"a.{number}.exr", RGB, dataWindow=corners)
    job = shot_job(tmp_path / "a.####.exr", "1001-1002", color_space="ACEScg", frame_rate="24", data_window="union")
    with pytest.raises(PlateError, match="FSVFX_MAX_SIDE"):
        open_plate(job).info  # noqa: B018
