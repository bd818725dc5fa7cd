"""ingest: the plate's frames into the store, at their native depth, in the plate's color space."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from fsvfx.arrays import Array, LazyFrames, Result
from fsvfx.errors import MachineError
from fsvfx.stages.contract import Resources, Stage, StageSettings, Work
from fsvfx.stages.outputs import Outputs, spec
from schemas.job import ShotJob
from schemas.receipts import Unit


class IngestSettings(StageSettings):
    """Only the color space: the pixels are covered by the source's fingerprint, whatever the file's name."""

    color_space: str


class IngestStage(Stage[IngestSettings]):
    """``frames`` (n, H, W, 3): RGB, uint8, uint16 or float16, as the plate has them; one frame in memory at a time."""

    name = "ingest"
    version = 3
    resources = Resources(cpu=1, memory_mib=1024)
    alike = True
    reads_media = True
    may_be_waived = False
    outputs = Outputs({"frames": spec("H W 3", "uint8", "uint16", "float16")})

    def settings(self, job: ShotJob, unit: Unit) -> IngestSettings:
        return IngestSettings(color_space=job.shot.plate.color_space)

    def run(self, work: Work[IngestSettings]) -> Result:
        if work.source is None:
            raise MachineError("ingest has no plate to read", hint="Report it: the runner must open the source")
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
