"""Opens a video: its demuxer is selected here, by the file's first bytes, from those that read a single file and
nothing else.

By default, FFmpeg probes: a text named .mp4 may be a playlist (ffconcat, HLS, DASH, SDP) that names other files.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import av

from fsvfx.errors import PlateError
from fsvfx.media.files import Place, held
from fsvfx.media.sniff import EMPTY, UNKNOWN, kind_of

_HEAD = 64 << 10
_BOXES = set(b"ftyp moov mdat free skip wide pnot uuid moof sidx styp pdin udta junk".split())
_MXF = bytes.fromhex("060e2b34020501010d010201")
_SYNC = (0, 188, 376, 564)
_EBML = b"\x1aE\xdf\xa3"
_OPTIONS = {"mov": {"enable_drefs": "0", "use_absolute_path": "0"}}
_READ = "Give an mp4, mov, m4v, mkv, webm, mxf, avi or gif"


@dataclass(frozen=True)
class Demuxer:
    """FFmpeg's name of a demuxer, and options that restrict it to the one file."""

    name: str

    @property
    def options(self) -> dict[str, str]:
        """For a demuxer that gets an open file: it must not open anything itself."""
        return {**_OPTIONS.get(self.name, {}), "protocol_whitelist": "none"}

    @property
    def arguments(self) -> dict[str, str]:
        """For ffmpeg's command line, before ``-i``; the file itself is opened by the protocol ``file``."""
        return {"f": self.name, **_OPTIONS.get(self.name, {}), "protocol_whitelist": "file"}


@contextmanager
def open_container(path: Path, place: Place) -> Iterator[av.container.InputContainer]:
    """The video at ``path`` as PyAV's container. Raises PlateError; ``av.FFmpegError`` for what is damaged."""
    with held(path, place) as there:
        demuxer = demuxer_of(there, place)
        with there.open("rb") as file, _open(file, demuxer) as container:
            yield container


def _open(file: IO[bytes], demuxer: Demuxer) -> av.container.InputContainer:
    """Tags that are not UTF-8 are replaced: they must not prevent reading the pictures."""
    return av.open(file, "r", demuxer.name, demuxer.options, metadata_errors="replace")


def demuxer_of(file: Path, place: Place) -> Demuxer:
    """By the file's first bytes. PlateError names the file's kind if it is not a video."""
    with file.open("rb") as raw:
        head = raw.read(_HEAD + 32)
    kind = kind_of(head)
    if not kind.is_video and kind not in (UNKNOWN, EMPTY):
        hint = _READ if kind.is_picture else kind.hint
        raise place.error(f"the file is {kind.said}, not a video that fsvfx reads", hint)
    name = _name(head)
    if name is None:
        raise no_video(place)
    return Demuxer(name)


def no_video(place: Place) -> PlateError:
    return place.error(
        "this is not a video that fsvfx reads, or its start or index is cut off",
        "Check that it plays, or copy it again from its source",
    )


def _name(head: bytes) -> str | None:
    if head[4:8] in _BOXES:
        return "mov"
    if head.startswith(_EBML):
        return "matroska"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if head.startswith(b"RIFF") and head[8:12] in (b"AVI ", b"AVIX", b"AVI\x19"):
        return "avi"
    if all(head[at : at + 1] == b"G" for at in _SYNC):
        return "mpegts"
    return "mxf" if _MXF in head else None
