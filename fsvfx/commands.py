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
    words = ["retry", *(_shot(job) if job else ["MANIFEST"])]
    if frames:
        words += ["--frames", str(frames)]
    for stage in stages:
        words += ["--stage", stage]
    if replace:
        words += ["--replace"]
    return _line(words, job)


def status(job: ShotJob) -> str:
    """Shows all that is known of the shot, for programs."""
    return _line(["status", *_shot(job), "--json"], job)


def _shot(job: ShotJob) -> list[str]:
    return [job.manifest, "--shot", job.shot.name]


def _line(words: list[str], job: ShotJob | None) -> str:
    store = ["--store", job.chosen_store] if job and job.chosen_store else []
    return shlex.join(["fsvfx", *words, *store])
