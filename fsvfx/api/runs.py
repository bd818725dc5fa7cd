"""Running, planning and checking shots from Python: what ``fsvfx submit``, ``plan``, ``status`` and ``verify`` do."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from fsvfx import delivery, executors, runner
from fsvfx.api.progress import Progress, observer_of
from fsvfx.api.readiness import cleared, finished_of, frames_of, jobs_of, plans_of, ready
from fsvfx.api.results import PlanResult, RunResult, ShotResult, StatusResult, VerifyResult
from fsvfx.errors import FsvfxError, InputError
from fsvfx.executors import Executor
from fsvfx.qc.summary import summary
from fsvfx.runner.causes import refused
from fsvfx.runner.graph import jobs_with
from fsvfx.runner.shot import run_shot
from fsvfx.store import open_data, open_store
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.outcome import Outcome

log = logging.getLogger(__name__)


def run(
    manifest: str | Path,
    *,
    executor: str | Executor = "processes",
    workers: int = 0,
    shots: Sequence[str] = (),
    frames: FrameRange | str | None = None,
    stages: Sequence[str] = (),
    until: str | None = None,
    store: str | Path | None = None,
    replace: bool = False,
    progress: Callable[[Progress], object] | bool = False,
) -> RunResult:
    """Run the unfinished work of a manifest's shots.

    Args:
        manifest: the shot manifest (YAML).
        executor: ``serial`` (this process), ``processes`` (of its own), ``dask``, the name of an installed one, or an
            Executor.
        workers: number of processes; 0: as set by ``FSVFX_WORKERS``, otherwise one per core.
        shots: only these; default: all.
        frames: only the chunks of these frames, with what they need, such as ``1010-1033``.
        stages: repeat these even if they are done (on ``frames``, if given), and what depends on them.
        until: the last stage to run; default: all.
        store: replaces the manifest's store: a folder or ``s3://bucket/prefix``.
        replace: overwrite existing files that the shot did not deliver.
        progress: True shows bars or lines on standard error; a function gets a ``Progress`` after each step.

    Returns:
        How every shot ended. A failed chunk does not raise an exception: see ``RunResult.ok`` and ``failures``.

    Raises:
        ManifestError, InputError: the manifest, or an argument, is wrong.
        RightsError: consent or licences do not cover it.
        PreflightError: no shot can run; it lists every problem.
        MachineError, StoreError: the machine or the store failed as a whole.
    """
    begun, limits = time.monotonic(), _range(frames)
    jobs = cleared(jobs_with(_jobs(manifest, shots, store, replace), limits, stages))
    whole = plans_of(jobs)
    found = ready(jobs, Path(manifest), [] if stages else finished_of(whole), whole)
    ended = {outcome.shot: outcome for outcome in found.finished}
    chosen = executors.executor(executor, workers) if isinstance(executor, str) else executor
    if found.able:
        with chosen:
            ended |= run_all(
                found.able, lambda job: _run(job, chosen, progress, limits, stages, until), alone=len(jobs) == 1
            )
    results = tuple(_result(job, ended[job.shot.name]) for job in jobs if job.shot.name in ended)
    troubles = {name: tuple(one) for name, one in found.refused.items()}
    return RunResult(results, troubles, round(time.monotonic() - begun, 2))


def plan(
    manifest: str | Path,
    *,
    shots: Sequence[str] = (),
    frames: FrameRange | str | None = None,
    stages: Sequence[str] = (),
    until: str | None = None,
    store: str | Path | None = None,
) -> PlanResult:
    """What a run would do, what it would cost, and what would prevent it. Writes nothing. Arguments as for ``run``.

    Raises ManifestError, InputError, RightsError, StoreError; PreflightError if no shot can run.
    """
    limits = _range(frames)
    jobs = cleared(jobs_with(_jobs(manifest, shots, store), limits, stages))
    whole = plans_of(jobs)
    found = ready(jobs, Path(manifest), finished_of(whole), whole)
    able = {outcome.shot for outcome in found.finished} | {job.shot.name for job in found.able}
    if limits or stages or until:
        whole = {}
    plans = (
        whole.get(job.shot.name) or runner.plan(job, frames=limits, stages=stages, until=until)
        for job in jobs
        if job.shot.name in able
    )
    return PlanResult(tuple(plans), {name: one for name, one in found.troubles.items() if one})


def status(manifest: str | Path, *, shots: Sequence[str] = (), store: str | Path | None = None) -> StatusResult:
    """The state of every stage of every chunk, by the ledger. Raises ManifestError, InputError, StoreError."""
    with runner.uncollected():
        return StatusResult(tuple(runner.plan(job) for job in _jobs(manifest, shots, store)))


def verify(manifest: str | Path, *, shots: Sequence[str] = (), store: str | Path | None = None) -> VerifyResult:
    """Read every byte of store and deliverables again, and compare. Raises ManifestError, InputError, StoreError."""
    jobs = _jobs(manifest, shots, store)
    return VerifyResult(
        {job.shot.name: (*runner.verify(job), *delivery.verify_deliverables(job)) for job in jobs},
        {job.shot.name: tuple(delivery.delivery_notes(job)) for job in jobs},
    )


def _jobs(manifest: str | Path, shots: Sequence[str], store: str | Path | None, replace: bool = False) -> list[ShotJob]:
    if isinstance(shots, str):
        shots = (shots,)
    return jobs_of(Path(manifest), shots, None if store is None else str(store), replace=replace)


def _range(frames: FrameRange | str | None) -> FrameRange | None:
    return frames_of(frames) if isinstance(frames, str) else frames


def _run(
    job: ShotJob,
    executor: Executor,
    progress: Callable[[Progress], object] | bool,
    frames: FrameRange | None,
    stages: Sequence[str],
    until: str | None,
) -> Outcome:
    begun = time.monotonic()
    after = run_shot(job, executor, observer_of(progress), frames=frames, stages=stages, until=until)
    outcome = after.outcome(seconds=time.monotonic() - begun)
    log.info("%s: %s, %d of %d steps", outcome.shot, outcome.state, outcome.done, outcome.total)
    return outcome


def run_all(jobs: Sequence[ShotJob], one: Callable[[ShotJob], Outcome], alone: bool) -> dict[str, Outcome]:
    """One shot after the other, by name; a shot's error is raised after all have run. A shot's wrong input counts as
    its own failure, unless it is ``alone``."""
    ended: dict[str, Outcome] = {}
    errors: list[FsvfxError] = []
    for job in jobs:
        try:
            ended[job.shot.name] = one(job)
        except InputError as error:
            if alone:
                raise
            ended[job.shot.name] = refused(job, error)
        except FsvfxError as error:
            errors.append(error)
    if errors:
        raise errors[0]
    return ended


def _result(job: ShotJob, outcome: Outcome) -> ShotResult:
    """With the ledger's data on it."""
    try:
        receipts = runner.plan(job).final.values()
    except InputError:
        return ShotResult(outcome)
    files = sorted({Path(file.path) for one in receipts for file in one.files})
    measured = [one for one in receipts if one.stage == "measure"]
    data = open_data(open_store(job), measured) if measured else None
    return ShotResult(outcome, tuple(files), summary(data))
