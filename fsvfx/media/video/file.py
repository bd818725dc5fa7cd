"""Opens a video file: its index, its first picture and its facts; or the reason why it can't be used."""

from __future__ import annotations

import json
import os
import struct
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property, lru_cache
from pathlib import Path
from typing import SupportsBytes, cast

import av
import numpy as np
from av.video.frame import VideoFrame
from blake3 import blake3
from numpy.typing import NDArray

from fsvfx.disk import cache, drafted
from fsvfx.errors import PlateError
from fsvfx.media import digests, probe
from fsvfx.media.colour_tags import matrix_note
from fsvfx.media.files import Place, check_frames, check_size, guarded, held
from fsvfx.media.headers import HeaderError
from fsvfx.media.pixels import UPRIGHT, Turn
from fsvfx.media.probe_child import is_of_memory
from fsvfx.media.video.clock import even_rate, timecode_rate_of
from fsvfx.media.video.container import demuxer_of, no_video, open_container
from fsvfx.media.video.decoder import limited
from fsvfx.media.video.formats import picture_streams
from fsvfx.media.video.index import VideoIndex, build_index
from fsvfx.media.video.rgb import depth, has_alpha, is_assumed, matrix_of

_PROGRESSIVE = (0, 1)
_INDEX_FORM = 3
"""Increase it when VideoIndex or its contents change: stored indices of other forms are ignored."""


@dataclass(frozen=True)
class VideoFile:
    """Facts of a video file. Sizes are those of the upright picture."""

    path: Path
    index: VideoIndex
    width: int
    height: int
    coded: tuple[int, int]
    """Width, height before rotation."""
    turn: Turn
    dtype: np.dtype[np.generic]
    rates: tuple[Fraction | None, ...]
    """As declared by the container, most trusted first."""
    start: Fraction
    """Seconds at which the container's clock starts."""
    pixel_aspect: Fraction
    timecode: str | None
    timecode_rate: Fraction | None
    """Counts per second of a QuickTime timecode track; None if the file does not have one."""
    has_audio: bool
    transfer: int
    primaries: int
    """Code points of ITU-T H.273; 2: unspecified."""
    notes: tuple[str, ...]

    @cached_property
    def times(self) -> NDArray[np.int64]:
        """Presentation times of the frames, in the index's time base, ascending."""
        return self.index.pts[self.index.presented]

    @cached_property
    def rate(self) -> Fraction | None:
        """The rate whose even grid the frames follow; None if it varies."""
        return even_rate(self.times, self.index.time_base, self.rates)


def open_video(path: Path, place: Place) -> VideoFile:
    """Read the file's facts; cached per process until the file changes. Raises PlateError."""
    with held(path, place) as there:
        stamp = digests.stamp_of(there)
    return _open(_Asked(path, stamp, place))


@dataclass(frozen=True)
class _Asked:
    """The current state of a file, for any shot."""

    path: Path
    stamp: str
    place: Place = field(compare=False)


@lru_cache(maxsize=64)
def _open(asked: _Asked) -> VideoFile:
    path, place = asked.path, asked.place
    probe.once("video", path, place, lambda: _probe(path, place))
    with guarded("the video can't be read", place):
        return _read(path, asked.stamp, place)


def _probe(path: Path, place: Place) -> None:
    with held(path, place) as there:
        demuxer = demuxer_of(there, place)
    probe.ask(
        {
            "by": "FFmpeg",
            "path": str(path.absolute()),
            "demuxer": demuxer.name,
            "options": demuxer.options,
            "decoder": limited({}),
        },
        place,
    )


def _read(path: Path, stamp: str, place: Place) -> VideoFile:
    try:
        with open_container(path, place) as container:
            stream = _stream(container, place)
            named = int(stream.codec_context.colorspace)  # the container's, until the first picture is decoded
            frame = _first_picture(container, stream, place)
            file = _facts(path, container, stream, frame, _index(path, stamp, place), place)
            return _noted(file, matrix_note(named, int(frame.colorspace)))
    except av.FFmpegError:
        raise no_video(place) from None


def _stream(container: av.container.InputContainer, place: Place) -> av.VideoStream:
    """The first one with pictures. Its claims are checked before anything is decoded; those of frames, by its
    decoder."""
    streams = picture_streams(container)
    if not streams:
        there = "only cover art" if container.streams.video else "only sound or data"
        raise place.error(f"the file has no moving picture, {there}", "Give a file with a video stream")
    stream = streams[0]
    context = stream.codec_context
    if context.width or context.height:
        check_size(context.width, context.height, place)
    check_frames(stream.frames, place)
    context.options = limited({})
    return stream


def _first_picture(container: av.container.InputContainer, stream: av.VideoStream, place: Place) -> VideoFrame:
    """The first one that decodes: later damage is reported when its frame is read."""
    stream.codec_context.thread_count = 1
    for packet in container.demux(stream):
        try:
            for frame in packet.decode():
                return frame
        except av.FFmpegError as error:
            if is_of_memory(error):
                raise MemoryError from None
    raise place.error("no frame of the video can be decoded", "Copy it again from its source")


