"""What Prefect's UI shows of a shot: progress, the chunk x stage table, a contact sheet, how to go on.

Keys are stable per shot, so that the UI shows their history.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from prefect.artifacts import create_markdown_artifact, create_table_artifact

from flows.watch import WATCHER
from fsvfx.runner import Plan, Step
from fsvfx.runner.drive import Silent
from schemas.job import ShotJob
from schemas.outcome import Outcome
from tasks import artifacts
from tasks.artifacts import key_of


def key(job: ShotJob, kind: str) -> str:
    return key_of(job.production, job.shot.name, kind)


class Progress(Silent):
    """The progress artifact of one run, and whoever watches here. (Flows are pickled with the names that they use, so
    it is here that the watcher is asked for.)"""

    def __init__(self) -> None:
        self._other = WATCHER.get()
        self._done, self._total = 0, 1
        self._shown: Any = None

    def begins(self, plan: Plan) -> None:
        self._other.begins(plan)
        self._total = max(1, len(plan.wanted))
        self._done = len(plan.wanted) - len(plan.todo)
        said = f"Steps of {plan.job.shot.name} that are done"
        self._shown = artifacts.Progress(key(plan.job, "progress"), said, self._done / self._total)

    def began(self, label: str, steps: Sequence[Step]) -> None:
        self._other.began(label, steps)

    def settled(self, step: Step, error: Exception | None) -> None:
        self._other.settled(step, error)
        self._done += error is None
        self._shown.show(self._done / self._total)

    def ended(self, label: str, error: Exception | None) -> None:
        self._other.ended(label, error)

    def ends(self) -> None:
        self._other.ends()
        self._shown.close()


def table(job: ShotJob, rows: Sequence[Mapping[str, Any]]) -> None:
    """One row per unit, one column per stage."""
    if rows:
        create_table_artifact(
            table=[dict(row) for row in rows],
            key=key(job, "chunks"),
            description=f"Stages of {job.shot.name}",
        )


def sheet(job: ShotJob, picture: NDArray[np.uint8]) -> None:
    """``picture``: (H, W, 3) sRGB."""
    artifacts.picture(Image.fromarray(picture), key(job, "sheet"), f"Contact sheet of {job.shot.name}")


def summary(job: ShotJob, outcome: Outcome) -> None:
    """How it ended, and the exact command that goes on."""
    create_markdown_artifact(
        markdown=summary_text(outcome), key=key(job, "summary"), description=f"How {job.shot.name} ended"
    )


def summary_text(outcome: Outcome) -> str:
    """As Markdown."""
    lines = [
        f"# {outcome.shot}: {outcome.state}",
        f"{outcome.done} of {outcome.total} steps are done; this run took {outcome.seconds:.0f} s.",
    ]
    if outcome.command:
        lines += [
            f"Not finished: {', '.join(outcome.unfinished)}",
            "Run again just what is missing:",
            f"```\n{outcome.command}\n```",
        ]
    for failure in outcome.failures:
        frames = f" (frames {failure.frames})" if failure.frames else ""
        lines.append(f"- **{failure.stage} {failure.unit.name}**{frames}: {failure.message}. {failure.hint}")
    if outcome.deliverables:
        lines += ["Delivered:", *(f"- `{path}`" for path in outcome.deliverables)]
    return "\n\n".join(lines)
