"""Stages without a store: their inputs from arrays in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

import av
import numpy as np

from fsvfx.arrays import Array, LazyFrames, Result, Table


class Arrays:
    """``Data`` from per-frame arrays and tables; ``numbers`` may have holes."""

    def __init__(
        self, numbers: Sequence[int], frames: Mapping[str, Any] = {}, tables: Mapping[str, Table] = {}
    ) -> None:
        self.numbers = tuple(numbers)
        self._frames = {name: list(_each(array)) for name, array in frames.items()}
        self._tables = tables

    @property
    def digest(self) -> str:
        held = {name: [np.asarray(one).tobytes() for one in each] for name, each in self._frames.items()}
        return sha256(repr((self.numbers, held, self._tables)).encode()).hexdigest()

    def frame(self, name: str, number: int) -> Array:
        return self._frames[name][self.numbers.index(number)]

    def frames(self, name: str) -> Array:
        return np.stack(self._frames[name])

    def table(self, name: str) -> Table:
        table = self._tables[name]
        if "frame" not in table:
            return table
        mine = np.isin(table["frame"], self.numbers)
        return {key: column[mine] for key, column in table.items()}

    def has(self, name: str) -> bool:
        return name in self._frames or name in self._tables


def stitched(chunks: Iterable[tuple[Sequence[int], Result]]) -> Arrays:
    """What a reader over several units sees."""
    given = list(chunks)
    numbers = [number for frames, _ in given for number in frames]
    frames = {name: [one for _, result in given for one in _each(result.frames[name])] for name in given[0][1].frames}
    tables = {
        name: {key: np.concatenate([result.tables[name][key] for _, result in given]) for key in table}
        for name, table in given[0][1].tables.items()
    }
    return Arrays(numbers, frames, tables)


def in_memory(result: Result) -> Result:
    """The same with every frame at hand."""
    frames = {name: np.stack(list(_each(array))) for name, array in result.frames.items()}
    return Result(frames, result.tables, result.parts, result.qc)


def _each(array: Any) -> Iterable[Array]:
    return array.frames if isinstance(array, LazyFrames) else array


def clip_frames(file: Path, first: int = 0, count: int | None = None) -> Iterator[np.ndarray]:
    """Some frames of a clip as RGB u8."""
    with av.open(str(file)) as container:
        stop = None if count is None else first + count
        for frame in islice(container.decode(video=0), first, stop):
            yield frame.to_ndarray(format="rgb24")
