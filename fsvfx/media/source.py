"""The pictures that a stage's unit reads from files."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from fsvfx.arrays import Array, Source
from fsvfx.media.opening import open_plate
from fsvfx.media.plate import PlateReader
from fsvfx.media.references import PersonSource
from fsvfx.media.roto import RotoSource
from schemas.job import ShotJob
from schemas.receipts import Unit


class PlateSource:
    """The plate frames of one unit; opened when first asked."""

    def __init__(self, job: ShotJob, unit: Unit) -> None:
        self._job = job
        self._numbers = _numbers(job, unit)

    @cached_property
    def _plate(self) -> PlateReader:
        return open_plate(self._job)

    def fingerprint(self) -> dict[str, str]:
        return self._plate.fingerprint(self._numbers)

    def pictures(self, series: str = "") -> Iterator[Array]:
        yield from self._plate.pictures(self._numbers)


def source_for(job: ShotJob, unit: Unit, stage: str = "") -> Source:
    """What ``stage`` reads: external mattes for ``roto``; else plate frames for a chunk (or the whole shot), references
    for a person. Raises PlateError, StoreError."""
    if stage == "roto":
        return RotoSource(job, _numbers(job, unit))
    return PersonSource(job, unit.person) if unit.kind == "person" else PlateSource(job, unit)


def _numbers(job: ShotJob, unit: Unit) -> list[int]:
    return list(unit.chunk.frames if unit.chunk else job.shot.plate.frames)
