"""The end of a training: as an outcome, in words, and how to continue it or use the model."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from fsvfx import packages
from fsvfx.printable import counted
from schemas.job import TrainJob
from schemas.package import Figures
from schemas.training import Finished, TrainingOutcome

if TYPE_CHECKING:
    from fsvfx.runner import Plan


def train_command(job: TrainJob, store: str | None, gpus: int) -> str:
    """The command that continues it. ``store``: the one given in place of the manifest's."""
    words = ["fsvfx", "train", job.manifest]
    if store:
        words += ["--store", store]
    if gpus:
        words += ["--gpus", str(gpus)]
    return shlex.join(words)


def facesets_command(job: TrainJob, store: str | None) -> str:
    """The command that builds its facesets. ``store``: as in ``train_command``."""
    words = ["fsvfx", "facesets", job.manifest, "--build"]
    return shlex.join([*words, "--store", store] if store else words)


def as_done(job: TrainJob, done: Finished) -> TrainingOutcome:
    """With a package. Raises ModelError if its card can't be read."""
    return TrainingOutcome(
        production=job.production,
        model=job.model,
        engine=job.engine,
        state="done",
        reason=done.reason,
        package=done.package,
        sha256=done.sha256,
        iterations=done.iterations,
        figures=packages.card_of(Path(done.package)).figures,
        folder=job.folder,
    )


def as_built(job: TrainJob) -> TrainingOutcome:
    """With all facesets; no training was requested."""
    return TrainingOutcome(
        production=job.production,
        model=job.model,
        engine=job.engine,
        state="built",
        reason="its facesets are built",
        folder=job.folder,
    )


def as_partial(job: TrainJob, command: str, reason: str, left: Mapping[str, Plan] | None = None) -> TrainingOutcome:
    """``left``: unfinished footage, by name."""
    return TrainingOutcome(
        production=job.production,
        model=job.model,
        engine=job.engine,
        state="partial",
        reason=reason,
        folder=job.folder,
        footage=tuple(
            standing.outcome().model_copy(update={"shot": name, "command": command})
            for name, standing in (left or {}).items()
        ),
        command=command,
    )


def lines_of(outcome: TrainingOutcome) -> list[str]:
    """In words, for people."""
    if outcome.state == "partial":
        return [f"{outcome.model}: {outcome.reason}", *_failures(outcome), "continue with:", f"  {outcome.command}"]
    if outcome.state == "built":
        return [f"{outcome.model}: {outcome.reason}"]
    took = f", {outcome.seconds:.1f} s" if outcome.seconds else ", nothing to run"
    return [
        f"{outcome.model}: done, {counted(outcome.iterations, 'iteration')} ({outcome.reason}){took}",
        f"package: {outcome.package}",
        *_figures(outcome.figures),
        "in a shot manifest's replace entry:",
        f"  engine: {outcome.engine}",
        f"  settings: {{model: {outcome.model}, sha256: {outcome.sha256}}}",
    ]


def _failures(outcome: TrainingOutcome) -> list[str]:
    lines = [f"  footage {one.shot}: {one.done} of {one.total} steps are done" for one in outcome.footage]
    for one in outcome.footage:
        for failure in one.failures:
            place = f" (frames {failure.frames})" if failure.frames else ""
            lines.append(f"  {one.shot} {failure.stage} {failure.unit.name}{place}: {failure.message}. {failure.hint}")
    return lines


def _figures(figures: Figures | None) -> list[str]:
    if figures is None:
        return []
    values = figures.model_dump(exclude={"identity", "performer", "faces", "pairs"}, exclude_none=True)
    where = counted(figures.faces, "held-out face") + (
        f" in {counted(figures.pairs, 'pair')}" if figures.pairs > 1 else ""
    )
    return [f"on {where}: " + ", ".join(f"{name} {value:.3g}" for name, value in values.items())]
