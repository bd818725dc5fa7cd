"""Plates that must be refused, and the words that the refusal must have: what, where, how to fix it.

Each maker gets a folder, puts the plate there, and returns the manifest's ``plate`` entry.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import OpenEXR
from footage import HEIGHT, WIDTH, ffmpeg, picture, write_exr, write_stills, write_video
from oiio_files import write_oiio
from PIL import Image

Entry = dict[str, Any]
_SCENE = "lin_rec709_scene"


@dataclass(frozen=True)
class BadPlate:
    """``says`` are parts of the message; ``at_open``: known before a frame is read."""

    make: Callable[[Path], Entry]
    says: tuple[str, ...]
    at_open: bool = True


def _video(name: str = "plate.mp4", **kwargs: Any) -> Callable[[Path], Path]:
    return lambda folder: write_video(folder / name, 12, **kwargs)


def _entry(path: Path | str, frames: str = "1001-1012", **more: Any) -> Entry:
    return {"path": str(path), "frames": frames, "color_space": "sRGB", **more}


def _file(name: str, content: bytes) -> Callable[[Path], Entry]:
    def make(folder: Path) -> Entry:
        (folder / name).write_bytes(content)
        return _entry(folder / name)

    return make


def _absent(folder: Path) -> Entry:
    return _entry(folder / "nowhere.mp4")


def _folder(folder: Path) -> Entry:
    write_stills(str(folder / "shots" / "sh010.%04d.png"), range(1001, 1013))
    return _entry(folder / "shots")


def _index_cut_off(folder: Path) -> Entry:
    path = _video()(folder)
    path.write_bytes(path.read_bytes()[:-400])
    return _entry(path)


def _end_cut_off(folder: Path) -> Entry:
    path, fast = _video("plate.mov", codec="prores_ks", pix_fmt="yuv422p10le")(folder), folder / "fast.mov"
    ffmpeg("-i", path, "-c", "copy", "-movflags", "+faststart", fast)
    fast.write_bytes(fast.read_bytes()[: fast.stat().st_size - 200])
    return _entry(fast)


def _one_damaged_packet(folder: Path) -> Entry:
    path = _video("plate.mov", codec="prores_ks", pix_fmt="yuv422p10le")(folder)
    content = bytearray(path.read_bytes())
    starts = [i for i in range(len(content)) if content[i : i + 4] == b"icpf"]
    content[starts[4] + 4 : starts[4] + 60] = bytes(56)
    path.write_bytes(content)
    return _entry(path)


def _sound_only(folder: Path) -> Entry:
    path = folder / "sound.mp4"
    ffmpeg("-f", "lavfi", "-i", "sine=d=1", path)
    return _entry(path)


def _uneven_with_sound(folder: Path) -> Entry:
    times = [0, 40, 80, 120, 400, 440, 480, 520, 900, 940, 980, 1020]
    silent, path = write_video(folder / "silent.mkv", 12, times=times), folder / "plate.mkv"
    ffmpeg("-i", silent, "-f", "lavfi", "-i", "sine=d=1", "-c:v", "copy", path)
    return _entry(path)


def _interlaced(folder: Path) -> Entry:
    path, fields = folder / "plate.mov", "testsrc2=s=96x48:r=50:d=0.5,interlace"
    ffmpeg("-f", "lavfi", "-i", fields, "-flags", "+ilme+ildct", "-c:v", "mpeg2video", path)
    return _entry(path)


def _sequence(
    dtype: type = np.uint8, suffix: str = "png", numbers: range = range(1001, 1013), **more: Any
) -> Callable[[Path], Entry]:
    def make(folder: Path) -> Entry:
        write_stills(str(folder / f"sh010.%04d.{suffix}"), numbers, dtype)
        return _entry(folder / f"sh010.####.{suffix}", **({"frame_rate": "24"} | more))

    return make


def _missing(*numbers: int) -> Callable[[Path], Entry]:
    def make(folder: Path) -> Entry:
        entry = _sequence()(folder)
        for number in numbers:
            (folder / f"sh010.{number}.png").unlink()
        return entry

    return make


def _spoilt(spoil: Callable[[Path], object], suffix: str = "png", **more: Any) -> Callable[[Path], Entry]:
    """A sequence whose frame 1005 is not like the others."""

    def make(folder: Path) -> Entry:
        entry = _sequence(suffix=suffix, **more)(folder)
        spoil(folder / f"sh010.1005.{suffix}")
        return entry

    return make


def _halve(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) * 3 // 4] ^= 0xFF
    path.write_bytes(content)


def _other_size(path: Path) -> None:
    cv2.imwrite(str(path), picture(5, 64, 64))


def _deeper(path: Path) -> None:
    cv2.imwrite(str(path), picture(5, dtype=np.uint16))


def _moved_window(path: Path) -> None:
    corners = (np.array([8, 0], "i4"), np.array([7 + WIDTH, HEIGHT - 1], "i4"))
    write_exr(path, picture(5, dtype=np.float16), dataWindow=corners)


def _too_bright(path: Path) -> None:
    rgb = picture(5, dtype=np.float32)
    rgb[3, 7, 1] = 1e6
    write_exr(path, rgb)


def _no_rgb(path: Path) -> None:
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(header, {"Z": np.zeros((HEIGHT, WIDTH), np.float32)}).write(str(path))


def _exr(spoil: Callable[[Path], object], dtype: type = np.float16) -> Callable[[Path], Entry]:
    return _spoilt(spoil, "exr", dtype=dtype, color_space=_SCENE)


def _layers_only(path: Path) -> None:
    half = picture(5, dtype=np.float16)
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    names = [f"{layer}.{kind}" for layer in ("beauty", "spec") for kind in "RGB"]
    OpenEXR.File(header, {name: half[..., 0].copy() for name in names}).write(str(path))


def _two_pictures(path: Path) -> None:
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    half = picture(5, dtype=np.float16)
    OpenEXR.File([OpenEXR.Part(header | {"name": name}, {"RGB": half}) for name in ("left", "right")]).write(str(path))


def _other_primaries(path: Path) -> None:
    write_exr(path, picture(5, dtype=np.float16), colorInteropID="lin_ap0_scene")


def _subsampled(path: Path) -> None:
    """The binding writes full-size channels only: R's sampling is set by hand, in a frame that is never decoded."""
    write_exr(path, picture(5, dtype=np.float16))
    content = path.read_bytes()
    at = content.index(b"R\0\1\0\0\0\0\0\0\0") + 10
    path.write_bytes(content[:at] + b"\2\0\0\0\2\0\0\0" + content[at + 8 :])


