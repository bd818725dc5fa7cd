"""H.264 video out, frame by frame through a pipe to ffmpeg."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import ffmpeg
import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray

from fsvfx.errors import MachineError, Where

_THREADS = 4
"""Fixed, since x264's bytes change with the number of threads."""


@dataclass(frozen=True)
class VideoFormat:
    """What to write. ``size``: height and width of the pictures; odd ones grow by a row or column, repeated."""

    size: tuple[int, int]
    frame_rate: Fraction
    crf: int = 16
    pixel_aspect: Fraction = Fraction(1)
    audio: Path | None = None
    """A sound file that starts with the first frame and ends with the last."""
    timecode: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


def write_video(path: Path, pictures: Iterable[NDArray[np.uint8]], wanted: VideoFormat) -> int:
    """Write ``pictures`` (H, W, 3) uint8 RGB as H.264 in MP4, BT.709 limited range, 4:2:0; the number of frames.

    One picture is held at a time. What was written is decoded again and counted. Raises MachineError.
    """
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(_command(path, wanted), stdin=subprocess.PIPE, stdout=log, stderr=log)
        try:
            count = _feed(process, pictures, wanted.size)
        except BaseException:
            process.kill()
            raise
        finally:
            code = process.wait()
        log.seek(0)
        said = log.read().decode(errors="replace").strip()
    if code != 0:
        raise _failure(path, f"ffmpeg ended with {code}: {said[-600:]}")
    _check_count(path, count)
    return count


def count_frames(path: Path) -> int:
    """Frames that can be decoded from the video."""
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def _feed(process: subprocess.Popen[bytes], pictures: Iterable[NDArray[np.uint8]], size: tuple[int, int]) -> int:
    assert process.stdin is not None
    count = 0
    try:
        for picture in pictures:
            process.stdin.write(_even(picture, size).data)
            count += 1
        process.stdin.close()
    except BrokenPipeError:
        pass  # ffmpeg has ended: its exit code and words tell why
    return count


def _even(picture: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    if picture.shape != (*size, 3) or picture.dtype != np.uint8:
        raise ValueError(f"the video's pictures are {size} uint8 RGB, this one is {picture.shape} {picture.dtype}")
    if size[0] % 2 or size[1] % 2:
        picture = np.pad(picture, ((0, size[0] % 2), (0, size[1] % 2), (0, 0)), mode="edge")
    return np.ascontiguousarray(picture)


def _command(path: Path, wanted: VideoFormat) -> list[str]:
    height, width = (side + side % 2 for side in wanted.size)
    rate = f"{wanted.frame_rate.numerator}/{wanted.frame_rate.denominator}"
    pipe = ffmpeg.input("pipe:", format="rawvideo", pix_fmt="rgb24", s=f"{width}x{height}", framerate=rate)
    video = (
        pipe.filter("scale", out_color_matrix="bt709", out_range="tv", flags="accurate_rnd+full_chroma_int")
        .filter("format", "yuv420p")
        .filter("setparams", colorspace="bt709", color_primaries="bt709", color_trc="bt709", range="tv")
        .filter("setsar", f"{wanted.pixel_aspect.numerator}/{wanted.pixel_aspect.denominator}")
    )
    streams = [video, ffmpeg.input(f"file:{wanted.audio}").audio] if wanted.audio else [video]
    told = {f"metadata:g:{number}": f"{name}={text}" for number, (name, text) in enumerate(wanted.metadata.items())}
    out = ffmpeg.output(*streams, f"file:{path}", **_options(wanted), **told)
    command: list[str] = ffmpeg.compile(out.overwrite_output(), cmd=imageio_ffmpeg.get_ffmpeg_exe())
    return [command[0], "-hide_banner", "-loglevel", "error", "-nostdin", *command[1:]]


def _options(wanted: VideoFormat) -> dict[str, str | int]:
    options: dict[str, str | int] = {
        "c:v": "libx264",
        "crf": wanted.crf,
        "preset": "medium",
        "threads": _THREADS,
        "movflags": "+faststart+use_metadata_tags",
        "fflags": "+bitexact",  # no encoder versions, no dates
        "flags:v": "+bitexact",
        "map_metadata": -1,
        "f": "mp4",
    }
    if wanted.timecode:
        options["timecode"] = wanted.timecode
    if wanted.audio:
        options |= {"c:a": "aac", "b:a": "192k", "flags:a": "+bitexact"}
    return options


def _check_count(path: Path, fed: int) -> None:
    try:
        found = count_frames(path)
    except (av.FFmpegError, OSError) as error:
        raise _failure(path, f"what ffmpeg wrote can't be decoded: {error}") from error
    if found != fed:
        raise _failure(path, f"{fed} frames went in, {found} can be decoded")


def _failure(path: Path, what: str) -> MachineError:
    return MachineError(
        f"The video can't be written: {what}",
        mend="See that the disk has room, then run the delivery again",
        where=Where(file=path.name),
        transient=True,
    )
