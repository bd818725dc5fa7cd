"""Preflight: what can be known before a run is told before it. ``table.CHECKS`` lists what is looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fsvfx.colour import use_config
from fsvfx.errors import FsvfxError, PreflightError, Problem
from fsvfx.preflight import outputs, table
from fsvfx.preflight.buckets import Buckets
from fsvfx.preflight.contract import Check, Look, Trouble
from schemas.job import ShotJob

__all__ = ["Check", "Trouble", "preflight", "reachable", "refusal"]


def preflight(jobs: Sequence[ShotJob]) -> dict[str, tuple[Trouble, ...]]:
    """Everything that each shot's run would meet, by the shot's name; what only needs telling is among it.

    Writes nothing. A bucket is asked once for all shots.
    """
    buckets = Buckets()
    return {job.shot.name: _troubles(job, buckets) for job in jobs}


def reachable(job: ShotJob) -> bool:
    """Whether every bucket that the shot names can be used: without, asking the ledger would wait in vain."""
    return not list(outputs.buckets(Look(job, Buckets())))


def _troubles(job: ShotJob, buckets: Buckets) -> tuple[Trouble, ...]:
    use_config(job.colour_config, job.colour_file)
    shot = Look(job, buckets)
    return tuple(trouble for check in table.CHECKS for trouble in _found(check, shot))


def _found(check: Check, shot: Look) -> list[Trouble]:
    try:
        return list(check.find(shot))
    except FsvfxError as error:
        return [Trouble.of(check.name, error)]


def refusal(manifest: str, found: Mapping[str, Sequence[Trouble]]) -> PreflightError | None:
    """The error that says why no shot of ``found`` can run; None if one can."""
    stopped = [(name, one) for name, troubles in found.items() for one in troubles if one.stops]
    if not found or len({name for name, _ in stopped}) < len(found):
        return None
    problems = tuple(Problem(f"{name}: {one.field}", one.what, one.hint) for name, one in stopped)
    return PreflightError(manifest, problems)
