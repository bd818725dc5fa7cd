"""Small stages for the runner's tests: numbers instead of faces. Each run is written down, so tests can count them.

ingest -> detect (halo 1) -> track (shot, parts) -> align -> deliver's stand-in is left out. The plate is a text file
with one number per frame; ``TOY_*`` variables make stages slow, hold them while a file exists, or make them fail.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import numpy as np

from fsvfx.arrays import Array, LazyFrames, Result
from fsvfx.errors import MachineError, PlateError, Where
from fsvfx.runner import Step, dag
from fsvfx.runner import steps as library_steps
from fsvfx.stages.contract import Need, Stage, StageSettings, Work
from schemas.composite import Composite
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.manifest import Person, Plate, Shot
from schemas.receipts import Receipt, Unit

NAMES = {"ingest": "Ingest", "detect": "Detect", "track": "Track", "align": "Align"}
PATHS = {
    **{name: f"toy_stages:{kind}" for name, kind in NAMES.items()},
    "deliver": "fsvfx.stages.deliver:DeliverStage",
}
LONGER = {name: f"toy_stages:{kind}" for name, kind in {**NAMES, "swap": "Swap"}.items()} | {
    "deliver": PATHS["deliver"]
}
"""With a stage that one task does together with ``align``."""
KEEPING = {**LONGER, "composite": "toy_stages:Blend"}
"""With arrays that only one task uses: those of ``align`` and ``swap``."""
SHAPE = (120, 200, 3)
"""Large enough for one Zarr chunk per frame."""


Runs = Callable[[], list[str]]
"""What has run since the last call, as ``stage unit``."""


class RunAll(Protocol):
    """Runs every unit whose required inputs are there, in order; what fails goes into ``errors``."""

    errors: dict[tuple[str, str], Exception]

    def __call__(self, job: ShotJob) -> dict[tuple[str, Unit], Receipt]: ...


class ToySettings(StageSettings):
    min_score: float = 0.0
    feather: tuple[float, ...] = ()


class Toy(Stage[ToySettings]):
    version = 1

    def settings(self, job: ShotJob, unit: Unit) -> ToySettings:
        return ToySettings()

    def run(self, work: Work[ToySettings]) -> Result:
        log = os.environ.get("TOY_LOG")
        if log:
            with Path(log).open("a") as file:
                file.write(f"{self.name} {work.unit.name} {os.getpid()}\n")
        time.sleep(float(os.environ.get(f"TOY_SLOW_{self.name.upper()}", "0")))
        while Path(os.environ.get(f"TOY_HOLD_{self.name.upper()}", "")).is_file():
            time.sleep(0.1)
        step = f"{self.name} {work.unit.name}"
        if os.environ.get("TOY_FAIL") == step:
            raise RuntimeError("toy fault")
        if os.environ.get("TOY_FLAKY") == step and begun(step) < 3:
            raise MachineError("toy network", hint="Wait", transient=True)
        if os.environ.get("TOY_DIES") == step and begun(step) <= int(os.environ.get("TOY_DEATHS", "1")):
            os.kill(os.getpid(), signal.SIGKILL)
        return self.make(work)

    def make(self, work: Work[ToySettings]) -> Result:
        raise NotImplementedError


def begun(step: str) -> int:
    """How often the step has begun, by the log."""
    return sum(line.startswith(f"{step} ") for line in Path(os.environ["TOY_LOG"]).read_text().splitlines())


class References(Toy):
    name = "references"
    scope = "person"

    def make(self, work: Work[ToySettings]) -> Result:
        return Result(frames={"crops": np.zeros((2, 3), np.float16)})


class Ingest(Toy):
    name = "ingest"
    reads_media = True

    def make(self, work: Work[ToySettings]) -> Result:
        assert work.source is not None
        return Result(frames={"frames": LazyFrames(SHAPE, np.dtype(np.uint8), work.source.pictures())})


class Detect(Toy):
    name = "detect"
    needs = (Need("ingest", halo=1),)

    def settings(self, job: ShotJob, unit: Unit) -> ToySettings:
        return ToySettings(min_score=job.shot.faces.min_score)

    def make(self, work: Work[ToySettings]) -> Result:
        plate = work.inputs["ingest"]
        values = [int(plate.frame("frames", number)[0, 0, 0]) for number in work.frames]
        seen = {number: int(plate.frame("frames", number)[0, 0, 0]) for number in plate.numbers}
        faces = {
            "frame": np.array(work.frames),
            "level": np.array(values),
            "around": np.full(len(values), sum(seen.values())),
        }
        return Result(tables={"faces": faces}, qc={"faces": len(values)})


class Track(Toy):
    name = "track"
    scope = "shot"
    needs = (Need("detect", of="all"),)

    def make(self, work: Work[ToySettings]) -> Result:
        faces = work.inputs["detect"].table("faces")
        parts = {}
        for first in range(work.frames[0], work.frames[-1] + 1, 4):
            rows = (faces["frame"] >= first) & (faces["frame"] < first + 4)
            last = min(first + 3, work.frames[-1])
            parts[f"{first}-{last}"] = Result(tables={"r0": {name: column[rows] for name, column in faces.items()}})
        return Result(tables={"tracks": {"frame": np.asarray(faces["frame"])}}, parts=parts)


class Align(Toy):
    name = "align"
    intermediate = True
    needs = (Need("ingest"), Need("track"))

    def settings(self, job: ShotJob, unit: Unit) -> ToySettings:
        assert unit.chunk is not None
        return ToySettings(feather=tuple(job.shot.composite.at(frame).feather for frame in unit.chunk.frames))

    def make(self, work: Work[ToySettings]) -> Result:
        rows = work.inputs["track"].table("r0")
        levels = dict(zip(rows["frame"].tolist(), rows["level"].tolist()))
        return Result(frames={"r0/level": np.array([levels.get(number, -1) for number in work.frames])})


class Swap(Toy):
    name = "swap"
    intermediate = True
    needs = (Need("align"),)

    def make(self, work: Work[ToySettings]) -> Result:
        return Result(frames={"r0/level": work.inputs["align"].frames("r0/level") + 1})


class Blend(Toy):
    name = "composite"
    needs = (Need("align"), Need("swap"))

    def settings(self, job: ShotJob, unit: Unit) -> ToySettings:
        return ToySettings(feather=(job.shot.composite.erode,))

    def make(self, work: Work[ToySettings]) -> Result:
        levels = work.inputs["align"].frames("r0/level") + work.inputs["swap"].frames("r0/level")
        return Result(frames={"r0/patch": levels * 2 + int(work.settings.feather[0])})


class ToyPlate:
    """The text file's numbers as flat frames; ``x`` is a frame that can't be read."""

    def __init__(self, path: str, numbers: range) -> None:
        self._path = path
        self._numbers = numbers

    def _levels(self) -> dict[int, str]:
        return dict(enumerate(Path(self._path).read_text().split(), start=1001))

    def fingerprint(self) -> dict[str, str]:
        levels = self._levels()
        return {str(number): levels[number] for number in self._numbers}

    def pictures(self) -> Iterator[Array]:
        levels = self._levels()
        for number in self._numbers:
            if levels[number] == "x":
                raise PlateError(f"Frame {number} is corrupt", hint="Fix it", where=Where(frames=FrameRange([number])))
            picture = np.full(SHAPE, int(levels[number]), np.uint8)
            yield picture


def source_for(job: ShotJob, unit: Unit, stage: str = "", plate: object = None) -> ToyPlate:
    assert unit.chunk is not None
    return ToyPlate(job.shot.plate.path, unit.chunk.frames)


def toy_job(store: str, plate: Path, *, last: int = 1012, run_id: str = "run-1", min_score: float = 0.5) -> ShotJob:
    """Chunks of 4 frames from 1001."""
    people = {"a": Person(consent="a.yaml")}
    frames = FrameRange.span(1001, last)
    shot = Shot(
        name="sh01",
        plate=Plate(path=str(plate), frames=frames, color_space="sRGB"),
        chunk_size=4,
        composite=Composite(),
        faces={"min_score": min_score},
    )
    return ShotJob(
        production="toy", shot=shot, people=people, deliver=(), store=store, colour_config="none",
        manifest="toy.yaml", run_id=run_id, rights=f"rights-{datetime.now(UTC).year}",
    )  # fmt: skip


def run_steps(
    job: ShotJob, steps: Sequence[Step], given: Sequence[Receipt], passed_on: Sequence[Step] = ()
) -> list[Receipt]:
    """As the library's, on a worker that knows no toys yet. ``toys.json`` beside the plate has ``TOY_*`` variables for
    workers that are older than their test."""
    own = Path(job.shot.plate.path).with_name("toys.json")
    if own.exists():
        for name in [name for name in os.environ if name.startswith("TOY_")]:
            del os.environ[name]
        os.environ.update(json.loads(own.read_text()))
    paths = LONGER if "TOY_LONGER" in os.environ else PATHS
    if paths != dag.PATHS:
        install(paths)
    return library_steps.run_steps(job, steps, given, passed_on)


def install(paths: Mapping[str, str] = PATHS) -> None:
    """In a process of its own: put the toy stages and plate in place of the real ones."""
    from fsvfx import media
    from fsvfx.preflight import checks

    checks.CHECKS = ()  # toy plates are no pictures
    dag.PATHS.clear()
    dag.PATHS.update(paths)
    media.source_for = source_for
