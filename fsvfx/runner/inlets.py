"""The files that a shot's units read."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from fsvfx.arrays import Source
from fsvfx.runner.dag import stage
from schemas.job import ShotJob
from schemas.receipts import Unit

if TYPE_CHECKING:
    from fsvfx.media import OpenedPlate


class Inlets:
    """What units read from files, the plate opened once for all."""

    def __init__(self, job: ShotJob) -> None:
        self._job = job

    def of(self, stage_name: str, unit: Unit) -> Source | None:
        """For stages that read any. Raises PlateError, StoreError."""
        if not stage(stage_name).reads_media:
            return None
        from fsvfx import media  # heavy, and only few stages need it

        return media.source_for(self._job, unit, stage_name, self._plate)

    @cached_property
    def _plate(self) -> OpenedPlate:
        from fsvfx import media

        return media.OpenedPlate(self._job)
