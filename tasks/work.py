"""One Prefect task per stage: receipts in, receipt out. All the work is in ``fsvfx.runner.run_unit``."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from prefect import Task, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.tasks import exponential_backoff

from fsvfx import rights, runner
from fsvfx.errors import FsvfxError, IncompleteError
from fsvfx.runner import Step
from schemas.job import ShotJob
from schemas.receipts import Receipt, Unit

RETRIES = 4
FIRST_PAUSE = 2.0
"""Seconds before the first retry; each later one waits twice as long: half a minute in all."""


class StepsFailed(FsvfxError):
    """Some steps of a task with several failed; ``receipts`` are those of the others."""

    def __init__(self, errors: Mapping[Step, Exception], receipts: Sequence[Receipt]) -> None:
        said = "; ".join(f"{step}: {error}" for step, error in errors.items())
        passing = any(_passes(error) for error in errors.values())
        super().__init__(f"{len(errors)} steps failed: {said}", hint="See each cause", transient=passing)
        self.errors = tuple(errors.items())
        self.receipts = tuple(receipts)


def is_transient(_task: Any, _run: Any, state: Any) -> bool:
    """Whether the error in ``state`` may pass if tried again; every other error fails at once."""
    try:
        state.result()
    except Exception as error:
        return _passes(error)
    return False


def run_steps(job: ShotJob, label: str, steps: Sequence[Step], given: Sequence[Receipt]) -> list[Receipt]:
    """Do ``steps`` in turn and return their receipts.

    ``given``: receipts of inputs from outside. A failed step stops only those that need it. ``label`` names the run.
    """
    held = {(receipt.stage, receipt.unit): receipt for receipt in given}
    done: list[Receipt] = []
    failed: dict[Step, Exception] = {}
    for stage, unit in steps:
        inputs = [held[source] for source in runner.inputs_of(stage, unit, job) if source in held]
        try:
            receipt = _run_step(job, stage, unit, inputs)
        except Exception as error:
            if len(steps) == 1:
                raise
            if not isinstance(error, IncompleteError):  # that one only waits for what failed before it
                failed[Step(stage, unit)] = error
        else:
            held[stage, unit] = receipt
            done.append(receipt)
    if failed:
        raise StepsFailed(failed, done)
    return done


@lru_cache
def stage_task(stage: str) -> Task[..., list[Receipt]]:
    """The task of ``stage``; its runs are named by their label, such as ``swap 1025-1048``.

    No tags: for each of them Prefect asks the server for a place before a run, and waits for it (0.1 s, at times 2 s).
    """
    named: Task[..., list[Receipt]] = _task.with_options(name=stage)
    return named


RETRIED: dict[str, Any] = {
    "cache_policy": NO_CACHE,  # the ledger knows what is done
    "persist_result": False,
    "retries": RETRIES,
    "retry_delay_seconds": exponential_backoff(FIRST_PAUSE),
    "retry_jitter_factor": 0.5,
    "retry_condition_fn": is_transient,
}
"""Of every task whose work a ledger keeps."""
_task: Any = task(task_run_name="{label}", **RETRIED)(run_steps)


def _run_step(job: ShotJob, stage: str, unit: Unit, inputs: Sequence[Receipt]) -> Receipt:
    extra = {"shot": job.shot.name, "stage": stage, "chunk": unit.name}
    log = logging.LoggerAdapter(get_run_logger(), extra)
    if stage == "deliver":
        rights.clear(job)  # consent may have been revoked since the run began
    receipt = runner.run_unit(job, stage, unit, inputs, report=log.info)
    log.info("%s %s: done in %.1f s on %s, %s", stage, unit.name, receipt.seconds, receipt.device, receipt.digest[:12])
    return receipt


def _passes(error: Exception) -> bool:
    return isinstance(error, FsvfxError) and error.transient
