"""ingest: the plate's frames into the store, at their native depth, in the plate's colour space."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import ClassVar, Literal

from pydantic import JsonValue

from fsvfx.arrays import Array, LazyFrames, Result
from fsvfx.errors import MachineError
from fsvfx.stages.contract import Resources, Stage, Work
from schemas.job import ShotJob
from schemas.receipts import Unit


class IngestStage(Stage):
    """``frames`` (n, H, W, 3): RGB, uint8, uint16 or float16, as the plate has them; one frame in memory at a time."""

    name: ClassVar[str] = "ingest"
    version: ClassVar[int] = 2
    scope: ClassVar[Literal["chunk", "shot", "person"]] = "chunk"
    resources: ClassVar[Resources] = Resources(cpu=1, memory_mib=1024)
    reads_media: ClassVar[bool] = True

    def parameters(self, job: ShotJob, unit: Unit) -> dict[str, JsonValue]:
        """The colour space only: what the pixels are is in the source's fingerprint, whatever the file is called."""
        return {"color_space": job.shot.plate.color_space}

    def run(self, work: Work) -> Result:
        if work.source is None:
            raise MachineError("ingest was given no plate to read", hint="Report it: the runner must open the source")
        pictures = work.source.pictures()
        first = next(pictures)
        lazy = LazyFrames(
            shape=first.shape,
            dtype=first.dtype,
            frames=_counted(chain((first,), pictures), len(work.frames)),
        )
        return Result(frames={"frames": lazy})


def _counted(pictures: Iterator[Array], wanted: int) -> Iterator[Array]:
    given = 0
    for picture in pictures:
        given += 1
        yield picture

    if given != wanted:
        what = f"the plate gave {given} frames of {wanted}"
        raise MachineError(what, hint="Report it: a reader must give all or fail")
