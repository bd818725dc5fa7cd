"""From the command line to the flows: in this process, in a separate one, or on a deployment."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from flows import server
from flows.watch import watching
from fsvfx.disk import cache
from fsvfx.executors.schedulers import check_scheduler
from fsvfx.settings import machine
from schemas.outcome import Outcome
from schemas.training import TrainingOutcome

if TYPE_CHECKING:
    from flows.watch import Watcher
    from fsvfx.executors import Executor
    from fsvfx.executors.spawned import Template
    from schemas.job import ShotJob
    from tasks.teller import Teller

DEPLOYMENT = "job/job"


@dataclass(frozen=True)
class Request:
    """A run to start: parameters of the flow ``job``."""

    manifest: Path
    shots: tuple[str, ...]
    store: str | None = None
    frames: str | None = None
    redo: tuple[str, ...] = ()
    until: str | None = None
    replace: bool = False

    @property
    def parameters(self) -> dict[str, Any]:
        return {
            "manifest": str(self.manifest.resolve()),
            "shots": list(self.shots),
            "store": self.store,
            "frames": self.frames,
            "redo": list(self.redo),
            "until": self.until,
            "replace": self.replace,
        }


@dataclass(frozen=True)
class Left:
    """A run that continues without this process."""

    ui: str
    how: str
    """``deployment`` or ``process``."""
    flow_run: str | None = None
    pid: int | None = None
    log: Path | None = None


def ahead(workers: int) -> AbstractContextManager[Template | None]:
    """The template process of a run's workers, importing while the shots are checked; None: they run elsewhere."""
    settings = machine()
    check_scheduler(settings)
    if settings.scheduler:
        return nullcontext()
    from fsvfx.executors.dask_ahead import ahead

    return closing(ahead(workers))


def here(
    request: Request,
    jobs: Sequence[ShotJob],
    workers: int,
    out: Console,
    show: bool = True,
    begun: Template | None = None,
) -> list[Outcome]:
    """Run ``jobs``, the shots of ``request``, in this process and its Dask workers. Prefect is informed in the
    background.

    ``begun``: the workers' template process, if that has started. Raises FsvfxError; an outcome may be partial.
    """
    check_scheduler(machine())
    prefect = server.begin()
    if show:
        out.print(f"Prefect's UI: {prefect.shown_to(out.is_terminal)}")
    from flows import told  # while the server starts
    from fsvfx.api.runs import run_all
    from fsvfx.executors.dask import Dask
    from tasks.rest import Api
    from tasks.teller import Teller

    limits = told.Limits(request.frames, request.redo, request.until, request.replace)
    with (
        watching(out, show) as watcher,
        Teller(Api.of_environment, out.print) as teller,  # it may still be reporting when the workers have ended
        Dask(workers, begun=begun) as executor,
    ):
        ended = run_all(jobs, lambda job: told.run_told(job, limits, executor, teller, watcher), alone=len(jobs) == 1)
    if show and prefect.pid is not None:
        out.print("The workers have ended. Prefect's server keeps running, for the UI; to stop it: fsvfx up --stop")
    return list(ended.values())


def training_here(
    manifest: Path, store: str | None, gpus: int, workers: int, out: Console, show: bool = True
) -> TrainingOutcome:
    """Train in this process and its Dask workers. Raises FsvfxError; the outcome may be partial."""
    with _told_here(workers, out, show) as (executor, teller, watcher):
        from flows.told_training import train_told

        return train_told(str(manifest.resolve()), store, gpus, executor, teller, watcher)


def facesets_here(manifest: Path, store: str | None, workers: int, out: Console, show: bool = True) -> TrainingOutcome:
    """Build a training's facesets in the same way. Raises FsvfxError; the outcome may be partial."""
    with _told_here(workers, out, show) as (executor, teller, watcher):
        from flows.told_training import facesets_told

        return facesets_told(str(manifest.resolve()), store, executor, teller, watcher)


@contextmanager
def _told_here(workers: int, out: Console, show: bool) -> Iterator[tuple[Executor, Teller, Watcher]]:
    check_scheduler(machine())
    prefect = server.begin()
    if show:
        out.print(f"Prefect's UI: {prefect.shown_to(out.is_terminal)}")
    import flows.told_training  # noqa: F401 - while the server starts
    from fsvfx.executors.dask import Dask
    from tasks.rest import Api
    from tasks.teller import Teller

    with (
        watching(out, show) as watcher,
        Teller(Api.of_environment, out.print) as teller,
        Dask(workers) as executor,
    ):
        yield executor, teller, watcher


def elsewhere(request: Request) -> Left | None:
    """Pass it to a Prefect deployment, if the server in ``PREFECT_API_URL`` has one."""
    if "PREFECT_API_URL" not in os.environ:
        return None
    prefect = server.wait(server.begin(), patience=20)
    from prefect.client.orchestration import get_client
    from prefect.deployments import run_deployment
    from prefect.exceptions import ObjectNotFound

    with get_client(sync_client=True) as client:
        try:
            client.read_deployment_by_name(DEPLOYMENT)
        except ObjectNotFound:
            return None
    run: Any = run_deployment(DEPLOYMENT, parameters=request.parameters, timeout=0, as_subflow=False)
    return Left(ui=prefect.ui, how="deployment", flow_run=str(run.id))


def detached(request: Request, workers: int) -> Left:
    """Start a process that runs it and outlives this one. Raises MachineError."""
    check_scheduler(machine())
    prefect = server.begin()  # not needed for the run itself
    folder = cache("logs")
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{request.manifest.stem}-{os.getpid()}.log"
    command = [sys.executable, "-P", "-m", "flows.cli", *_as_arguments(request), "--workers", str(workers)]
    with log.open("wb") as sink:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, start_new_session=True)
    return Left(ui=prefect.ui, how="process", pid=child.pid, log=log)


def _as_arguments(request: Request) -> Sequence[str]:
    words = ["submit", str(request.manifest.resolve()), "--wait"]
    for name in request.shots:
        words += ["--shot", name]
    words += ["--store", request.store] if request.store else []
    return [*words, "--replace"] if request.replace else words
