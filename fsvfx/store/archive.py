"""A Zarr hierarchy as one object: an uncompressed zip, readable by ``zarr.storage.ZipStore``.

Written into a temporary file, which is in memory until it grows, and uploaded in one go. Read by member: small archives
are fetched whole, large ones only as needed; a file in a folder is read in place.
"""

from __future__ import annotations

import io
import struct
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import IO, TYPE_CHECKING, Protocol, Self
from zipfile import BadZipFile, ZipFile, ZipInfo

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

SUFFIX = ".zarr.zip"
_IN_MEMORY = 32 * 1024 * 1024
_HEADER = struct.Struct("<4s22xHH")
_SIGNATURE = b"PK\x03\x04"
_AHEAD = 64 * 1024


class ArchiveWriter:
    """Collects members; `finish` returns the file, which exists as long as the context."""

    def __init__(self) -> None:
        self._file: IO[bytes] = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed at the exit
        self._zip = ZipFile(self._file, "w")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()
        self._file.close()

    def add(self, name: str, content: bytes) -> None:
        self._zip.writestr(ZipInfo(name), content)  # all with one date: equal contents, equal bytes

    def finish(self) -> IO[bytes]:
        """The complete archive, positioned at its start."""
        self._zip.close()
        self._file.seek(0)
        return self._file


class Spans(Protocol):
    """Bytes that can be read in spans."""

    @property
    def size(self) -> int: ...

    def read(self, start: int, length: int) -> bytes:
        """Fewer than ``length`` bytes only at the end."""


class InMemory:
    """Bytes in memory, as `Spans`."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    @property
    def size(self) -> int:
        return len(self._content)

    def read(self, start: int, length: int) -> bytes:
        return self._content[start : start + length]


class Archive:
    """The members of an archive. Raises BadZipFile, also on reading, and the errors of ``spans``."""

    def __init__(self, spans: Spans) -> None:
        self._spans = spans
        with ZipFile(io.BufferedReader(_Seekable(spans), _AHEAD)) as file:
            self._members = {info.filename: (info.header_offset, info.file_size) for info in file.infolist()}

    def member(self, name: str) -> bytes | None:
        """The member's bytes, or None if there is none. Not verified: that is done by the digests."""
        if name not in self._members:
            return None
        start, size = self._members[name]
        begin = _HEADER.size + len(name.encode())
        read = self._spans.read(start, begin + size)
        if len(read) < _HEADER.size or not read.startswith(_SIGNATURE):
            raise BadZipFile(f"no member begins where '{name}' should")
        _, *lengths = _HEADER.unpack_from(read)
        begin = _HEADER.size + sum(lengths)
        content = read[begin : begin + size]
        if len(content) < size:  # repacking may have added to the headers
            content = self._spans.read(start + begin, size)
        if len(content) < size:
            raise BadZipFile(f"'{name}' ends too early")
        return content


class _Seekable(io.RawIOBase):
    """`Spans` as a file."""

    def __init__(self, spans: Spans) -> None:
        self._spans = spans
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._spans.size}[whence]
        if base + offset < 0:
            raise OSError("seek before the beginning")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        target = memoryview(buffer).cast("B")
        read = self._spans.read(self._at, len(target))
        target[: len(read)] = read
        self._at += len(read)
        return len(read)
