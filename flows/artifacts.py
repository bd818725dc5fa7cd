"""What Prefect's UI shows of a shot: progress, the chunk x stage table, a contact sheet, how to go on.

Keys are stable per shot, so that the UI shows their history.
"""

from __future__ import annotations

import base64
import io
import re
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from prefect.artifacts import (
    create_image_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)

from schemas.job import ShotJob
from schemas.outcome import Outcome

EVERY = 5.0
"""Seconds between updates of the progress: each is a request."""
SHEET_WIDTH = 1280


def key(job: ShotJob, kind: str) -> str:
    """Prefect takes small letters, digits and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", f"{job.production}-{job.shot.name}-{kind}".lower()).strip("-")


class Progress:
    """The progress artifact of one run."""

    def __init__(self, job: ShotJob, done: int, total: int) -> None:
        self.total = max(1, total)
        self.done = done
        self._said = time.monotonic()
        self.id: Any = create_progress_artifact(
            progress=self._percent(), key=key(job, "progress"), description=f"Steps of {job.shot.name} that are done"
        )

    def advance(self, steps: int) -> None:
        """So many more steps are done."""
        self.done += steps
        if time.monotonic() - self._said > EVERY:
            self.close()

    def close(self) -> None:
        update_progress_artifact(self.id, self._percent())
        self._said = time.monotonic()

    def _percent(self) -> float:
        return round(100.0 * self.done / self.total, 1)


def table(job: ShotJob, rows: Sequence[Mapping[str, Any]]) -> None:
    """One row per unit, one column per stage."""
    if rows:
        create_table_artifact(
            table=[dict(row) for row in rows],
            key=key(job, "chunks"),
            description=f"Stages of {job.shot.name}",
        )


def sheet(job: ShotJob, picture: NDArray[np.uint8]) -> None:
    """``picture``: (H, W, 3) sRGB; embedded as a data: URI, as the server has no place for files."""
    image = Image.fromarray(picture)
    if image.width > SHEET_WIDTH:
        image = image.resize((SHEET_WIDTH, round(image.height * SHEET_WIDTH / image.width)))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=82)
    uri = "data:image/jpeg;base64," + base64.b64encode(out.getvalue()).decode()
    create_image_artifact(image_url=uri, key=key(job, "sheet"), description=f"Contact sheet of {job.shot.name}")


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
        lines.append(f"- **{failure.stage} {failure.unit.name}**{frames}: {failure.message}. {failure.mend}")
    if outcome.deliverables:
        lines += ["Delivered:", *(f"- `{path}`" for path in outcome.deliverables)]
    return "\n\n".join(lines)
