"""Files are what their content says, whatever they are called."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from footage import picture, shot_job, write_exr, write_stills, write_video
from oiio_files import write_oiio
from PIL import Image
from still_files import DEEP, RGB, by_pillow

from fsvfx.errors import PlateError
from fsvfx.media import open_plate, sniff, source_for
from fsvfx.media.files import Place
from fsvfx.media.mattes import read_matte
from fsvfx.media.plate import Canvas
from fsvfx.media.stills.reader import notes_of, read_still
from schemas.receipts import Unit


def by_opencv(ending: str, rgb: np.ndarray) -> bytes:
    return cv2.imencode(ending, rgb[..., ::-1])[1].tobytes()


def _moving() -> list[Image.Image]:
    return [Image.fromarray(picture(number)) for number in (2, 3, 4)]


LOSSLESS: dict[str, Callable[[], bytes]] = {
    "png": lambda: by_pillow("PNG"),
    "webp": lambda: by_pillow("WEBP", lossless=True),
    "bmp": lambda: by_pillow("BMP"),
    "tiff": lambda: by_pillow("TIFF"),
    "png with alpha": lambda: by_pillow("PNG", Image.fromarray(np.dstack([RGB, RGB[..., 0]]))),
    "webp with alpha": lambda: by_pillow(
        "WEBP", Image.fromarray(np.dstack([RGB, RGB[..., 0]])), lossless=True, exact=True
    ),
    "gif": lambda: by_pillow("GIF", Image.fromarray(RGB).quantize(64, dither=Image.Dither.NONE)),
}
"""Each with its pixels as they were; the GIF's as far as its palette goes."""


