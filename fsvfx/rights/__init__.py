"""Rights: a swap needs a consent record from both people. The gate runs at submit, flow start and delivery."""

from __future__ import annotations

from datetime import UTC, datetime

from fsvfx.errors import RightsError, Where
from fsvfx.rights.gate import Decision, check, roles_of
from fsvfx.rights.records import evidence
from schemas.job import ShotJob

__all__ = ["Decision", "clear"]


def clear(job: ShotJob, now: datetime | None = None) -> Decision:
    """Read the records of everybody in ``job`` and ask the gate. Raises RightsError with every reason against it.

    ``now`` is a time with a zone; left out, it is the present. A job that swaps nothing is allowed with no record.
    """
    decision = check(job, {person: evidence(job, person) for person in roles_of(job)}, now or datetime.now(UTC))
    if not decision.allow:
        raise RightsError(decision.reasons, where=Where(shot=job.shot.name, file=job.manifest))
    return decision
