"""Small media for tests: each frame carries its own number in its pixels, as black and white blocks."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import imageio_ffmpeg
import numpy as np
import OpenEXR

from fsvfx.colour import DEFAULT_CONFIG
from schemas.job import ShotJob
from schemas.manifest import Person, Plate, Shot

WIDTH, HEIGHT = 96, 48
_COLUMNS, _ROWS = 6, 2


def picture(number: int, width: int = WIDTH, height: int = HEIGHT, dtype: type = np.uint8) -> np.ndarray:
    """(H, W, 3): ``number`` (below 4096) in binary, 6 x 2 blocks, dark grey for 0 and light grey for 1."""
    bits = np.array([number >> i & 1 for i in range(_COLUMNS * _ROWS)]).reshape(_ROWS, _COLUMNS)
    grey = np.where(bits, 200, 40).astype(np.uint8)
    big = cv2.resize(grey, (width, height), interpolation=cv2.INTER_NEAREST)
    rgb = np.repeat(big[..., None], 3, axis=2)
    return (
        rgb if dtype == np.uint8 else rgb.astype(np.uint16) * 257 if dtype == np.uint16 else (rgb / 255).astype(dtype)
    )


def number_in(rgb: np.ndarray) -> int:
    """The number that ``picture`` put there."""
    height, width = rgb.shape[:2]
    ys = ((np.arange(_ROWS) + 0.5) * height / _ROWS).astype(int)
    xs = ((np.arange(_COLUMNS) + 0.5) * width / _COLUMNS).astype(int)
    full = {np.dtype(np.uint8): 255, np.dtype(np.uint16): 65535}.get(rgb.dtype, 1)
    bits = rgb[np.ix_(ys, xs)].astype(float).mean(axis=2).ravel() / full > 0.5
    return int(sum(1 << i for i, bit in enumerate(bits) if bit))


def ffmpeg(*arguments: object) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *map(str, arguments)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def write_video(
    path: Path,
    count: int,
    *,
    codec: str = "libx264",
    options: dict[str, str] | None = None,
    pix_fmt: str = "yuv420p",
    rate: Fraction = Fraction(24),
    size: tuple[int, int] = (WIDTH, HEIGHT),
    times: Sequence[int] | None = None,
    metadata: dict[str, str] | None = None,
    aspect: Fraction | None = None,
) -> Path:
    """``count`` frames, numbered from 0. ``times``: presentation times in thousandths of a second."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=rate, options=options or {})
        stream.width, stream.height = size
        stream.pix_fmt = pix_fmt
        stream.codec_context.time_base = Fraction(1, 1000) if times else 1 / rate
        stream.codec_context.thread_count = 1
        stream.metadata.update(metadata or {})
        if aspect:
            stream.codec_context.sample_aspect_ratio = aspect
        for index in range(count):
            frame = av.VideoFrame.from_ndarray(picture(index, *size), format="rgb24")
            frame.pts = times[index] if times else index
            frame.time_base = stream.codec_context.time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def write_stills(pattern: str, numbers: Iterable[int], dtype: type = np.uint8, **kwargs: Any) -> str:
    """An image sequence; ``pattern`` has ``%04d``. EXR for half and float types."""
    for number in numbers:
        path = Path(pattern % number)
        path.parent.mkdir(parents=True, exist_ok=True)
        rgb = picture(number, dtype=dtype, **kwargs)
        write_exr(path, rgb) if path.suffix == ".exr" else cv2.imwrite(str(path), rgb[..., ::-1])
    return pattern


def write_exr(path: Path, rgb: np.ndarray, **header: Any) -> None:
    base = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(base | header, {"RGB": rgb}).write(str(path))


def shot_job(
    path: Path | str, frames: str, references: Sequence[str] = (), color_space: str = "sRGB", **plate: Any
) -> ShotJob:
    """A job with just a plate, and one person ``lead``."""
    return ShotJob(
        production="test",
        shot=Shot(name="sh010", plate=Plate(path=str(path), frames=frames, color_space=color_space, **plate)),
        people={"lead": Person(references=tuple(references), consent="none.yaml")},
        deliver=(),
        store="memory://test",
        colour_config=DEFAULT_CONFIG.name,
        manifest=str(Path(references[0] if references else path).parent / "shots.yaml"),
    )
