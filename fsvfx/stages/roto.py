"""roto: external mattes of the entries that have one, in the plate's frame."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any, ClassVar

from pydantic import JsonValue

from fsvfx.arrays import Array, LazyFrames, Result, Source
from fsvfx.errors import MachineError
from fsvfx.stages.contract import Resources, Stage, Work
from schemas.job import ShotJob
from schemas.receipts import Unit


class RotoStage(Stage):
    """``rN/roto`` (n, H, W): float16 in [0, 1], pixel on pixel with the plate; one frame in memory at a time."""

    name: ClassVar[str] = "roto"
    version: ClassVar[int] = 1
    resources: ClassVar[Resources] = Resources(cpu=1, memory_mib=1024)
    reads_media: ClassVar[bool] = True

    def is_wanted(self, job: ShotJob) -> bool:
        return any(entry.roto for entry in job.shot.replace)

    def parameters(self, job: ShotJob, unit: Unit) -> dict[str, JsonValue]:
        """Which entries have one, and the layer; what the mattes are is in the source's fingerprint."""
        layers = {f"r{index}": entry.roto_layer for index, entry in enumerate(job.shot.replace) if entry.roto}
        return {"layers": dict(layers)}

    def run(self, work: Work) -> Result:
        if work.source is None:
            raise MachineError("roto was given no mattes to read", hint="Report it: the runner must open the source")
        layers: Any = work.parameters["layers"]
        return Result(frames={f"{entry}/roto": _lazy(work.source, entry) for entry in layers})


def _lazy(source: Source, entry: str) -> LazyFrames:
    mattes: Iterator[Array] = source.pictures(entry)
    first = next(mattes)
    return LazyFrames(shape=first.shape, dtype=first.dtype, frames=chain((first,), mattes))
