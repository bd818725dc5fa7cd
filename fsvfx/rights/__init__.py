"""Rights: swaps and trainings need consent records. The gates run at submit, flow start and delivery."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from fsvfx import packages
from fsvfx.errors import LicenceError, RightsError, Where
from fsvfx.printable import listed
from fsvfx.reach import reach_of
from fsvfx.rights import gates
from fsvfx.rights.banks import bases_of, members_used
from fsvfx.rights.crowds import roster_of
from fsvfx.rights.decision import Decision, Evidence, Missing, Rostered
from fsvfx.rights.records import banked, collection_evidence, collection_record, evidence, records_of, rostered
from fsvfx.rights.weights import Weights, check_weights, collection_weights, occluder_weights
from schemas.job import ShotJob, TrainJob

__all__ = [
    "Decision",
    "Weights",
    "check_weights",
    "clear",
    "clear_all",
    "clear_training",
    "collection_record",
    "records_of",
    "roster_of",
    "weights",
]


Read = dict[tuple[str, str, str, str], Evidence | Missing]
"""By manifest, production, person and the record's path: the consent data read."""


def clear_all(jobs: Iterable[ShotJob], now: datetime | None = None) -> None:
    """Check each job. Data that shots share are read once. Raises RightsError with every reason against any of them;
    LicenceError if only licences stand against them."""
    read: Read = {}
    refused: list[RightsError] = []
    for job in jobs:
        try:
            clear(job, now, read=read)
        except RightsError as error:
            refused.append(error)
    if refused:
        raise _together([one for one in refused if not isinstance(one, LicenceError)] or refused)


def _together(errors: Sequence[RightsError]) -> RightsError:
    """One error for several shots; reasons that many share are reported once."""
    first, *others = errors
    if not others:
        return first
    shots: dict[str, list[str]] = {}
    for error in errors:
        for reason in error.reasons:
            shots.setdefault(reason, []).append(error.where.shot or "")
    reasons = (f"{listed(names)}: {reason}" for reason, names in shots.items())
    return type(first)(tuple(reasons), where=Where(file=first.where.file))


def clear(
    job: ShotJob,
    now: datetime | None = None,
    *,
    records: Mapping[str, Evidence] | None = None,
    read: Read | None = None,
) -> Decision:
    """Read the records of everybody in ``job`` and check the gate. Raises RightsError with every reason against it.

    ``now`` is a time with a zone; by default the present. A job without swaps is allowed without a record. ``records``:
    records at hand, as read by ``records_of``, for a job without a manifest. ``read``: a cache of data read for
    previous jobs, which is updated.
    """
    found: Mapping[str, Evidence | Missing] | None = records
    if found is None:
        found = {person: _evidence(job, person, {} if read is None else read) for person in gates.asked_for_swap(job)}
    where = Where(shot=job.shot.name, file=job.manifest if records is None else None)
    banks = [banked(reach_of(job), one, members_used(job, one), job.revocations) for one in job.banks]
    decision = _allowed(gates.check_swap(job, found, now or datetime.now(UTC), _rosters(job), banks), where)
    used = check_weights(job, [collection_weights(one.record.collection, one.record) for one in job.banks])
    names = tuple(sorted({*decision.records, *(one.record.record_id for one in job.banks)}))
    return replace(decision, purpose=job.purpose, weights=used, records=names, bases=bases_of(job))


def clear_training(job: TrainJob, now: datetime | None = None) -> Decision:
    """Like ``clear``, for a training: everybody who is learned must have allowed it. Raises RightsError."""
    found = {person: evidence(reach_of(job), job.people, person) for person in gates.asked_for_training(job)}
    shared = {one.name: collection_evidence(reach_of(job), one) for one in job.collections}
    asked = gates.check_training(job, found, now or datetime.now(UTC), shared, _rosters(job))
    decision = _allowed(asked, Where(file=job.manifest))
    learned = [collection_weights(one.name, one.record) for one in decision.collections]
    if job.occluders and job.occluders.path:
        learned.append(occluder_weights(job.occluders))
    return replace(decision, purpose=job.purpose, weights=check_weights(job, learned))


def _evidence(job: ShotJob, person: str, read: Read) -> Evidence | Missing:
    own = job.people.get(person)
    at = (job.manifest, job.production, person, own.consent if own else "")
    if at not in read:
        read[at] = evidence(reach_of(job), job.people, person)
    return read[at]


def _rosters(job: ShotJob | TrainJob) -> list[Rostered]:
    """Rosters of the general models that it uses. Raises InputError, ModelError if a package is missing or broken."""
    found = []
    for model in job.models:
        if model.roster:
            roster = packages.roster_in(packages.Packages.of(job).find(model.model, model.sha256), model.roster)
            found.append(rostered(reach_of(job), model.model, roster, job.revocations))
    return found


def _allowed(decision: Decision, where: Where) -> Decision:
    if not decision.allow:
        raise RightsError(decision.reasons, where=where)
    return decision
