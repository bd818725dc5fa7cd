"""Where the contact sheet and the report go."""

from __future__ import annotations

from schemas.deliver import DeliverReport, DeliverSheet
from schemas.job import ShotJob


def sheet_targets(job: ShotJob) -> list[str]:
    """The manifest's, else ``<shot>.contact.png`` beside the first deliverable."""
    return [wish.path for wish in job.deliver if isinstance(wish, DeliverSheet)] or _beside(job, "contact.png")


def report_targets(job: ShotJob) -> list[str]:
    """The manifest's, else ``<shot>.report.json`` beside the first deliverable."""
    return [wish.path for wish in job.deliver if isinstance(wish, DeliverReport)] or _beside(job, "report.json")


def _beside(job: ShotJob, ending: str) -> list[str]:
    if not job.deliver:
        return []
    folder = job.deliver[0].path.rpartition("/")[0]
    return [f"{folder}/{job.shot.name}.{ending}"]
