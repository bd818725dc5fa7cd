"""The child process of ``fsvfx.media.probe``: decodes each picture named on standard input, and answers with one line.

It imports only the library that a file needs, and only lightweight modules of fsvfx: it must start fast.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import io
import json
import os
import resource
import select
import sys
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from fsvfx.media.stills.headers import png_header
from fsvfx.media.video.formats import READ, picture_streams

_IDLE = 60.0
"""Seconds of idle time after which the process exits to free its memory."""
SOUND, MEMORY = "sound", "memory"


def main(gib: float) -> None:
    """Answer until idle for a while, or until standard input closes with the parent."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # no core dumps on disk
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # decoders print
        while select.select([sys.stdin], [], [], _IDLE)[0] and (line := sys.stdin.readline()):
            answers.write(_answer(json.loads(line), gib) + "\n")
            answers.flush()


def _answer(question: Mapping[str, Any], gib: float) -> str:
    """Only memory errors are reported: the parent reads the file next, and reports all others."""
    library, decode = _DECODERS[question["by"]]
    _limit(None)
    loaded = importlib.import_module(library)
    _limit(gib)
    try:
        with Path(question["path"]).open("rb") as file:
            decode(loaded, file, question)
    except Exception as error:
        return MEMORY if is_of_memory(error) else SOUND
    return SOUND


def _limit(gib: float | None) -> None:
    """Limit the memory that the process may allocate in addition; None: no limit."""
    most = resource.getrlimit(resource.RLIMIT_AS)[1]
    if gib is not None:
        have = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        wanted = have + int(gib * (1 << 30))
        most = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
    resource.setrlimit(resource.RLIMIT_AS, (most, resource.getrlimit(resource.RLIMIT_AS)[1]))


def _by_ffmpeg(av: Any, file: io.BufferedReader, question: Mapping[str, Any]) -> None:
    """Decodes the first picture that it can, with its chroma at full size."""
    opened = av.open(file, "r", question["demuxer"], question["options"], metadata_errors="replace")
    with opened as container:
        stream = picture_streams(container)[0]
        stream.codec_context.thread_count = 1
        stream.codec_context.options = question["decoder"]
        for packet in container.demux(stream):
            try:
                frame = next(iter(packet.decode()), None)
            except av.FFmpegError as error:
                if is_of_memory(error):
                    raise
                continue
            if frame is not None:
                known = READ.get(frame.format.name)
                if known and known.full:
                    frame.reformat(format=known.full)
                return


def _by_pillow(image: Any, file: io.BufferedReader, question: Mapping[str, Any]) -> None:
    plugin = importlib.import_module(f"PIL.{question['kind'].removesuffix('File')}Plugin")
    with warnings.catch_warnings(action="ignore"), vars(plugin)[question["kind"]](io.BytesIO(file.read())) as picture:
        picture.convert("RGB")
        picture.getexif()


def _by_opencv(cv2: Any, file: io.BufferedReader, question: Mapping[str, Any]) -> None:
    header = png_header(file.read())
    if header:
        content = importlib.import_module("numpy").frombuffer(header.plain, "u1")
        cv2.imdecode(content, cv2.IMREAD_ANYCOLOR | cv2.IMREAD_ANYDEPTH)


def _by_openexr(openexr: Any, file: io.BufferedReader, question: Mapping[str, Any]) -> None:
    said = io.StringIO()  # the binding prints what is wrong
    with contextlib.redirect_stdout(said):
        openexr.File(_name(file))
    if said.getvalue():
        raise RuntimeError(said.getvalue())


def _by_openimageio(oiio: Any, file: io.BufferedReader, question: Mapping[str, Any]) -> None:
    oiio.attribute("threads", 1)
    oiio.attribute("limits:channels", question["channels"])
    source = oiio.ImageInput.open(_name(file))
    if source is None:
        return
    part = question["part"]
    spec = source.spec(part, 0)
    channels = [spec.channelindex(name) for name in question["names"]] or list(range(spec.nchannels))
    if min(channels, default=-1) < 0:
        return
    if source.read_image(part, 0, min(channels), max(channels) + 1, spec.format) is None:
        raise RuntimeError(source.geterror())


def _name(file: io.BufferedReader) -> str:
    return f"/proc/self/fd/{file.fileno()}"


_DECODERS: Mapping[str, tuple[str, Callable[[Any, io.BufferedReader, Mapping[str, Any]], None]]] = {
    "FFmpeg": ("av", _by_ffmpeg),
    "Pillow": ("PIL.Image", _by_pillow),
    "OpenCV": ("cv2", _by_opencv),
    "OpenEXR": ("OpenEXR", _by_openexr),
    "OpenImageIO": ("OpenImageIO", _by_openimageio),
}


_SAID = ("insufficient memory", "bad_alloc", "bad alloc", "allocate", "out of memory")


def is_of_memory(error: Exception) -> bool:
    """Whether ``error`` is a library's way of reporting that memory ran out."""
    return (
        isinstance(error, MemoryError)
        or getattr(error, "errno", None) == errno.ENOMEM
        or any(words in str(error).lower() for words in _SAID)
    )