def _facts(
    path: Path,
    container: av.container.InputContainer,
    stream: av.VideoStream,
    frame: VideoFrame,
    index: VideoIndex,
    place: Place,
) -> VideoFile:
    if stream.codec_context.field_order not in _PROGRESSIVE or frame.interlaced_frame:
        raise interlaced(place)
    turn = turn_of(frame)
    matrix_of(frame)  # which is supported, or named
    aspect = stream.sample_aspect_ratio or Fraction(1)
    aspect = aspect if aspect > 0 else Fraction(1)
    swaps = turn[0] == 0
    width, height = (frame.height, frame.width) if swaps else (frame.width, frame.height)
    return VideoFile(
        path=path,
        index=index,
        width=width,
        height=height,
        coded=(frame.width, frame.height),
        turn=turn,
        dtype=depth(frame),
        rates=(stream.average_rate, stream.guessed_rate, stream.base_rate),
        start=Fraction(container.start_time or 0, av.time_base),
        pixel_aspect=1 / aspect if swaps else aspect,
        timecode=_timecode(container),
        timecode_rate=_timecode_rate(path, place),
        has_audio=bool(container.streams.audio),
        transfer=int(frame.color_trc),
        primaries=int(frame.color_primaries),
        notes=tuple(_notes(container, frame, turn, aspect)),
    )


def _noted(file: VideoFile, note: str | None) -> VideoFile:
    return replace(file, notes=(*file.notes, note)) if note else file


def _notes(container: av.container.InputContainer, frame: VideoFrame, turn: Turn, aspect: Fraction) -> list[str]:
    said = {
        "alpha is left out": has_alpha(frame),
        f"the rotation flag is applied ({frame.rotation} degrees)": turn != UPRIGHT,
        f"pixels are not square ({aspect}); they are kept as they are": aspect != 1,
        f"the stream has no color matrix tag; taken as {_MATRIX[matrix_of(frame)]} by its size": (is_assumed(frame)),
        "only the first of several picture streams is read": len(picture_streams(container)) > 1,
        "only the first of several sound streams is kept": len(container.streams.audio) > 1,
    }
    return [note for note, holds in said.items() if holds]


_MATRIX = {0: "RGB", 1: "BT.709", 6: "BT.601"} | {code: f"code {code}" for code in (4, 5, 7, 9)}


def _timecode(container: av.container.InputContainer) -> str | None:
    """Cameras write it on the picture, on a data stream (tmcd), or on the file."""
    streams = [*container.streams.video, *container.streams.data]
    said = [*(stream.metadata for stream in streams), container.metadata]
    return next((found for metadata in said if (found := metadata.get("timecode"))), None)


def _timecode_rate(path: Path, place: Place) -> Fraction | None:
    with held(path, place) as there:
        return timecode_rate_of(there)


def _index(path: Path, stamp: str, place: Place) -> VideoIndex:
    """Built once per file and machine: demuxing reads the whole file."""
    name = blake3(os.fsencode(f"{path}|{stamp}|{_INDEX_FORM}")).hexdigest()[:32]
    kept = cache("index", f"{name}.npz")
    index = _load(kept)
    if index is None:
        index = build_index(path, place)
        _save(kept, index)
    if not len(index):
        raise place.error("the video has no frames", "Copy it again from its source")
    return index


def _load(kept: Path) -> VideoIndex | None:
    try:
        with np.load(kept, allow_pickle=False) as arrays:
            facts = json.loads(str(arrays["facts"]))
            columns = {name: arrays[name] for name in ("pts", "key", "shown", "damaged", "digest")}
        base = Fraction(facts["time_base"])
        return VideoIndex(**columns, time_base=base, declared=facts["declared"], header=facts["header"])
    except Exception:  # for any reason: an unreadable cache only costs time
        return None


def _save(kept: Path, index: VideoIndex) -> None:
    facts = json.dumps({"time_base": str(index.time_base), "declared": index.declared, "header": index.header})
    columns = {name: getattr(index, name) for name in ("pts", "key", "shown", "damaged", "digest")}
    try:
        with drafted(kept) as draft, draft.open("wb") as file:
            np.savez(file, facts=np.array(facts), **columns)
    except OSError:
        return  # an unwritable cache only costs time


def interlaced(place: Place) -> PlateError:
    return place.error(
        "the video is interlaced",
        "Deinterlace it first: ffmpeg -i IN -vf bwdif=send_frame -c:v prores_ks -c:a copy OUT.mov",
    )


def turn_of(frame: VideoFrame) -> Turn:
    """The frame's rotation. HeaderError unless it is one of the eight that keep pixels intact."""
    matrix = frame.side_data.get("DISPLAYMATRIX")
    if matrix is None:
        return UPRIGHT
    values = struct.unpack("=9i", bytes(cast(SupportsBytes, matrix))[:36])
    a, b, c, d = (value / 65536 for value in (values[0], values[1], values[3], values[4]))
    whole = (round(a), round(b), round(c), round(d))
    off = max(abs(x - y) for x, y in zip((a, b, c, d), whole))
    if off > 1e-3 or abs(whole[0] * whole[3] - whole[1] * whole[2]) != 1:
        hint = "Write it upright, without the flag: ffmpeg -i IN -c:v prores_ks OUT.mov"
        raise HeaderError("its rotation flag is not a multiple of 90 degrees", hint)
    return whole