def _deep(path: Path) -> None:
    samples = np.empty((HEIGHT, WIDTH), object)
    for index in np.ndindex(HEIGHT, WIDTH):
        samples[index] = np.ones(1, np.float16)
    header = {"compression": OpenEXR.ZIPS_COMPRESSION, "type": OpenEXR.deepscanline}
    OpenEXR.File(header, dict.fromkeys("RGB", samples)).write(str(path))


def _whole_numbers(path: Path) -> None:
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(header, {kind: np.ones((HEIGHT, WIDTH), np.uint32) for kind in "RGB"}).write(str(path))


def _dpx(spoil: Callable[[Path], object] = lambda path: None, **more: Any) -> Callable[[Path], Entry]:
    def make(folder: Path) -> Entry:
        for number in range(1001, 1013):
            write_oiio(folder / f"sh010.{number}.dpx", picture(number, dtype=np.uint16), oiio__BitsPerSample=10)
        spoil(folder / "sh010.1005.dpx")
        return _entry(folder / "sh010.####.dpx", **({"frame_rate": "24"} | more))

    return make


def _cmyk(path: Path) -> None:
    Image.fromarray(picture(5)).convert("CMYK").save(path)


def _single_still(folder: Path) -> Entry:
    entry = _sequence()(folder)
    return entry | {"path": str(folder / "sh010.1001.png")}


def _two_tokens(folder: Path) -> Entry:
    return _sequence()(folder) | {"path": str(folder / "##.####.png")}


def _rate_disagrees(folder: Path) -> Entry:
    return _entry(_video()(folder), frame_rate="25")


def _timecode_disagrees(folder: Path) -> Entry:
    path = _video("plate.mov", metadata={"timecode": "01:00:00:00"})(folder)
    return _entry(path, timecode="02:00:00:00")


def _wrong_padding(folder: Path) -> Entry:
    return _sequence()(folder) | {"path": str(folder / "sh010.%06d.png")}


def _exr_in_name_only(folder: Path) -> Entry:
    entry = _exr(lambda path: None)(folder)
    shutil.copyfile(__file__, folder / "sh010.1005.exr")
    return entry


