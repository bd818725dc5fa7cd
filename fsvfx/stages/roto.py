"""roto: external mattes of the entries that have one, in the plate's frame."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from fsvfx.arrays import Array, LazyFrames, Result, Source
from fsvfx.entries import array_name, entry_name
from fsvfx.errors import MachineError
from fsvfx.stages.contract import Resources, Stage, StageSettings, Work
from fsvfx.stages.outputs import Outputs, spec
from schemas.job import ShotJob
from schemas.receipts import Unit


class RotoSettings(StageSettings):
    """Which entries have a roto, and in which layer; the mattes' content is in the source's fingerprint."""

    layers: dict[str, str | None]


class RotoStage(Stage[RotoSettings]):
    """``rN/roto`` (n, H, W): float16 in [0, 1], aligned with the plate's pixels; one frame in memory at a time."""

    name = "roto"
    version = 2
    resources = Resources(cpu=1, memory_mib=1024)
    alike = True
    reads_media = True
    outputs = Outputs({"rN/roto": spec("H W", "float16")})

    def is_wanted(self, job: ShotJob) -> bool:
        return any(entry.roto for entry in job.shot.replace)

    def settings(self, job: ShotJob, unit: Unit) -> RotoSettings:
        entries = enumerate(job.shot.replace)
        return RotoSettings(layers={entry_name(index): entry.roto_layer for index, entry in entries if entry.roto})

    def run(self, work: Work[RotoSettings]) -> Result:
        if work.source is None:
            raise MachineError("roto has no mattes to read", hint="Report it: the runner must open the source")
        return Result(frames={array_name(entry, "roto"): _lazy(work.source, entry) for entry in work.settings.layers})


def _lazy(source: Source, entry: str) -> LazyFrames:
    mattes: Iterator[Array] = source.pictures(entry)
    first = next(mattes)
    return LazyFrames(shape=first.shape, dtype=first.dtype, frames=chain((first,), mattes))
