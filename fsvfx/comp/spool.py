"""Frames kept on disk until they are handed on: a stage's memory then does not grow with its chunk."""

from __future__ import annotations

from collections.abc import Iterator
from tempfile import TemporaryFile

import numpy as np
from numpy.typing import NDArray


class Spool:
    """``count`` frames of one shape and dtype, in a nameless file that goes with the object; zeros until put."""

    def __init__(self, count: int, shape: tuple[int, ...], dtype: type[np.floating]) -> None:
        self.count, self.shape, self.dtype = count, shape, np.dtype(dtype)
        self._bytes = int(np.prod(shape)) * self.dtype.itemsize
        self._file = TemporaryFile()  # noqa: SIM115 - it lives as long as the spool
        self._file.truncate(count * self._bytes)

    def __setitem__(self, row: int, frame: NDArray[np.floating]) -> None:
        if frame.shape != self.shape:
            raise ValueError(f"frame {row} is {frame.shape}, not {self.shape}")
        self._file.seek(row * self._bytes)
        self._file.write(np.ascontiguousarray(frame, self.dtype).data)

    def __getitem__(self, row: int) -> NDArray[np.floating]:
        self._file.seek(row * self._bytes)
        frame: NDArray[np.floating] = np.frombuffer(self._file.read(self._bytes), self.dtype).reshape(self.shape)
        return frame

    def __iter__(self) -> Iterator[NDArray[np.floating]]:
        return (self[row] for row in range(self.count))
