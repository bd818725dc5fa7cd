"""Which stream of a container is its picture. Imports nothing heavy: the process of ``probing`` needs it too."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

_COVER = 0x400 | 0x800
"""FFmpeg's dispositions of cover art and of thumbnails, which phones and catalogues put before the picture."""


def picture_streams(container: InputContainer) -> list[VideoStream]:
    """Streams of moving pictures, in the file's order: the first is the one that is read."""
    return [stream for stream in container.streams.video if not stream.disposition & _COVER]
