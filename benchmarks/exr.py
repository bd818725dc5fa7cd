"""EXR by OpenEXR and by OpenImageIO, and every kind of plate through the reader: ``python benchmarks/exr.py``.

Frames with grain, half float, 1920x1080 and 4096x2160, in a temporary folder (the page cache, not the disk). The two
libraries take turns, on one thread; times are medians of processor time in milliseconds, which other processes hardly
affect. ``gb_s`` is the picture's bytes divided by the shorter time, for comparison with ``copy_gb_s``, the machine's
speed of copying memory. Plates are in frames a second of wall clock time. ``python benchmarks/exr.py 1080p`` measures
only that size. Writes benchmarks/results/exr.json.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import cv2
import imageio_ffmpeg
import numpy as np
import OpenEXR
import OpenImageIO as oiio
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.machine import save
from fsvfx.colour import DEFAULT_CONFIG
from fsvfx.media import open_plate
from schemas.job import ShotJob
from schemas.manifest import Plate, Shot

SIZES = {"1080p": (1080, 1920), "4K": (2160, 4096)}
COMPRESSIONS = ("none", "zips", "zip", "piz", "dwaa")
ROUNDS = 5
FRAMES = 4
AOVS = 12
_OPENEXR = {name: getattr(OpenEXR, f"{name.upper() if name != 'none' else 'NO'}_COMPRESSION") for name in COMPRESSIONS}
_FFMPEG = {
    "ProRes 422 HQ": ("mov", "yuv422p10le", "prores_ks", "-profile:v", "3"),
    "ProRes 4444": ("mov", "yuv444p10le", "prores_ks", "-profile:v", "4"),
    "DNxHR HQX": ("mov", "yuv422p10le", "dnxhd", "-profile:v", "dnxhr_hqx"),
    "H.264 8 bit": ("mp4", "yuv420p", "libx264", "-preset", "veryfast", "-crf", "14"),
    "HEVC 10 bit": ("mp4", "yuv420p10le", "libx265", "-preset", "ultrafast", "-crf", "14"),
}


def main(sizes: tuple[str, ...]) -> None:
    OpenEXR.set_global_thread_count(0)  # only the calling thread
    oiio.attribute("threads", 1)
    oiio.attribute("exr_threads", 1)
    shapes = {size: SIZES[size] for size in sizes or SIZES}
    with tempfile.TemporaryDirectory() as folder:
        figures: dict[str, Any] = {
            "versions": {"OpenEXR": OpenEXR.__version__, "OpenImageIO": oiio.VERSION_STRING},
            "rounds": ROUNDS,
            "libraries": {size: _libraries(Path(folder), grainy(*shape)) for size, shape in shapes.items()},
            "plates": {size: _plates(Path(folder) / size, grainy(*shape)) for size, shape in shapes.items()},
        }
    print(save("exr", figures).read_text())


def grainy(height: int, width: int) -> NDArray[np.float16]:
    """(H, W, 3): smooth light up to 16 with grain of one hundredth, as in film and sensors."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    light = np.stack([0.18 + 0.15 * np.sin(x / 300 + c) * np.cos(y / 200 - c) for c in range(3)], -1)
    light[: height // 8] *= 16
    grain = np.random.default_rng(0).standard_normal(light.shape, np.float32)
    return (light * (1 + 0.05 * grain)).astype(np.float16)


def _libraries(folder: Path, rgb: NDArray[np.float16]) -> dict[str, Any]:
    found: dict[str, Any] = {"picture_mb": round(rgb.nbytes / 1e6, 1), "copy_gb_s": _copy_speed(rgb)}
    found |= {name: _compression(folder, rgb, name) for name in COMPRESSIONS}
    found["rgb_of_12_layers"] = _layers(folder, rgb)
    return found


def _compression(folder: Path, rgb: NDArray[np.float16], name: str) -> dict[str, Any]:
    one, other = folder / "one.exr", folder / "other.exr"
    written = _alternately(lambda: _openexr_writes(one, rgb, name), lambda: _oiio_writes(other, rgb, name))
    read = _alternately(lambda: _openexr_reads(one), lambda: _oiio_reads(one))
    return {
        "mb": round(one.stat().st_size / 1e6, 1),
        "write_ms": {"OpenEXR": written[0], "OpenImageIO": written[1]},
        "read_ms": {"OpenEXR": read[0], "OpenImageIO": read[1]},
        "read_gb_s": round(rgb.nbytes / min(read) / 1e6, 2),
        "write_gb_s": round(rgb.nbytes / min(written) / 1e6, 2),
    }


def _layers(folder: Path, rgb: NDArray[np.float16]) -> dict[str, Any]:
    """A render's picture with many layers, all of which OpenEXR's binding loads into memory."""
    path = folder / "layers.exr"
    others = {f"aov{n}.{c}": np.ascontiguousarray(rgb[..., i]) for n in range(AOVS - 1) for i, c in enumerate("RGB")}
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(header, {"RGB": rgb} | others).write(str(path))
    del others
    read = _alternately(lambda: _openexr_reads(path), lambda: _oiio_reads(path), rounds=2)
    path.unlink()
    return {"read_ms": {"OpenEXR": read[0], "OpenImageIO": read[1]}}


def _plates(folder: Path, rgb: NDArray[np.float16]) -> dict[str, Any]:
    """Frames a second through ``open_plate(...).pictures``: checked, in RGB, at native depth."""
    folder.mkdir()
    deep = (np.clip(rgb.astype(np.float32), 0, 1) ** (1 / 2.2) * 65535).astype(np.uint16)
    made = {
        "EXR zip": _sequence(folder, "exr", lambda path: _openexr_writes(path, rgb, "zip")),
        "EXR none": _sequence(folder / "raw", "exr", lambda path: _openexr_writes(path, rgb, "none")),
        "DPX 10 bit": _sequence(folder, "dpx", lambda path: _dpx(path, deep)),
        "PNG 16 bit": _sequence(folder, "png", lambda path: cv2.imwrite(str(path), deep)),
        "TIFF 16 bit": _sequence(folder, "tif", lambda path: cv2.imwrite(str(path), deep)),
        **{name: _video(folder, deep, name) for name in _FFMPEG},
    }
    found = {}
    for name, path in made.items():
        plate = open_plate(_job(path))
        started = perf_counter()
        taken = [perf_counter() for _ in plate.pictures(range(1001, 1001 + FRAMES))]
        found[name] = round((FRAMES - 1) / (taken[-1] - taken[0]), 1) if taken[-1] > started else 0.0
    return found


def _sequence(folder: Path, ending: str, write: Callable[[Path], object]) -> Path:
    folder.mkdir(exist_ok=True)
    for number in range(1001, 1001 + FRAMES):
        write(folder / f"a.{number}.{ending}")
    return folder / f"a.####.{ending}"


def _video(folder: Path, deep: NDArray[np.uint16], name: str) -> Path:
    ending, form, *codec = _FFMPEG[name]
    path = folder / f"{name.replace(' ', '_')}.{ending}"
    height, width = deep.shape[:2]
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb48le", "-s", f"{width}x{height}", "-r", "24", "-i", "pipe:"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "quiet", *raw, "-c:v", *codec, "-pix_fmt", form, str(path)]
    subprocess.run(command, input=deep.tobytes() * FRAMES, check=True)
    return path


def _job(path: Path) -> ShotJob:
    plate = Plate(path=str(path), frames=f"1001-{1000 + FRAMES}", color_space="sRGB", frame_rate="24")
    return ShotJob(
        production="benchmark",
        shot=Shot(name="exr", plate=plate),
        people={},
        deliver=(),
        store="memory://exr",
        colour_config=DEFAULT_CONFIG.name,
        manifest=str(path.parent / "shots.yaml"),
    )


def _openexr_writes(path: Path, rgb: NDArray[np.float16], compression: str) -> None:
    header = {"compression": _OPENEXR[compression], "type": OpenEXR.scanlineimage}
    OpenEXR.File(header, {"RGB": rgb}).write(str(path))


def _openexr_reads(path: Path) -> NDArray[Any]:
    pixels: NDArray[Any] = OpenEXR.File(str(path)).channels()["RGB"].pixels
    return pixels


def _oiio_reads(path: Path) -> NDArray[Any]:
    file = oiio.ImageInput.open(str(path))
    first = file.spec().channelindex("R")
    pixels: NDArray[Any] = file.read_image(0, 0, first, first + 3, oiio.HALF)
    file.close()
    return pixels


def _oiio_writes(path: Path, rgb: NDArray[np.float16], compression: str) -> None:
    _write(path, rgb, "half", compression=compression)


def _dpx(path: Path, deep: NDArray[np.uint16]) -> None:
    _write(path, deep, "uint16", **{"oiio:BitsPerSample": 10})


def _write(path: Path, picture: NDArray[Any], kind: str, **attributes: Any) -> None:
    spec = oiio.ImageSpec(picture.shape[1], picture.shape[0], 3, kind)
    for name, value in attributes.items():
        spec.attribute(name, value)
    out = oiio.ImageOutput.create(str(path))
    if not out or not out.open(str(path), spec) or not out.write_image(picture):
        raise OSError(oiio.geterror())
    out.close()


def _copy_speed(picture: NDArray[Any]) -> float:
    (taken,) = _alternately(lambda: picture.copy())
    return round(picture.nbytes / taken / 1e6, 1)


def _alternately(*each: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """Median milliseconds; the rivals take turns, so that noise affects both."""
    taken: list[list[float]] = [[] for _ in each]
    for call in each:
        call()
    for _ in range(rounds):
        for call, times in zip(each, taken):
            started = process_time()
            call()
            times.append((process_time() - started) * 1e3)
    return [round(statistics.median(times), 1) for times in taken]


if __name__ == "__main__":
    main(tuple(sys.argv[1:]))
