"""Where the contact sheet and the report go."""

from __future__ import annotations

from schemas.deliver import DeliverMhl, DeliverReport, DeliverSheet
from schemas.job import ShotJob


def sheet_targets(job: ShotJob) -> list[str]:
    """The manifest's, else ``<shot>.contact.png`` beside the first deliverable."""
    return [wish.path for wish in job.deliver if isinstance(wish, DeliverSheet)] or _beside(job, "contact.png")


def report_targets(job: ShotJob) -> list[str]:
    """The manifest's, else ``<shot>.report.json`` beside the first deliverable."""
    return [wish.path for wish in job.deliver if isinstance(wish, DeliverReport)] or _beside(job, "report.json")


def _beside(job: ShotJob, ending: str) -> list[str]:
    named = [wish.path for wish in job.deliver if "{performer}" not in wish.path and not isinstance(wish, DeliverMhl)]
    folders = [path.rpartition("/")[0] for path in named]
    return [f"{folders[0]}/{job.shot.name}.{ending}"] if folders else []