@pytest.mark.parametrize("ending", ["png", "jpg", "tif", "exr", "dpx"])
@pytest.mark.parametrize("kind", LOSSLESS)
def test_a_still_is_read_by_content(kind: str, ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{ending}"
    path.write_bytes(LOSSLESS[kind]())
    read = read_still(path, Place("a"))
    np.testing.assert_allclose(read, RGB.astype(int), atol=8 if kind == "gif" else 0)
    assert ("alpha is left out" in notes_of(path, Place("a"))) == ("alpha" in kind)


@pytest.mark.parametrize(
    ("ending", "write"),
    [
        ("dpx", lambda path: write_exr(path, picture(1, dtype=np.float16))),
        ("png", lambda path: write_exr(path, picture(1, dtype=np.float16))),
        ("exr", lambda path: write_oiio(path.with_suffix(".dpx"), DEEP, oiio__BitsPerSample=10).rename(path)),
        ("jpg", lambda path: write_oiio(path.with_suffix(".tif"), DEEP).rename(path)),
        ("tif", lambda path: path.write_bytes(by_opencv(".png", DEEP))),
    ],
)
def test_a_plate_whose_files_are_called_otherwise(ending: str, write: Callable[[Path], object], tmp_path: Path) -> None:
    write(tmp_path / f"a.1001.{ending}")
    plate = open_plate(shot_job(tmp_path / f"a.####.{ending}", "1001", frame_rate="24", color_space="lin_rec709_scene"))
    [read] = plate.pictures([1001])
    is_exr = ending in ("dpx", "png")
    assert read.dtype == plate.info.dtype == (np.float16 if is_exr else np.uint16)
    assert bool(plate.exr_header(1001)) == is_exr
    assert bool(plate.dpx_header(1001)) == (ending == "exr")


def _apng() -> bytes:
    return by_pillow("PNG", _moving()[0], save_all=True, append_images=_moving()[1:])


def _with_box(brand: bytes) -> bytes:
    return struct.pack(">I", 24) + b"ftyp" + brand + bytes(4) + b"mif1" + brand + bytes(200)


FOREIGN: dict[str, tuple[bytes, str]] = {
    "heic": (_with_box(b"heic"), "a HEIC picture, which fsvfx does not read.*Convert it to PNG"),
    "heif sequence": (_with_box(b"msf1"), "a HEIC picture"),
    "avif": (_with_box(b"avif"), "an (AVIF|HEIC) picture"),
    "cr3": (struct.pack(">I", 24) + b"ftypcrx " + bytes(100), "a Canon raw photograph.*Develop it"),
    "jpeg xl": (b"\xff\x0a" + bytes(99), "a JPEG XL picture"),
    "jpeg xl in a box": (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(99), "a JPEG XL picture"),
    "jpeg 2000": (b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(99), "a JPEG 2000 picture"),
    "psd": (b"8BPS\0\1" + bytes(99), "a Photoshop document.*flattened"),
    "pdf": (b"%PDF-1.7\n" + bytes(99), "a PDF document"),
    "svg": (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG drawing"),
    "bare svg": (b"\xef\xbb\xbf  <svg/>", "an SVG drawing"),
    "error page": (b"<!DOCTYPE html><html><title>404 Not Found</title>", "a web page, such as an error page"),
    "s3's error": (b'<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>', "XML"),
    "json": (b'{"error": "not found"}', "plain text"),
    "git lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a Git LFS pointer.*git lfs pull"),
    "macOS": (b"\x00\x05\x16\x07\x00\x02" + bytes(99), "a macOS resource file"),
    "zip": (b"PK\x03\x04" + bytes(99), "a ZIP archive"),
    "cineon": (b"\x80\x2a\x5f\xd7" + bytes(2048), "a Cineon picture.*DPX"),
    "radiance": (b"#?RADIANCE\n" + bytes(99), "a Radiance HDR picture"),
    "cr2": (b"II*\0\x10\0\0\0CR\2\0" + bytes(99), "a Canon raw photograph"),
    "pnm": (b"P6 2 2 255\n" + bytes(12), "a PNM picture"),
    "nothing known": (bytes(range(256)), "of an unknown kind"),
    "png without its magic": (b"\0\0\0\0" + by_pillow("PNG")[4:], "of an unknown kind.*first bytes are damaged"),
    "jpeg without its magic": (b"\0\0" + by_pillow("JPEG")[2:], "of an unknown kind"),
    "empty": (b"", "the file is empty"),
    "animated png": (_apng(), "an animated PNG of 3 pictures"),
    "animated webp": (
        by_pillow("WEBP", _moving()[0], save_all=True, append_images=_moving()[1:]), "an animated WebP of 3 pictures"
    ),
    "inks": (by_pillow("JPEG", Image.fromarray(RGB).convert("CMYK")), r"inks \(CMYK\).*Convert it to RGB"),
    "12 bits": (by_pillow("JPEG").replace(b"\xff\xc0\x00\x11\x08", b"\xff\xc1\x00\x11\x0c"), "a JPEG of 12 bits"),
    "lossless jpeg": (by_pillow("JPEG").replace(b"\xff\xc0", b"\xff\xc3"), "a lossless JPEG"),
    "jpeg without a frame": (by_pillow("JPEG")[:20] + b"\xff\xd9", "no frame header"),
    "half a jpeg": (by_pillow("JPEG")[:700], "damaged or cut off"),
    "half a webp": (by_pillow("WEBP", lossless=True)[:-20], "damaged or cut off"),
    "half a bmp": (by_pillow("BMP")[:3000], "damaged or cut off"),
}  # fmt: skip


@pytest.mark.parametrize("name", FOREIGN)
@pytest.mark.parametrize("role", ["plate", "reference"])
def test_what_is_not_read_is_told_by_name(name: str, role: str, tmp_path: Path) -> None:
    content, says = FOREIGN[name]
    path = tmp_path / "a.1001.png"
    path.write_bytes(content)
    with pytest.raises(PlateError, match=says) as told:
        read_as(role, path)
    assert "a.1001.png" in str(told.value)


def read_as(role: str, path: Path) -> None:
    if role == "reference":
        references(path)
    else:
        open_plate(shot_job(path.with_name("a.####.png"), "1001", frame_rate="24")).info  # noqa: B018


def references(*paths: Path) -> list[np.ndarray]:
    job = shot_job("none.mp4", "1001", [str(path) for path in paths])
    return list(source_for(job, Unit.of_person("lead")).pictures())


def _gif(path: Path) -> None:
    _moving()[0].save(path, "GIF", save_all=True, append_images=_moving()[1:])


@pytest.mark.parametrize(
    ("name", "write", "count"),
    [
        ("lead.png", lambda path: path.write_bytes(by_pillow("JPEG")), 1),
        ("lead.mp4", lambda path: path.write_bytes(by_pillow("PNG")), 1),
        ("lead.mov", lambda path: path.write_bytes(by_pillow("WEBP")), 1),
        ("lead.jpg", lambda path: write_video(path.with_suffix(".mp4"), 5).rename(path), 5),
        ("lead.exr", lambda path: write_video(path.with_suffix(".mkv"), 5).rename(path), 5),
        ("lead.png", _gif, 3),
        ("lead", lambda path: path.write_bytes(by_pillow("PNG")), 1),
    ],
)
def test_a_reference_by_content(name: str, write: Callable[[Path], object], count: int, tmp_path: Path) -> None:
    write(tmp_path / name)
    assert len(references(tmp_path / name)) == count


def test_a_phones_jpeg_with_more_pictures_behind_it(tmp_path: Path) -> None:
    """MPO: the first is the photo."""
    path = tmp_path / "a.jpg"
    path.write_bytes(by_pillow("MPO", Image.fromarray(RGB), save_all=True, append_images=_moving()))
    np.testing.assert_allclose(read_still(path, Place("a")), RGB.astype(int), atol=40)


@pytest.mark.parametrize("name", ["a.mov", "a.gif", "a.avi", "a.mkv"])
def test_a_video_called_otherwise(name: str, tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", 4).rename(tmp_path / name)
    assert len(list(open_plate(shot_job(tmp_path / name, "1001-1004")).pictures([1001, 1004]))) == 2


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (by_pillow("PNG"), "the file is a PNG picture, not a video that fsvfx reads"),
        (by_pillow("JPEG"), "a JPEG picture, not a video"),
        (_with_box(b"heic"), "a HEIC picture, not a video"),
        (b"<html>404", "is a web page"),
        (b"ffconcat version 1.0\nfile a.mp4\n", "an ffconcat playlist, not a video"),
    ],
)
def test_no_video(content: bytes, says: str, tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(content)
    with pytest.raises(PlateError, match=says):
        open_plate(shot_job(tmp_path / "a.mp4", "1001-1004"))


def test_a_video_among_frames(tmp_path: Path) -> None:
    write_stills(str(tmp_path / "a.%04d.png"), range(1001, 1003))
    write_video(tmp_path / "b.mp4", 4).rename(tmp_path / "a.1002.png")
    plate = open_plate(shot_job(tmp_path / "a.####.png", "1001-1002", frame_rate="24"))
    with pytest.raises(PlateError, match=r"this is an MP4 or QuickTime video, not a picture.*without ####"):
        list(plate.pictures([1002]))


def test_every_start_is_found_and_random_bytes_are_nothing_known() -> None:
    for start, kind in sniff._STARTS:
        assert sniff.kind_of(start + bytes(100)).said == kind.said
    rng = np.random.default_rng(0)
    for _ in range(200):
        kind = sniff.kind_of(b"\x07" + rng.bytes(200))
        assert kind is sniff.UNKNOWN


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (by_pillow("JPEG"), "this is a JPEG picture, but an EXR, DPX, TIFF or PNG is expected"),
        (by_pillow("WEBP"), "this is a WebP picture, but"),
        (FOREIGN["heic"][0], "this is a HEIC picture"),
        (FOREIGN["psd"][0], "this is a Photoshop document"),
        (FOREIGN["error page"][0], "this is a web page"),
        (FOREIGN["png without its magic"][0], "of an unknown kind"),
        (b"", "empty"),
    ],
)
def test_a_roto_that_is_no_matte_file(content: bytes, says: str, tmp_path: Path) -> None:
    (tmp_path / "r.png").write_bytes(content)
    canvas = Canvas((0, 0, 95, 47), (0, 0, 95, 47))
    with pytest.raises(PlateError, match=says):
        read_matte(tmp_path / "r.png", canvas, None, Place("r.png"))


@pytest.mark.parametrize("ending", ["png", "exr", "tif"])
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_a_roto_by_content(kind: str, ending: str, tmp_path: Path) -> None:
    levels = np.random.default_rng(0).integers(0, 256, (48, 96), np.uint8)
    path = tmp_path / f"r.{ending}"
    path.write_bytes(by_pillow(kind, Image.fromarray(levels)))
    matte = read_matte(path, Canvas((0, 0, 95, 47), (0, 0, 95, 47)), None, Place("r"))
    np.testing.assert_allclose(matte, levels / 255, atol=1e-3)
