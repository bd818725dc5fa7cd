"""What one task does on a worker: consecutive steps, receipts in, receipts out."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence

from fsvfx import rights
from fsvfx.errors import FsvfxError, IncompleteError
from fsvfx.printable import counted
from fsvfx.runner.dag import inputs_of
from fsvfx.runner.execute import run_unit
from fsvfx.runner.graph import Step
from fsvfx.runner.workplace import Workplace
from schemas.job import ShotJob
from schemas.receipts import Receipt

log = logging.getLogger(__name__)


class StepsFailed(FsvfxError):
    """Some steps of a task with several failed; ``receipts`` are those of the others."""

    def __init__(self, errors: Mapping[Step, Exception], receipts: Sequence[Receipt]) -> None:
        said = "; ".join(f"{step}: {error}" for step, error in errors.items())
        passing = any(is_transient(error) for error in errors.values())
        super().__init__(f"{counted(len(errors), 'step')} failed: {said}", hint="See each cause", transient=passing)
        self.errors = tuple(errors.items())
        self.receipts = tuple(receipts)


def is_transient(error: Exception) -> bool:
    """Whether a retry may succeed."""
    return isinstance(error, FsvfxError) and error.transient


def run_steps(
    job: ShotJob, steps: Sequence[Step], given: Sequence[Receipt], passed_on: Collection[Step] = ()
) -> list[Receipt]:
    """Do ``steps`` in turn and return their receipts. ``given``: receipts of inputs from outside. ``passed_on``: the
    steps whose arrays only the others read, so that they need not be kept.

    The next stage finds a stage's output in memory. A failed step stops only those that need it. Raises the error of a
    single step, StepsFailed for several.
    """
    place = Workplace.of(job, hands_on=steps[0].unit.chunk is not None)
    held = {Step(receipt.stage, receipt.unit): receipt for receipt in given}
    last = steps[0].unit
    done: list[Receipt] = []
    failed: dict[Step, Exception] = {}
    for step in steps:
        if step.unit != last:  # nobody reads the arrays of the chunk before
            place.forget()
            last = step.unit
        inputs = [held[Step(*source)] for source in inputs_of(step.stage, step.unit, job) if Step(*source) in held]
        try:
            receipt = _run_step(place, step, inputs, list(held.values()), keep=step not in passed_on)
        except Exception as error:
            if len(steps) == 1:
                raise
            if not isinstance(error, IncompleteError):  # that one only waits for what failed before it
                failed[step] = error
        else:
            held[step] = receipt
            done.append(receipt)
    if failed:
        raise StepsFailed(failed, done)
    return done


def _run_step(
    place: Workplace, step: Step, inputs: Sequence[Receipt], known: Sequence[Receipt], *, keep: bool
) -> Receipt:
    if step.stage == "deliver":
        rights.clear(place.job)  # consent may have been revoked since the run began
    receipt = run_unit(place.job, step.stage, step.unit, inputs, report=log.info, place=place, known=known, keep=keep)
    log.info("%s: done in %.1f s on %s, %s", step, receipt.seconds, receipt.device, receipt.digest[:12])
    return receipt