BAD_PLATES: dict[str, BadPlate] = {
    "no such file": BadPlate(_absent, ("does not exist", "nowhere.mp4", "Check the path")),
    "a folder": BadPlate(_folder, ("this is a folder", "sh010.####.png")),
    "empty file": BadPlate(_file("plate.mp4", b""), ("the file is empty", "plate.mp4")),
    "text called mp4": BadPlate(
        _file("plate.mp4", b"not a film\n" * 50),
        ("the file is plain text, not a video that fsvfx reads", "the media file itself"),
    ),
    "zeros called mov": BadPlate(_file("plate.mov", bytes(5000)), ("not a video that fsvfx reads",)),
    "index cut off": BadPlate(_index_cut_off, ("not a video that fsvfx reads", "cut off", "copy it again")),
    "end cut off": BadPlate(_end_cut_off, ("frame 1012 can't be decoded", "frames 1012"), at_open=False),
    "one damaged packet": BadPlate(_one_damaged_packet, ("frame 1005 can't be decoded", "frames 1005"), at_open=False),
    "sound only": BadPlate(_sound_only, ("has no moving picture",)),
    "uneven frames with sound": BadPlate(
        _uneven_with_sound, ("frame rate varies", "after frame 1008", "plate.frame_rate")
    ),
    "interlaced": BadPlate(_interlaced, ("interlaced", "bwdif")),
    "asked beyond the end": BadPlate(
        lambda folder: _entry(_video()(folder), "1001-1020"), ("has frames 1001-1012", "frames 1013-1020")
    ),
    "asked before the start": BadPlate(
        lambda folder: _entry(_video()(folder), "990-1005"), ("has frames 1001-1012", "frames 990-1000")
    ),
    "rate disagrees": BadPlate(_rate_disagrees, ("runs at 24", "says 25")),
    "timecode disagrees": BadPlate(_timecode_disagrees, ("01:00:00:00", "02:00:00:00", "plate.timecode")),
    "one frame missing": BadPlate(
        _missing(1007), ("1 of 12 frames is missing", "frames 1007", "Add the missing files")
    ),
    "several frames missing": BadPlate(_missing(1003, 1004, 1009), ("3 of 12", "frames 1003-1004,1009")),
    "no frame there": BadPlate(
        lambda folder: _entry(folder / "sh010.####.png", frame_rate="24"), ("no file of the sequence exists",)
    ),
    "no folder there": BadPlate(
        lambda folder: _entry(folder / "gone/sh010.####.png", frame_rate="24"), ("its folder does not exist",)
    ),
    "wrong padding": BadPlate(_wrong_padding, ("no file of the sequence exists", "Did you mean 'sh010.####.png'?")),
    "two places for the number": BadPlate(_two_tokens, ("several places for the frame number",)),
    "a single still": BadPlate(_single_still, ("a single still is not a plate", "####")),
    "empty png": BadPlate(_spoilt(lambda path: path.write_bytes(b"")), ("the file is empty", "1005"), at_open=False),
    "png cut off": BadPlate(_spoilt(_halve), ("PNG is damaged or cut off", "1005"), at_open=False),
    "png with a flipped byte": BadPlate(_spoilt(_flip), ("PNG is damaged", "1005"), at_open=False),
    "jpg cut off": BadPlate(_spoilt(_halve, "jpg"), ("JPEG is damaged or cut off", "1005"), at_open=False),
    "tiff cut off": BadPlate(_spoilt(_halve, "tif"), ("cut off", "1005"), at_open=False),
    "exr cut off": BadPlate(_exr(_halve), ("damaged or cut off", "1005"), at_open=False),
    "exr with a flipped byte": BadPlate(_exr(_flip), ("damaged or cut off", "1005"), at_open=False),
    "text called exr": BadPlate(_exr_in_name_only, ("this is plain text", "1005"), at_open=False),
    "exr without RGB": BadPlate(_exr(_no_rgb), ("no R, G, B channels; it has Z", "1005"), at_open=False),
    "exr beyond half": BadPlate(_exr(_too_bright, np.float32), ("1e+06 at pixel 7,3", "65504", "1005"), at_open=False),
    "exr window moves": BadPlate(_exr(_moved_window), ("data and display windows", "1005"), at_open=False),
    "exr with layers only": BadPlate(
        _exr(_layers_only), ("no plain R, G, B", "layers are beauty, spec", "plate.layer", "1005"), at_open=False
    ),
    "exr with two pictures": BadPlate(
        _exr(_two_pictures), ("several of its parts", "left, right", "1005"), at_open=False
    ),
    "exr without the layer": BadPlate(
        _sequence(suffix="exr", dtype=np.float16, color_space=_SCENE, layer="beauty"),
        ("no layer or part 'beauty'", "Fix plate.layer"),
    ),
    "exr of another space": BadPlate(
        _exr(_other_primaries), ("is lin_ap0_scene", f"says {_SCENE}", "header_color: ignore", "1005"), at_open=False
    ),
    "exr subsampled": BadPlate(_exr(_subsampled), ("subsampled", "1005"), at_open=False),
    "deep exr": BadPlate(_exr(_deep), ("deep data", "1005"), at_open=False),
    "exr of whole numbers": BadPlate(_exr(_whole_numbers), ("whole numbers", "1005"), at_open=False),
    "dpx cut off": BadPlate(_dpx(_halve), ("damaged or cut off", "1005"), at_open=False),
    "dpx header cut off": BadPlate(
        _dpx(lambda path: path.write_bytes(path.read_bytes()[:900])), ("header is cut off", "1005"), at_open=False
    ),
    "empty dpx": BadPlate(_dpx(lambda path: path.write_bytes(b"")), ("the file is empty", "1005"), at_open=False),
    "text called dpx": BadPlate(
        _dpx(lambda path: path.write_text("no film\n" * 400)), ("this is plain text", "1005"), at_open=False
    ),
    "dpx of another size": BadPlate(
        _dpx(lambda path: write_oiio(path, picture(5, 64, 64, np.uint16), oiio__BitsPerSample=10)),
        ("frame 1005 is 64x64", "96x48"),
        at_open=False,
    ),
    "tiff of inks": BadPlate(_spoilt(_cmyk, "tif"), ("RGB or gray", "1005"), at_open=False),
    "size changes": BadPlate(_spoilt(_other_size), ("frame 1005 is 64x64", "starts with 96x48"), at_open=False),
    "depth changes": BadPlate(_spoilt(_deeper), ("uint16", "uint8", "1005"), at_open=False),
}
