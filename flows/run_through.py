"""Runs what is not done of a shot, or of footage for a training, on the flow run's workers."""

from __future__ import annotations

from typing import Any

from prefect.context import FlowRunContext
from prefect.task_runners import TaskRunner

from flows import artifacts
from flows.drive import Drive
from flows.watch import WATCHER
from fsvfx.errors import InputError, RightsError
from fsvfx.runner import Plan, plan_again
from fsvfx.runner.bundles import bundles_of
from fsvfx.runner.drive import record_lost


def run_through(before: Plan) -> tuple[Drive, Plan]:
    """Run what ``before`` wants and has not; how it stands then is what the ledger says.

    Errors are kept in the drive, and in the ledger. Raises RightsError: it is refused to all of them.
    """
    drive = _run(before)
    after = plan_again(before)
    if record_lost(after, drive.errors):
        after = plan_again(before)
    refused = [error for error in drive.errors.values() if isinstance(error, RightsError)]
    if refused:
        raise refused[0]
    return drive, after


def raise_wrong_input(drive: Drive) -> None:
    """What is wrong for the whole shot (whose face is it?) is no chunk's failure: running again would not fix it."""
    for step, error in drive.errors.items():
        if isinstance(error, InputError) and step.unit.chunk is None:
            raise error


def task_runner() -> TaskRunner[Any]:
    """Of the flow run that asks."""
    context = FlowRunContext.get()
    if context is None:
        raise RuntimeError("there is no flow run here")
    return context.task_runner


def _run(plan: Plan) -> Drive:
    todo = plan.todo
    watcher = WATCHER.get()
    watcher.begins(plan.job.shot.name, plan.counts())
    total = len(plan.wanted)
    progress = artifacts.Progress(plan.job, total - len(todo), total)
    drive = Drive(
        plan.job,
        plan.graph,
        receipts=plan.final,
        runner=task_runner(),
        watcher=watcher,
        advance=progress.advance,
    )
    drive.run(bundles_of(plan.graph, todo))
    progress.close()
    return drive
