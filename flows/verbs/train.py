"""``fsvfx train``: from footage of people to a model package."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.verbs import output
from flows.verbs.options import AsJson, Store, TrainManifestPath, Workers
from flows.verbs.shots import footage_ready, tell
from fsvfx.errors import ExitCode

if TYPE_CHECKING:
    from schemas.job import TrainJob
    from schemas.training import TrainingOutcome


EXAMPLES = (
    "fsvfx train train.yaml",
    "fsvfx train train.yaml --gpus 2",
)


def run(
    manifest: TrainManifestPath,
    workers: Workers = 0,
    store: Store = None,
    gpus: Annotated[
        int, typer.Option("--gpus", min=0, help="Number of GPUs to train on together; 0: one, if there is one.")
    ] = 0,
    json: AsJson = False,
) -> int:
    """Train an engine on people: footage, facesets, training, package, evaluation. What is done is not run again."""
    from flows.console import console
    from flows.launch import training_here
    from fsvfx import manifests, rights
    from fsvfx.training.folder import check_folder

    job = manifests.training_job(manifest, store=store)
    rights.clear_training(job)
    check_folder(Path(job.folder))
    outcome = standing(job)
    if outcome is None:
        looked = footage_ready(job, manifest)
        if not json:
            tell(looked)
        outcome = training_here(manifest, store, gpus, workers, console(stderr=json), show=not json)
    return ended(outcome, json)


def standing(job: TrainJob) -> TrainingOutcome | None:
    """The outcome of the training if it is finished; None if there is work left."""
    from fsvfx.errors import InputError
    from fsvfx.facesets.lookup import receipts_of
    from fsvfx.training.outcome import as_done
    from fsvfx.training.result import finished

    try:
        done = finished(job, receipts_of(job))
    except InputError:  # a faceset is missing
        return None
    return as_done(job, done) if done else None


def ended(outcome: TrainingOutcome, json: bool) -> int:
    """Report the outcome; returns the exit code."""
    from fsvfx.training.outcome import lines_of

    if json:
        output.as_json(outcome.model_dump(mode="json"))
    else:
        for line in lines_of(outcome):
            (output.command if line.startswith(" ") else output.line)(line)
    return ExitCode.PARTIAL if outcome.state == "partial" else 0
