"""The commands that messages tell people to run."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from schemas.frames import FrameRange
from schemas.job import ShotJob


def retry(
    job: ShotJob | None, *, frames: FrameRange | None = None, stages: Iterable[str] = (), replace: bool = False
) -> str:
    """Runs what the shot lacks; or does ``stages`` again, on ``frames`` where given. Without a ``job``, a pattern."""
    words = ["fsvfx", "retry", *([job.manifest, "--shot", job.shot.name] if job else ["MANIFEST"])]
    if frames:
        words += ["--frames", str(frames)]
    for stage in stages:
        words += ["--stage", stage]
    if job and job.chosen_store:
        words += ["--store", job.chosen_store]
    return shlex.join([*words, "--replace"] if replace else words)
