"""Frame-exact decoding: from the preceding keyframe, by presentation time; damage is reported, not concealed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame

from fsvfx.errors import PlateError
from fsvfx.media.files import Place
from fsvfx.media.plate import Numbering
from fsvfx.media.video.container import open_container
from fsvfx.media.video.formats import picture_streams
from fsvfx.media.video.index import VideoIndex
from fsvfx.settings import machine

# explode: a decoder reports broken data, which by default it would conceal.
_STRICT = {"err_detect": "explode"}
_DROPS_EXACTLY = frozenset({"h264"})
"""Codecs with a reliable mark for unreferenced pictures, so that unwanted ones can be skipped."""
_HINT = "Copy the plate again from its source, or waive its frames after replacing them"


def limited(options: dict[str, str]) -> dict[str, str]:
    """A decoder's ``options``, with the machine's limit: it refuses larger frames."""
    return options | {"max_pixels": str(machine().max_pixels)}


class _SeekMissed(Exception):
    """The demuxer ended up after the requested packet."""


@dataclass(frozen=True)
class VideoDecoder:
    """Decodes selected frames of one video file."""

    path: Path
    index: VideoIndex
    place: Place
    numbering: Numbering

    def frames(self, indices: Sequence[int]) -> Iterator[VideoFrame]:
        """Each frame of ``indices``, in that order; fastest if they ascend. PlateError names a damaged one."""
        for run in self._runs(indices):
            yield from self._run(run)

    def _runs(self, indices: Sequence[int]) -> Iterator[list[int]]:
        """Split where seeking to a keyframe saves decoding, or where the order goes back."""
        run: list[int] = []
        for index in indices:
            if run and (index <= run[-1] or (index > run[-1] + 1 and self._skips_keyframe(run[-1], index))):
                yield run
                run = []
            run.append(index)
        if run:
            yield run

    def _skips_keyframe(self, done: int, wanted: int) -> bool:
        return self.index.chain(wanted).start > self.index.chain(done).stop

    def _run(self, wanted: list[int]) -> Iterator[VideoFrame]:
        """Decode ascending ``wanted``; if that fails, try once more from the file's first frame.

        Streams with gradual refresh mark starting points where the first pictures are still incomplete.
        """
        start = self.index.chain(wanted[0]).start
        given = 0
        try:
            for frame in self._pass(wanted, start, seek=start > 0):
                given += 1
                yield frame
        except (PlateError, _SeekMissed):
            if start == 0:
                raise
            yield from self._pass(wanted[given:], 0, seek=False)

    def _pass(self, wanted: Sequence[int], start: int, *, seek: bool) -> Iterator[VideoFrame]:
        todo = list(reversed(wanted))
        damage = _Damage(self.index)
        with open_container(self.path, self.place) as container:
            stream = picture_streams(container)[0]
            # One thread: an error then belongs to the packet just sent. Chunks run in parallel instead.
            stream.codec_context.thread_count = 1
            stream.codec_context.options = limited(_STRICT)
            if seek:
                container.seek(int(self.index.pts[start]), stream=stream, backward=True, any_frame=False)
            for frame in self._decode(container, stream, start, damage, self._positions(wanted)):
                while todo and self._pts(todo[-1]) < (frame.pts if frame.pts is not None else 0):
                    raise self._lost(todo[-1], damage)
                if todo and frame.pts == self._pts(todo[-1]):
                    if frame.is_corrupt or damage.reaches(todo[-1]):
                        raise self._lost(todo[-1], damage)
                    todo.pop()
                    yield frame
                if not todo:
                    return
        raise self._lost(todo[-1], damage)

    def _decode(
        self,
        container: av.container.InputContainer,
        stream: av.VideoStream,
        start: int,
        damage: _Damage,
        wanted: frozenset[int],
    ) -> Iterator[VideoFrame]:
        """Every picture from ``start`` on, except those that are neither wanted nor referenced. Both in packets."""
        codec = stream.codec_context
        drops, begun = codec.name in _DROPS_EXACTLY, False
        for packet in container.demux(stream):
            position = self.index.position_at.get(packet.pts) if packet.pts is not None and packet.size else None
            if not begun:
                if position is None or position > start:
                    raise _SeekMissed
                if position < start:
                    continue
                begun = True
            if drops:
                codec.skip_frame = "NONREF" if position is not None and position not in wanted else "DEFAULT"
            try:
                yield from packet.decode()
            except av.FFmpegError:
                damage.note(position)

    def _positions(self, indices: Sequence[int]) -> frozenset[int]:
        """Positions of the packets that contain these frames."""
        return frozenset(int(self.index.presented[index]) for index in indices)

    def _pts(self, index: int) -> int:
        return int(self.index.pts[self.index.presented[index]])

    def _lost(self, index: int, damage: _Damage) -> PlateError:
        number = self.numbering.number(index)
        cause = damage.cause(index)
        if cause is None or cause == index:
            return self.place.error(f"frame {number} can't be decoded: its data is damaged", _HINT, [number])
        damaged = self.numbering.number(cause)
        return self.place.error(
            f"frame {number} can't be decoded: it depends on frame {damaged}, whose data is damaged", _HINT, [number]
        )


@dataclass
class _Damage:
    """Packets that failed to decode, and the frames that depend on them."""

    index: VideoIndex
    positions: list[int] = field(default_factory=list)

    def note(self, position: int | None) -> None:
        if position is not None:
            self.positions.append(position)

    def reaches(self, index: int) -> bool:
        return self._first(index) is not None

    def cause(self, index: int) -> int | None:
        """Index of the first damaged frame that frame ``index`` depends on."""
        position = self._first(index)
        return None if position is None else self.index.index_at.get(position)

    def _first(self, index: int) -> int | None:
        chain = self.index.chain(index)
        cut_off = (chain.start + np.flatnonzero(self.index.damaged[chain.start : chain.stop])).tolist()
        return min((p for p in (*cut_off, *self.positions) if p in chain), default=None)
