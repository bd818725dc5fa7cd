"""Footage other than the shot's plate, sent through the stages up to ``align`` within another stage."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from fsvfx.arrays import Array, Data, LazyFrames, Result, Source, Table
from fsvfx.entries import AlignedEntry
from fsvfx.stages.align import AlignSettings, AlignStage
from fsvfx.stages.contract import StageSettings, Work
from fsvfx.stages.detect import DetectSettings, DetectStage
from fsvfx.stages.track import TrackSettings, TrackStage
from schemas.frames import Chunk
from schemas.job import ShotJob
from schemas.receipts import Unit


class FootageSettings(StageSettings):
    """first, last: frames of it. versions: of the stages that it goes through; the rest are those stages' settings."""

    first: int
    last: int
    versions: dict[str, int]
    detect: DetectSettings
    track: TrackSettings
    align: AlignSettings

    @classmethod
    def of(cls, job: ShotJob) -> FootageSettings:
        """``job``: the footage as a shot; the performer of its first entry is wanted."""
        frames, shot = job.shot.plate.frames, Unit.of_shot()
        track = TrackStage().settings(job, shot)
        track = track.model_copy(update={"chunks": ((frames.first, frames.last),), "edges": False})
        return cls(
            first=frames.first,
            last=frames.last,
            versions={stage.name: stage.version for stage in (DetectStage, TrackStage, AlignStage)},
            detect=DetectStage().settings(job, shot),
            track=track,
            align=AlignStage().settings(job, shot),
        )


@dataclass(frozen=True)
class Footage:
    """One piece of footage, for a stage that reads it. series: its name in the work's source."""

    work: Work[Any]
    settings: FootageSettings
    series: str

    @property
    def aligned(self) -> AlignedEntry:
        """The performer's face; its pictures are made as they are asked for, best in order. Raises InputError where it
        is not clear who that is."""
        found = self._run(DetectStage(), self.settings.detect, {"ingest": self._plate})
        references = {name: data for name, data in self.work.inputs.items() if name.startswith("references/")}
        inputs = {"detect": Remade(self._numbers, lambda: found), **references}
        track = self._run(TrackStage(), self.settings.track, inputs).parts[self._chunk.name]
        followed = {"ingest": self._plate, "track": Remade(self._numbers, lambda: track)}
        return AlignedEntry(Remade(self._numbers, lambda: self._run(AlignStage(), self.settings.align, followed)), 0)

    @property
    def _chunk(self) -> Chunk:
        return Chunk(first=self.settings.first, last=self.settings.last)

    @property
    def _numbers(self) -> tuple[int, ...]:
        return tuple(self._chunk.frames)

    @cached_property
    def _plate(self) -> Remade:
        return Remade(self._numbers, self._pictures)

    def _pictures(self) -> Result:
        source: Source | None = self.work.source
        assert source is not None
        pictures = source.pictures(self.series)
        return Result({"frames": LazyFrames((), np.dtype(np.uint8), pictures)})

    def _run(self, stage: Any, settings: StageSettings, inputs: Mapping[str, Data]) -> Result:
        work = replace(
            self.work, unit=Unit.of_chunk(self._chunk), frames=self._numbers, settings=settings, inputs=inputs
        )
        result: Result = stage.run(work)
        return result


@dataclass
class Remade:
    """``fsvfx.arrays.Data`` of one result. Lazy arrays are read frame by frame, and recreated to go back: none is
    held."""

    numbers: Sequence[int]
    make: Callable[[], Result]
    _reading: dict[str, _Reading] = field(default_factory=dict)

    @cached_property
    def _result(self) -> Result:
        return self.make()

    @cached_property
    def _rows(self) -> dict[int, int]:
        return {number: row for row, number in enumerate(self.numbers)}

    @property
    def digest(self) -> str:
        """Never asked for, as it is not an input of the runner's."""
        raise NotImplementedError

    def frame(self, name: str, number: int) -> Array:
        array, row = self._result.frames[name], self._rows[number]
        if not isinstance(array, LazyFrames):
            return np.asarray(array[row])
        if name not in self._reading or self._reading[name].row > row:
            self._reading[name] = _Reading(self._lazy(name))
        return self._reading[name].to(row)

    def frames(self, name: str) -> Array:
        return np.stack([self.frame(name, number) for number in self.numbers])

    def table(self, name: str) -> Table:
        return self._result.tables[name]

    def has(self, name: str) -> bool:
        return name in self._result.frames or name in self._result.tables

    def _lazy(self, name: str) -> Iterator[Array]:
        made = self.make().frames[name]
        assert isinstance(made, LazyFrames)
        return iter(made.frames)


class _Reading:
    """A lazy array, read as far as ``row``."""

    def __init__(self, frames: Iterator[Array]) -> None:
        self.frames, self.row = frames, 0
        self.last = next(frames)

    def to(self, row: int) -> Array:
        while self.row < row:
            self.last = next(self.frames)
            self.row += 1
        return self.last
