"""What dies in mid-run, on real worker processes: no frame is lost, nothing that was committed is done again, and only
what kills is blamed. With ``FSVFX_FAULTS=FILE`` the figures are written there as the table of docs/faults.md."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
import toy_stages

from fsvfx import media
from fsvfx.errors import ExitCode, MachineError
from fsvfx.executors import Executor
from fsvfx.executors.dask import Dask
from fsvfx.executors.processes import Processes
from fsvfx.runner import Plan, Step, dag, drive, plan
from fsvfx.runner.drive import Silent, run_plan
from schemas.job import ShotJob

CHUNKS = ("1001-1004", "1005-1008", "1009-1012")
STAGES = ("ingest", "detect", "align", "swap")
EVERYTHING = sorted([*(f"{stage} {chunk}" for stage in STAGES for chunk in CHUNKS), "track shot"])
MAKERS: dict[str, Callable[[], Executor]] = {
    "dask, 1 worker": lambda: Dask(1),
    "dask, 2 workers": lambda: Dask(2),
    "processes, 1 worker": lambda: Processes(1),
    "processes, 2 workers": lambda: Processes(2),
}
TABLE = os.environ.get("FSVFX_FAULTS")


@pytest.fixture(scope="module")
def executors() -> Iterator[Callable[[str], Executor]]:
    """By name; each lives as long as the file."""
    made: dict[str, Executor] = {}
    with ExitStack() as stack:

        def named(name: str) -> Executor:
            if name not in made:
                made[name] = stack.enter_context(MAKERS[name]())
            return made[name]

        yield named


@pytest.fixture(params=MAKERS)
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(autouse=True)
def toys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dag, "PATHS", dict(toy_stages.LONGER))
    monkeypatch.setattr(media, "source_for", toy_stages.source_for)
    monkeypatch.setattr(drive, "run_steps", toy_stages.run_steps)
    monkeypatch.setattr(drive, "FIRST_PAUSE", 0.01)


@dataclass
class Shot:
    """A toy shot, and what ran of it."""

    folder: Path
    job: ShotJob
    seconds: float = 0.0
    errors: dict[Step, Exception] = field(default_factory=dict)

    def toys(self, **more: str) -> None:
        said = {"TOY_LONGER": "1", "TOY_LOG": str(self.folder / "runs.log"), **more}
        (self.folder / "toys.json").write_text(json.dumps(said))

    def run(self, executor: Executor, observer: Any = None, **more: str) -> Plan:
        self.toys(**more)
        begun = time.monotonic()
        ran = run_plan(plan(self.job), executor, observer or Silent())
        self.seconds = time.monotonic() - begun
        self.errors = dict(ran.errors)
        return ran.plan

    def began(self) -> list[tuple[str, int]]:
        """Each stage that has begun, with its process."""
        log = self.folder / "runs.log"
        lines = [line.rpartition(" ") for line in log.read_text().splitlines()] if log.exists() else []
        return [(step, int(pid)) for step, _, pid in lines]

    def redone(self) -> list[str]:
        """What began more than once."""
        steps = [step for step, _ in self.began()]
        return sorted({step for step in steps if steps.count(step) > 1})


@pytest.fixture
def shot(tmp_path: Path) -> Shot:
    plate = tmp_path / "plate.txt"
    plate.write_text(" ".join(str(10 + i) for i in range(12)))
    return Shot(tmp_path, toy_stages.toy_job(str(tmp_path / "store"), plate))


@pytest.fixture
def row(way: str, shot: Shot) -> Callable[..., None]:
    """Note a line of the table."""

    def note(fault: str, after: Plan, message: str = "", code: ExitCode | None = None) -> None:
        frames = sum(len(step.unit.chunk.frames) for step in after.left if step.unit.chunk and step.stage == "swap")
        chunks = len({step.partition(" ")[2] for step in shot.redone()})
        ended = code if code is not None else ExitCode.PARTIAL if after.left else ExitCode.DONE
        cells = (fault, way, frames, chunks, int(ended), message, f"{shot.seconds:.1f}")
        if TABLE:
            with Path(TABLE).open("a", encoding="utf-8") as file:
                file.write(f"| {' | '.join(map(str, cells))} |\n")

    return note


def committed(after: Plan) -> list[str]:
    return sorted(str(step) for step in after.receipts if step.stage != "deliver")


class When(Silent):
    """Calls a function once, when a task of a stage begins."""

    def __init__(self, stage: str, do: Callable[[], object]) -> None:
        self.stage, self.do, self.is_done = stage, do, False

    def began(self, label: str, steps: Sequence[Step]) -> None:
        if steps[0].stage == self.stage and not self.is_done:
            self.is_done = True
            self.do()


def test_nothing_happens(shot: Shot, way: str, executors: Callable[[str], Executor], row: Callable[..., None]) -> None:
    executor = executors(way)
    after = shot.run(executor)
    assert committed(after) == EVERYTHING
    assert shot.redone() == []
    row("none", after)


@pytest.mark.parametrize("step", ["ingest 1001-1004", "detect 1005-1008", "track shot", "align 1005-1008",
                                  "swap 1009-1012"])  # fmt: skip
def test_a_worker_killed_in_a_stage(
    shot: Shot, way: str, step: str, executors: Callable[[str], Executor], row: Callable[..., None]
) -> None:
    after = shot.run(executors(way), TOY_DIES=step)
    assert committed(after) == EVERYTHING
    assert shot.redone() == [step]
    assert not after.failures
    row(f"worker killed in {step.partition(' ')[0]}", after)


def test_a_chunk_that_kills_every_worker(
    shot: Shot, way: str, executors: Callable[[str], Executor], row: Callable[..., None]
) -> None:
    after = shot.run(executors(way), TOY_DIES="swap 1005-1008", TOY_DEATHS="100")
    [failure] = after.failures
    assert (failure.stage, failure.unit.name, failure.error) == ("swap", "1005-1008", "WorkerLost")
    assert failure.message.endswith("died 4 times; the last one was killed by SIGKILL")
    assert committed(after) == [step for step in EVERYTHING if step != "swap 1005-1008"]
    assert shot.redone() == ["swap 1005-1008"]  # align, of the same task, was committed
    assert [step for step, _ in shot.began()].count("swap 1005-1008") == Executor.TRIES
    assert after.outcome().state == "partial"
    row("chunk kills its worker, each time", after, failure.message)
    assert shot.run(executors(way)).is_complete  # once it is fixed
    assert shot.redone() == ["swap 1005-1008"]


def test_all_workers_killed_at_once(
    shot: Shot, way: str, executors: Callable[[str], Executor], row: Callable[..., None]
) -> None:
    executor = executors(way)

    def kill() -> None:
        until = time.monotonic() + 60
        while not (pids := {pid for step, pid in shot.began() if step.startswith("align")}):
            assert time.monotonic() < until
            time.sleep(0.02)
        for pid in {pid for _, pid in shot.began()} | pids:
            if psutil.pid_exists(pid):
                os.kill(pid, signal.SIGKILL)

    after = shot.run(executor, When("align", kill), TOY_SLOW_ALIGN="0.3")
    assert committed(after) == EVERYTHING
    assert set(shot.redone()) <= {f"align {chunk}" for chunk in CHUNKS}
    row("all workers killed at once", after)


def test_the_template_of_the_workers_killed(
    shot: Shot, way: str, executors: Callable[[str], Executor], row: Callable[..., None]
) -> None:
    executor = executors(way)
    shot.run(executor, TOY_DIES="ingest 1001-1004")  # its workers are there

    def kill() -> None:
        for child in psutil.Process().children():
            with suppress(psutil.Error):  # one that has ended
                if "fsvfx.executors.template" in " ".join(child.cmdline()):
                    child.kill()

    again = Shot(shot.folder, toy_stages.toy_job(str(shot.folder / "another"), shot.folder / "plate.txt"))
    (shot.folder / "runs.log").unlink()
    after = again.run(executor, When("detect", kill), TOY_DIES="swap 1005-1008")
    assert committed(after) == EVERYTHING
    assert again.redone() == ["swap 1005-1008"]
    shot.seconds = again.seconds
    row("the workers' template killed (Dask's nannies before), then a worker", after)


@pytest.mark.parametrize("way", ["dask, 1 worker", "dask, 2 workers"])
def test_the_scheduler_dies(
    shot: Shot, way: str, executors: Callable[[str], Executor], row: Callable[..., None]
) -> None:
    executor: Any = executors(way)
    dead = executor._cluster

    def kill() -> None:
        dead.sync(dead.scheduler.close)

    after = shot.run(executor, When("align", kill), TOY_SLOW_ALIGN="0.2")
    assert committed(after) == EVERYTHING
    assert executor._cluster is not dead
    row("Dask's scheduler dies", after)


DIES_AT_START = """\
import os, signal, sys
print("no licence for this", file=sys.stderr, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_workers_that_die_as_they_start(
    shot: Shot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, row: Callable[..., None], way: str
) -> None:
    if "1 worker" not in way:
        pytest.skip("one is enough")
    (tmp_path / "dies_at_start.py").write_text(DIES_AT_START)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr("fsvfx.executors.dask_cluster.FIRST_PAUSE", 0.05)
    executor = Dask(1, preload="dies_at_start") if way.startswith("dask") else Processes(1, preload="dies_at_start")
    begun = time.monotonic()
    with pytest.raises(MachineError, match="no licence for this") as told, executor:
        shot.run(executor)
    shot.seconds = time.monotonic() - begun
    row("workers die as they start", plan(shot.job), told.value.what.splitlines()[0], told.value.exit_code)
