"""Runs shots with the library's drive, and reports them to Prefect in the background.

Called by ``fsvfx submit``, and by the flows' bodies. Nothing of Prefect's is imported here.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flows.watch import Watcher
from fsvfx.executors import Executor
from fsvfx.qc.sheet import shot_sheet
from fsvfx.runner import Plan, Step
from fsvfx.runner.shot import run_shot
from fsvfx.store import open_data, open_store
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.outcome import Outcome
from tasks.desk import Run
from tasks.teller import Shot, Teller

if TYPE_CHECKING:
    from PIL import Image

SHOWN = 24
"""Frames on the contact sheet in Prefect's UI."""


@dataclass(frozen=True)
class Limits:
    """The part of a shot to run: parameters of the flow ``shot``."""

    frames: str | None = None
    redo: tuple[str, ...] = ()
    until: str | None = None
    replace: bool = False


def run_told(
    job: ShotJob, limits: Limits, executor: Executor, teller: Teller, watcher: Watcher, run_id: str | None = None
) -> Outcome:
    """Run the unfinished work of a shot. ``run_id``: the flow run to update; default: a new one.

    Raises the errors of ``run_shot``; none of Prefect's.
    """
    begun = time.monotonic()
    given = job.model_copy(update={"may_replace": limits.replace})
    with Shot.of(teller, _run_of(job, limits, run_id)) as told:
        after = run_shot(
            given,
            executor,
            Both(told, watcher),
            frames=FrameRange.parse(limits.frames) if limits.frames else None,
            stages=limits.redo,
            until=limits.until,
            run_id=run_id or "",
        )
        outcome = after.outcome(seconds=time.monotonic() - begun)
        told.finish(after, outcome, lambda: sheet_of(after))
    return outcome


def sheet_of(after: Plan) -> Image.Image | None:
    """The contact sheet of the measured frames, if there are any."""
    from PIL import Image

    measured = [receipt for step, receipt in after.final.items() if step.stage == "measure"]
    if not measured:
        return None
    data = open_data(open_store(after.job), measured)
    return Image.fromarray(shot_sheet(after.job, data, after.waived, most=SHOWN))


def _run_of(job: ShotJob, limits: Limits, run_id: str | None) -> Run:
    given: dict[str, Any] = {"manifest": job.manifest, "name": job.shot.name, "store": job.chosen_store or None}
    asked = {"frames": limits.frames, "redo": list(limits.redo), "until": limits.until, "replace": limits.replace}
    return Run("shot", job.shot.name, job.production, given | asked, run_id)


@dataclass(frozen=True)
class Both:
    """An observer of the drive that forwards to Prefect's teller and to the local watcher."""

    told: Shot
    watcher: Watcher

    def begins(self, plan: Plan) -> None:
        self.told.begins(plan)
        self.watcher.begins(plan)

    def began(self, label: str, steps: Sequence[Step]) -> None:
        self.told.began(label, steps)
        self.watcher.began(label, steps)

    def settled(self, step: Step, error: Exception | None) -> None:
        self.told.settled(step, error)
        self.watcher.settled(step, error)

    def ended(self, label: str, error: Exception | None) -> None:
        self.told.ended(label, error)
        self.watcher.ended(label, error)

    def ends(self) -> None:
        self.told.ends()
        self.watcher.ends()
