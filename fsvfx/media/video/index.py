"""Maps the frames of a video file to packets: built once by demuxing, without decoding.

Frame i is the i-th *presented* frame: packets are ordered by presentation time, without those hidden by an edit list.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path

import av
import numpy as np
from blake3 import blake3
from numpy.typing import NDArray

from fsvfx.media.files import Place
from fsvfx.media.headers import HeaderError
from fsvfx.media.video.container import open_container
from fsvfx.media.video.formats import picture_streams


@dataclass(frozen=True)
class VideoIndex:
    """A video stream's packets in decoding order (one array entry each)."""

    pts: NDArray[np.int64]
    """Presentation time in ``time_base`` units."""
    key: NDArray[np.bool_]
    """Decoding can start here."""
    shown: NDArray[np.bool_]
    damaged: NDArray[np.bool_]
    """Cut off, according to the container."""
    digest: NDArray[np.uint8]
    """(n, 32) blake3 of each packet's bytes."""
    time_base: Fraction
    declared: int
    """Number of frames in the container's header; 0: unknown."""
    header: str
    """Digest of everything else that determines the pixels: codec, its configuration, size, color tags."""

    @cached_property
    def presented(self) -> NDArray[np.int64]:
        """Decoding position of each frame, in presentation order."""
        positions = np.flatnonzero(self.shown)
        return positions[np.argsort(self.pts[positions], kind="stable")]

    @cached_property
    def position_at(self) -> dict[int, int]:
        """Decoding position by presentation time."""
        return {int(pts): position for position, pts in enumerate(self.pts)}

    @cached_property
    def index_at(self) -> dict[int, int]:
        """Frame index by decoding position."""
        return {int(position): index for index, position in enumerate(self.presented)}

    def __len__(self) -> int:
        return len(self.presented)

    def seconds(self, index: int) -> Fraction:
        """Presentation time of frame ``index``."""
        return int(self.pts[self.presented[index]]) * self.time_base

    def chain(self, index: int) -> range:
        """Decoding positions that frame ``index`` may depend on, itself last.

        It starts at the last keyframe presented no later: frames that an open GOP presents before its keyframe need the
        preceding GOP.
        """
        own = int(self.presented[index])
        return range(int(self._starts(np.array([own]))[0]), own + 1)

    def needed(self, indices: Iterable[int]) -> NDArray[np.int64]:
        """Decoding positions that any of the frames ``indices`` may depend on, ascending."""
        own = self.presented[np.fromiter(indices, np.int64)]
        starts = self._starts(own)
        spans = [np.arange(start, own[starts == start].max() + 1) for start in np.unique(starts)]
        return np.unique(np.concatenate(spans)) if spans else np.zeros(0, np.int64)

    def _starts(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        """Start of the `chain` of the frame at each decoding position."""
        keys = self._keys
        if not len(keys):
            return np.zeros(len(positions), np.int64)
        at = np.searchsorted(keys, positions, side="right") - 1
        while (late := (at >= 0) & (self.pts[keys[at]] > self.pts[positions])).any():
            at[late] -= 1
        return np.where(at >= 0, keys[at], 0)

    @cached_property
    def _keys(self) -> NDArray[np.int64]:
        return np.flatnonzero(self.key)


def build_index(path: Path, place: Place) -> VideoIndex:
    """Demux ``path`` once. Raises PlateError, ``av.FFmpegError``, and HeaderError for what can't be indexed."""
    with open_container(path, place) as container:
        stream = picture_streams(container)[0]
        context = stream.codec_context
        rows = [
            (packet.pts, packet.is_keyframe, _is_shown(packet, context.name), packet.is_corrupt, _digest(packet))
            for packet in container.demux(stream)
            if packet.size
        ]
        if any(row[0] is None for row in rows):
            raise HeaderError("some frames have no time stamp", "Remux it: ffmpeg -i IN -c copy OUT.mov")
        pts = np.array([row[0] for row in rows], np.int64)
        if len(np.unique(pts)) < len(pts):
            raise HeaderError("two frames have the same time stamp", "Remux it, or convert it to an image sequence")
        return VideoIndex(
            pts=pts,
            key=np.array([row[1] for row in rows], bool),
            shown=np.array([row[2] for row in rows], bool),
            damaged=np.array([row[3] for row in rows], bool),
            digest=np.frombuffer(b"".join(row[4] for row in rows), np.uint8).reshape(-1, 32),
            time_base=stream.time_base or Fraction(1, 1),
            declared=max(0, _counted(container, stream) - sum(not row[2] for row in rows)),
            header=_header_digest(stream),
        )


def _counted(container: av.container.InputContainer, stream: av.VideoStream) -> int:
    """Number of frames in the header, including hidden ones. QuickTime's count covers the whole media, its index what
    the edit list uses, whether the file is cut off or not."""
    is_quicktime = container.format.name.startswith("mov")
    return min(stream.frames, len(stream.index_entries)) if is_quicktime else stream.frames


def _is_shown(packet: av.Packet[av.VideoStream], codec: str) -> bool:
    if packet.is_discard:
        return False
    # VP8 stores its hidden reference frames as separate packets; bit 4 of the frame tag marks them (RFC 6386, 9.1).
    return codec != "vp8" or bool(bytes(packet)[0] >> 4 & 1)


def _digest(packet: av.Packet[av.VideoStream]) -> bytes:
    return blake3(memoryview(packet)).digest()


def _header_digest(stream: av.VideoStream) -> str:
    context = stream.codec_context
    tags = (context.name, context.width, context.height, context.pix_fmt, context.colorspace, context.color_range)
    return blake3(repr(tags).encode() + bytes(context.extradata or b"")).hexdigest()
