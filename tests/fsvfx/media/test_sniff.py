"""Files are what their content says, whatever they are called."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from footage import picture, shot_job, write_exr, write_stills, write_video
from oiio_files import write_oiio
from PIL import Image, ImageCms

from fsvfx.errors import PlateError
from fsvfx.media import open_plate, sniff, source_for
from fsvfx.media.files import Place
from fsvfx.media.mattes import read_matte
from fsvfx.media.plate import Canvas
from fsvfx.media.stills.reader import notes_of, read_still
from fsvfx.settings import machine
from schemas.receipts import Unit

RGB = picture(1234)
DEEP = picture(1234, dtype=np.uint16)


def by_pillow(kind: str, image: Image.Image | None = None, **how: Any) -> bytes:
    sink = io.BytesIO()
    (image or Image.fromarray(RGB)).save(sink, kind, **how)
    return sink.getvalue()


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


# Kinds of PNG and JPEG that OpenCV and Pillow could each read in their own way.


def _png(mode: str) -> tuple[bytes, np.ndarray]:
    image = Image.fromarray(RGB).convert("L")
    if mode == "palette":
        return by_pillow("PNG", Image.fromarray(RGB).quantize(16, dither=0)), np.array(
            Image.fromarray(RGB).quantize(16, dither=0).convert("RGB")
        )
    if mode == "1 bit":
        bits = image.point(lambda level: 255 * (level > 99)).convert("1")
        return by_pillow("PNG", bits), np.repeat(np.array(bits.convert("L"))[..., None], 3, axis=2)
    if mode == "grey":
        return by_pillow("PNG", image), np.repeat(np.array(image)[..., None], 3, axis=2)
    if mode == "grey and alpha":
        both = Image.merge("LA", (image, Image.new("L", image.size, 40)))
        return by_pillow("PNG", both), np.repeat(np.array(image)[..., None], 3, axis=2)
    if mode == "16 bit grey":
        return cv2.imencode(".png", DEEP[..., 0])[1].tobytes(), np.repeat(DEEP[..., :1], 3, axis=2)
    if mode == "16 bit with alpha":
        rgba = np.dstack([DEEP[..., ::-1], np.full(DEEP.shape[:2], 900, np.uint16)])
        return cv2.imencode(".png", rgba)[1].tobytes(), DEEP
    if mode == "palette with alpha":
        quantized = Image.fromarray(RGB).quantize(16, dither=0)
        return by_pillow("PNG", quantized, transparency=bytes(range(0, 256, 16))), np.array(quantized.convert("RGB"))
    return by_pillow("PNG"), RGB


@pytest.mark.parametrize(
    "mode",
    ["rgb", "palette", "palette with alpha", "1 bit", "grey", "grey and alpha", "16 bit grey", "16 bit with alpha"],
)
def test_kinds_of_png(mode: str, tmp_path: Path) -> None:
    content, wanted = _png(mode)
    (tmp_path / "a.png").write_bytes(content)
    np.testing.assert_array_equal(read_still(tmp_path / "a.png", Place("a")), wanted)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _interlaced(rgb: np.ndarray) -> bytes:
    """Adam7, without filters."""
    passes = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
    rows = b"".join(b"\0" + row.tobytes() for y, x, down, right in passes for row in rgb[y::down, x::right] if row.size)
    height, width = rgb.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 1)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def test_an_interlaced_png(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(_interlaced(RGB))
    np.testing.assert_array_equal(read_still(tmp_path / "a.png", Place("a")), RGB)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "PNG"])
def test_a_photos_orientation(kind: str, orientation: int, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    steps = {
        2: [0], 3: [3], 4: [1], 5: [5], 6: [2], 7: [6], 8: [4]
    }.get(orientation, [])  # fmt: skip
    stored = Image.fromarray(RGB)
    for step in steps:
        stored = stored.transpose(Image.Transpose(step))
    how = {"quality": 95} if kind == "JPEG" else {"lossless": True} if kind == "WEBP" else {}
    (tmp_path / "a.jpg").write_bytes(by_pillow(kind, stored, exif=exif, **how))
    read = read_still(tmp_path / "a.jpg", Place("a"))
    assert read.shape == RGB.shape
    assert np.abs(read.astype(int) - RGB).mean() < 6


@pytest.mark.parametrize(
    "how",
    [
        {"progressive": True},
        {"subsampling": 0},
        {"subsampling": 2},
        {"restart_marker_blocks": 2},
        {"exif": b"Exif\0\0junk"},
    ],
)
def test_kinds_of_jpeg(how: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(by_pillow("JPEG", quality=95, **how))
    assert np.abs(read_still(tmp_path / "a.jpg", Place("a")).astype(int) - RGB).mean() < 6


# Pictures that say more than their bytes hold.


def _claimed_png(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    idat = _chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + idat + _chunk(b"IEND", b"")


def _claimed_jpeg(width: int, height: int) -> bytes:
    content = bytearray(by_pillow("JPEG"))
    at = content.index(b"\xff\xc0")
    content[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(content)


def _claimed_webp(width: int, height: int) -> bytes:
    content = bytearray(by_pillow("WEBP", lossless=True))
    content[21:25] = ((width - 1) | (height - 1) << 14).to_bytes(4, "little")
    return bytes(content)


BOMBS: dict[str, Callable[[], bytes]] = {
    "png": lambda: _claimed_png(14_000, 14_000),
    "png of no pixels": lambda: _claimed_png(0, 10),
    "wide png": lambda: _claimed_png(2_000_000, 3),
    "jpeg": lambda: _claimed_jpeg(13_500, 15_000),
    "65500-pixel jpeg": lambda: _claimed_jpeg(65_500, 65_500),
    "wide jpeg": lambda: _claimed_jpeg(65_500, 2),
    "webp": lambda: _claimed_webp(16_000, 16_000),
    "a real png": lambda: cv2.imencode(".png", np.zeros((13_000, 13_000), np.uint8))[1].tobytes(),
    "a real bmp": lambda: by_pillow("BMP", Image.new("1", (14_000, 14_000))),
    "a real gif": lambda: by_pillow("GIF", Image.new("P", (13_100, 13_000))),
}


@pytest.mark.parametrize("name", BOMBS)
def test_too_large_a_picture_is_refused_by_its_header(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(BOMBS[name]())
    with pytest.raises(PlateError, match=r"FSVFX_MAX_(SIDE|PIXELS)|header says"):
        read_still(path, Place("a"))


def test_the_limit_can_be_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FSVFX_MAX_PIXELS", "4000")
    machine.cache_clear()
    (tmp_path / "a.png").write_bytes(by_pillow("PNG"))
    with pytest.raises(PlateError, match="96x48 = 4608 pixels; a picture may have at most 4000"):
        read_still(tmp_path / "a.png", Place("a"))
    monkeypatch.setenv("FSVFX_MAX_PIXELS", "5000")
    machine.cache_clear()
    assert read_still(tmp_path / "a.png", Place("a")).shape == (48, 96, 3)


@pytest.mark.parametrize("kind", [b"zTXt", b"iCCP", b"iTXt"])
def test_what_unpacks_to_gigabytes_is_not_unpacked(kind: bytes, tmp_path: Path) -> None:
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(1 << 24)) for _ in range(16)) + packer.flush()
    start = b"name\0\1\0en\0name\0" if kind == b"iTXt" else b"sRGB\0\0"
    png = by_pillow("PNG")
    at = 8 + 25
    (tmp_path / "a.png").write_bytes(png[:at] + _chunk(kind, start + packed) + png[at:])
    np.testing.assert_array_equal(read_still(tmp_path / "a.png", Place("a")), RGB)
    assert notes_of(tmp_path / "a.png", Place("a")) == []


P3 = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize(
    ("profile", "is_told"), [(P3.tobytes(), True), (SRGB.tobytes(), False), (b"", False), (b"no profile" * 20, True)]
)
def test_a_colour_profile_is_told(kind: str, profile: bytes, is_told: bool, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(by_pillow(kind, icc_profile=profile or None))
    if kind == "PNG" and profile:  # Pillow writes no name of its own
        name = b"sRGB" if not is_told else b"Other"
        path.write_bytes(_renamed(path.read_bytes(), name))
    notes = notes_of(path, Place("a"))
    assert any("colour profile" in note for note in notes) == is_told
    assert read_still(path, Place("a")).shape == RGB.shape


def _renamed(png: bytes, name: bytes) -> bytes:
    at = png.index(b"iCCP") - 4
    size = int.from_bytes(png[at : at + 4])
    body = png[at + 8 : at + 8 + size]
    return png[:at] + _chunk(b"iCCP", name + body[body.index(b"\0") :]) + png[at + 12 + size :]


def test_a_gif_of_many_pixels_as_a_plate(tmp_path: Path) -> None:
    (tmp_path / "a.gif").write_bytes(by_pillow("GIF", Image.new("P", (13_100, 13_000))))
    with pytest.raises(PlateError, match="FSVFX_MAX_PIXELS"):
        open_plate(shot_job(tmp_path / "a.gif", "1001"))


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
