"""DPX, PNG and TIFF: outside the matte the plate's very codes, by a second reader; inside the comp's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import OpenImageIO as oiio
import pytest

from fsvfx.colour import ColourConfig, convert, plate_to_comp
from fsvfx.delivery import deliver_chunk
from fsvfx.media import open_plate
from schemas.frames import FrameRange

NONE = FrameRange(())
FIRST = 1001


def _integer_plate(folder: Path, kind: type[np.unsignedinteger[Any]], bits: int) -> str:
    """PNG plates whose values are those of ``bits``-bit codes."""
    folder.mkdir()
    top = np.iinfo(kind).max
    for number in range(FIRST, FIRST + 3):
        codes = np.random.default_rng(number).integers(0, 2**bits, (18, 26, 3))
        codes[0, :2] = [[0] * 3, [2**bits - 1] * 3]
        cv2.imwrite(str(folder / f"p.{number}.png"), np.rint(codes * (top / (2**bits - 1))).astype(kind))
    return str(folder / "p.####.png")


def _read(path: str) -> np.ndarray:
    source = oiio.ImageInput.open(path)
    return source.read_image(str(source.spec().format))


def _by_ffmpeg(path: str) -> np.ndarray:
    with av.open(path) as container:
        frame = next(container.decode(video=0))
        (planes, bits) = (list(frame.planes), frame.format.components[0].bits)
    codes = [np.frombuffer(memoryview(p), "<u2").reshape(p.height, -1)[:, : p.width] for p in planes]
    assert frame.format.name == f"gbrp{bits}le"
    return np.stack([codes[2], codes[0], codes[1]], -1)


@pytest.mark.parametrize(
    ("space", "plate", "ending", "depth"),
    [
        ("sRGB", (np.uint8, 8), "png", 8),
        ("sRGB", (np.uint8, 8), "png", 16),
        ("sRGB", (np.uint16, 16), "png", 16),
        ("ACEScct", (np.uint16, 16), "tif", 16),
        ("ACEScct", (np.uint16, 10), "dpx", 10),
        ("LogC4", (np.uint16, 12), "dpx", 12),
        ("ACEScct", (np.uint16, 16), "dpx", 16),
        ("sRGB", (np.uint8, 8), "dpx", 8),
    ],
)
def test_outside_the_matte_are_the_plates_codes(
    shot_kit: Callable[..., Any], tmp_path: Path, space: str, plate: tuple[Any, int], ending: str, depth: int
) -> None:
    path = _integer_plate(tmp_path / "plates", *plate)
    wish = {"kind": "frames", "path": f"x.{{frame}}.{ending}", "depth": depth, "color_space": space}
    frames = FrameRange.span(FIRST, FIRST + 2)
    made = shot_kit({"path": path, "frames": frames, "color_space": space, "frame_rate": "24"}, [wish])
    (unit,) = made.units
    files = deliver_chunk(made.job, unit, made.of_chunk(unit), NONE).files
    composite, top = made.composite[0], 2**depth - 1
    assert composite.unit == unit
    for file, codes in zip(files, open_plate(made.job).pictures(list(frames))):
        read = _read(file.path)
        if ending == "dpx" and depth in (10, 12):
            assert np.array_equal(_by_ffmpeg(file.path), read >> (16 - depth))
            read = read >> (16 - depth)
        wanted = np.rint(codes * (top / np.iinfo(codes.dtype).max)).astype(read.dtype)
        inside = np.zeros(codes.shape[:2], bool)
        y, x = 5, 4 + file.frame % 10
        inside[y : y + 6, x + 1 : x + 8] = file.frame != 1002
        assert np.array_equal(read[~inside], wanted[~inside])
        if inside.any():
            config = ColourConfig.of(made.job)
            patch = plate_to_comp(codes, space, config)[inside] * np.float16(0.5) + np.float16(0.1)
            swap = convert(patch, "ACEScg", space, config).clip(0, 1) * top
            assert np.abs(read[inside] - swap).max() <= 0.501


def test_float_tiffs_of_exr_plates_have_their_values(
    shot_kit: Callable[..., Any], exr_plate: Callable[..., Path]
) -> None:
    plate = {"path": str(exr_plate([1002])), "frames": FrameRange([1002]), "color_space": "ACEScg", "frame_rate": "24"}
    made = shot_kit(plate, [{"kind": "frames", "path": "x.{frame}.tif", "depth": "float"}])
    (unit,) = made.units
    (file,) = deliver_chunk(made.job, unit, made.of_chunk(unit), NONE).files
    source = oiio.ImageInput.open(file.path)
    assert np.array_equal(source.read_image("float"), next(open_plate(made.job).pictures([1002])))


def test_frames_say_what_they_are_and_have_the_same_bytes_again(shot_kit: Callable[..., Any], tmp_path: Path) -> None:
    path = _integer_plate(tmp_path / "plates", np.uint16, 16)
    wishes = [
        {"kind": "frames", "path": f"{folder}/x.{{frame}}.{ending}", "color_space": "ACEScct"}
        for ending in ("dpx", "png", "tif")
        for folder in "ab"
    ]
    plate = {"path": path, "frames": FrameRange([FIRST]), "color_space": "sRGB", "frame_rate": "24",
             "timecode": "10:20:30:11", "first_frame": FIRST}  # fmt: skip
    made = shot_kit(plate, wishes)
    (unit,) = made.units
    files = deliver_chunk(made.job, unit, made.of_chunk(unit), NONE).files
    for one, other in zip(files[::2], files[1::2]):
        assert Path(one.path).read_bytes() == Path(other.path).read_bytes()
        spec = oiio.ImageInput.open(one.path).spec()
        assert "AI-ALTERED" in spec.get_string_attribute("ImageDescription" if one.path[-3:] != "dpx" else "Copyright")
    dpx = oiio.ImageInput.open(files[0].path).spec()
    assert dpx.get_string_attribute("dpx:TimeCode") == "10:20:30:11"
    assert dpx.get_float_attribute("dpx:FrameRate") == 24
    assert dpx.get_string_attribute("dpx:Transfer") == "Logarithmic"
    assert b".part" not in Path(files[0].path).read_bytes()[:2048]
    assert b"x.1001.dpx" in Path(files[0].path).read_bytes()[:200]


@pytest.mark.parametrize("ending", ["png", "exr"])
def test_mattes_are_there_on_every_frame(shot_kit: Callable[..., Any], tmp_path: Path, ending: str) -> None:
    path = _integer_plate(tmp_path / "plates", np.uint8, 8)
    wishes = [{"kind": "mattes", "path": f"{name}/x.{{frame}}.{ending}"} for name in ("{performer}", "all")]
    frames = FrameRange.span(FIRST, FIRST + 2)
    made = shot_kit({"path": path, "frames": frames, "color_space": "sRGB", "frame_rate": "24"}, wishes)
    (unit,) = made.units
    files = deliver_chunk(made.job, unit, made.of_chunk(unit), FrameRange([1003])).files
    assert [Path(file.path).parent.name for file in files] == ["double", "all"] * 3
    for file in files:
        matte = _read(file.path)[..., 0]
        top = 65535 if ending == "png" else 1
        values = set(np.unique(matte).tolist())
        assert values == ({0, np.rint(top / 2) if top > 1 else 0.5, top} if file.frame == FIRST else {0})
