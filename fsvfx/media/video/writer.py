"""Movies out: frames piped to ffmpeg, in the supported delivery codecs."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import av
import ffmpeg
import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray

from fsvfx.ahead import ahead
from fsvfx.errors import InputError, MachineError, Where
from fsvfx.media.colour_tags import CodePoints

_PIPED = {"uint8": "rgb24", "uint16": "rgb48le"}
_MUXERS = {".mp4": "mp4", ".mov": "mov", ".mxf": "mxf"}


@dataclass(frozen=True)
class VideoFormat:
    """The output format. ``size``: height and width of the pictures; odd ones are extended by repeating a row or
    column."""

    size: tuple[int, int]
    frame_rate: Fraction
    codec: Codec = field(default_factory=lambda: codec_of("h264"))
    depth: Literal["uint8", "uint16"] = "uint8"
    """Of the input pictures, full range."""
    colours: CodePoints = field(default_factory=CodePoints)
    pixel_aspect: Fraction = Fraction(1)
    audio: Path | None = None
    """A sound file that starts with the first frame (after ``lead``) and ends with the last."""
    lead: int = 0
    """Frames before the sound: a slate."""
    timecode: str | None = None
    """Of the first frame, whether or not it is a slate."""
    metadata: Mapping[str, str] = field(default_factory=dict)


def write_video(path: Path, pictures: Iterable[NDArray[Any]], wanted: VideoFormat) -> int:
    """Write ``pictures`` (H, W, 3) RGB, in the format of the path's extension; returns the number of frames.

    Converted by zimg, to the nearest code of Y'CbCr, limited range, with the matrix of ``wanted.colours``. The next
    pictures are made meanwhile; a few are buffered. The result is decoded again and counted. Raises MachineError;
    InputError for pictures that are too small for the codec.
    """
    _check_size(wanted, path)
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(_command(path, wanted), stdin=subprocess.PIPE, stdout=log, stderr=log)
        try:
            count = _feed(process, pictures, wanted)
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
    with path.open("rb") as file, av.open(file, "r", _MUXERS[path.suffix.lower()]) as container:
        return sum(1 for _ in container.decode(video=0))


def _feed(process: subprocess.Popen[bytes], pictures: Iterable[NDArray[Any]], wanted: VideoFormat) -> int:
    assert process.stdin is not None
    count = 0
    try:
        for picture in ahead(pictures):
            process.stdin.write(_even(picture, wanted).data)
            count += 1
        process.stdin.close()
    except BrokenPipeError:
        pass  # ffmpeg has ended: its exit code and output tell why
    return count


def _even(picture: NDArray[Any], wanted: VideoFormat) -> NDArray[Any]:
    height, width = wanted.size
    if picture.shape != (height, width, 3) or picture.dtype != wanted.depth:
        what = f"{picture.shape} {picture.dtype}"
        raise ValueError(f"the video's pictures are {wanted.size} {wanted.depth} RGB, this one is {what}")
    if height % 2 or width % 2:
        picture = np.pad(picture, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return np.ascontiguousarray(picture)


def _command(path: Path, wanted: VideoFormat) -> list[str]:
    height, width = (side + side % 2 for side in wanted.size)
    rate = f"{wanted.frame_rate.numerator}/{wanted.frame_rate.denominator}"
    colours = wanted.colours
    pipe = ffmpeg.input("pipe:", format="rawvideo", pix_fmt=_PIPED[wanted.depth], s=f"{width}x{height}", r=rate)
    video = (
        pipe.filter("zscale", rangein="full", range="limited", matrix=colours.zimg_matrix, dither="none")
        .filter("format", wanted.codec.pixels)
        .filter(
            "setparams",
            colorspace=colours.matrix,
            color_primaries=colours.primaries,
            color_trc=colours.transfer,
            range="tv",
        )
        .filter("setsar", f"{wanted.pixel_aspect.numerator}/{wanted.pixel_aspect.denominator}")
    )
    streams = [video, _sound(wanted.audio, wanted)] if wanted.audio else [video]
    told = {f"metadata:g:{number}": f"{name}={text}" for number, (name, text) in enumerate(wanted.metadata.items())}
    out = ffmpeg.output(*streams, f"file:{path}", **_options(path, wanted), **told)
    command: list[str] = ffmpeg.compile(out.overwrite_output(), cmd=imageio_ffmpeg.get_ffmpeg_exe())
    return [command[0], "-hide_banner", "-loglevel", "error", "-nostdin", *command[1:]]


def _sound(audio: Path, wanted: VideoFormat) -> Any:
    sound = ffmpeg.input(f"file:{audio}", f="wav", protocol_whitelist="file").audio
    if not wanted.lead:
        return sound
    delay = float(wanted.lead / wanted.frame_rate)
    return sound.filter("adelay", delays=f"{delay * 1000:.6f}", all=1)


def _options(path: Path, wanted: VideoFormat) -> dict[str, str | int]:
    muxer = _MUXERS[path.suffix.lower()]
    options: dict[str, str | int] = {
        "c:v": wanted.codec.encoder,
        **wanted.codec.options,
        "fflags": "+bitexact",  # no encoder versions, no dates
        "flags:v": "+bitexact",
        "map_metadata": -1,
        "f": muxer,
    }
    if muxer != "mxf":
        options["movflags"] = "+faststart+use_metadata_tags"
    if wanted.timecode:
        options["timecode"] = wanted.timecode
    if wanted.audio:
        options |= {"c:a": "aac", "b:a": "192k"} if muxer == "mp4" else {"c:a": "pcm_s24le", "ar": 48000}
        options["flags:a"] = "+bitexact"
    return options


def _check_size(wanted: VideoFormat, path: Path) -> None:
    (height, width), (least_width, least_height) = wanted.size, wanted.codec.smallest
    if width < least_width or height < least_height:
        raise InputError(
            f"the picture is {width}x{height}; {wanted.codec.encoder} needs at least {least_width}x{least_height}",
            hint="Deliver it as ProRes or as frames",
            where=Where(file=path.name),
        )


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
        hint="Check that the disk has room, then run the delivery again",
        where=Where(file=path.name),
        transient=True,
    )


_LEVEL_62 = 16_888, 35_651_584
"""Limits of the highest level of H.264 (139 264 macroblocks) and of HEVC: players need not support more."""
_THREADS = 4
"""Fixed, since the output of x264 and x265 depends on the number of threads."""


@dataclass(frozen=True)
class Codec:
    """encoder, pixels, options: ffmpeg's names. bits: of the encoding. smallest: width, height. largest: of a side, and
    total pixels."""

    encoder: str
    pixels: str
    bits: int
    options: Mapping[str, str | int] = field(default_factory=dict)
    smallest: tuple[int, int] = (2, 2)
    largest: tuple[int, int] = (65_535, 65_535**2)


def codec_of(name: str, *, bits: int = 8, crf: int = 16, preset: str = "medium") -> Codec:
    """``bits`` and ``crf`` apply to h264 and hevc only, ``preset`` to h264. KeyError for a name that schemas.deliver
    does not define."""
    if name == "h264":
        options: dict[str, str | int] = {"crf": crf, "preset": preset, "threads": _THREADS}
        return Codec("libx264", _chroma_420(bits), bits, options, largest=_LEVEL_62)
    if name == "hevc":
        fixed = f"log-level=error:pools={_THREADS}:frame-threads=1"
        return Codec("libx265", _chroma_420(bits), bits, {"crf": crf, "x265-params": fixed, "tag:v": "hvc1"},
                     largest=_LEVEL_62)  # fmt: skip
    return _MASTERS[name]


def _chroma_420(bits: int) -> str:
    return "yuv420p" if bits == 8 else "yuv420p10le"


def _prores(profile: int, pixels: str = "yuv422p10le") -> Codec:
    return Codec("prores_ks", pixels, 10, {"profile:v": profile, "vendor": "apl0"})


def _dnxhr(profile: str, pixels: str, bits: int) -> Codec:
    return Codec("dnxhd", pixels, bits, {"profile:v": f"dnxhr_{profile}"}, (256, 120))


_MASTERS = {
    "prores": _prores(2),
    "prores_422": _prores(2),
    "prores_422_hq": _prores(3),
    "prores_4444": _prores(4, "yuv444p10le"),
    "dnxhr_sq": _dnxhr("sq", "yuv422p", 8),
    "dnxhr_hq": _dnxhr("hq", "yuv422p", 8),
    "dnxhr_hqx": _dnxhr("hqx", "yuv422p10le", 10),
    "dnxhr_444": _dnxhr("444", "yuv444p10le", 10),
}
