"""The gate: may this shot be worked on? A pure function of job, records and time; no way around it.

It proves the paperwork, not who is in the picture.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase

from schemas.consent import ConsentRecord, Role, Standing
from schemas.job import ShotJob

VERSION = 1
FRESH = timedelta(hours=24)
_CLOCK_SKEW = timedelta(minutes=5)
_ROLE_NAMES: dict[Role, str] = {"source_identity": "identity", "target_performer": "performer"}


@dataclass(frozen=True)
class Evidence:
    """A person's record as it was read, with what the world says about it.

    ``standing`` and ``checked_at``: of the record itself, or of its register (None: the register does not know it).
    ``document``: sha256 of the document's file; None where the record names none.
    """

    record: ConsentRecord
    standing: Standing | None
    checked_at: datetime | None
    document: str | None = None


@dataclass(frozen=True)
class Missing:
    """No record could be read for a person: why, and how to mend it."""

    why: str


@dataclass(frozen=True)
class Decision:
    """What the gate says.

    ``digest`` is the same for as long as the same records allow the same work: later times, and renewed checks for
    revocation, do not change it. ``test_records``: those of ``records`` that were made up for a test or demo.
    """

    allow: bool
    reasons: tuple[str, ...]
    digest: str
    records: tuple[str, ...]
    test_records: tuple[str, ...] = ()


def roles_of(job: ShotJob) -> dict[str, tuple[Role, ...]]:
    """Everybody whom the shot's swaps involve, and how. Empty if it swaps nothing."""
    roles: dict[str, set[Role]] = {}
    for entry in job.shot.replace:
        roles.setdefault(entry.performer, set()).add("target_performer")
        roles.setdefault(entry.identity, set()).add("source_identity")
    return {person: tuple(sorted(roles[person])) for person in sorted(roles)}


def check(job: ShotJob, evidence: Mapping[str, Evidence | Missing], now: datetime) -> Decision:
    """Whether ``job`` may run at ``now`` (with a time zone), given each person's ``evidence``; every reason if not."""
    roles = roles_of(job)
    reasons: list[str] = []
    records: dict[str, ConsentRecord] = {}
    for person, needed in roles.items():
        found = evidence.get(person, Missing("no consent record was handed over; get one signed"))
        if isinstance(found, Missing):
            reasons.append(_reason(person, needed, found.why))
            continue
        records[person] = found.record
        reasons += [_reason(person, needed, why) for why in _refusals(job, person, needed, found, now)]
    return Decision(
        allow=not reasons,
        reasons=tuple(reasons),
        digest=_digest(job, roles, records, allow=not reasons),
        records=tuple(sorted({record.record_id for record in records.values()})),
        test_records=tuple(sorted({record.record_id for record in records.values() if record.is_test_record})),
    )


def _reason(person: str, roles: tuple[Role, ...], why: str) -> str:
    return f"{person} ({' and '.join(_ROLE_NAMES[role] for role in roles)}): {why}"


def _refusals(job: ShotJob, person: str, roles: tuple[Role, ...], found: Evidence, now: datetime) -> Iterator[str]:
    record = found.record
    if record.person != person:
        yield f"record {record.record_id} is about '{record.person}'; name this person's own record in the manifest"
    for role in roles:
        if role not in record.roles:
            yield f"record {record.record_id} does not cover the role {role}; get consent for it"
    yield from _out_of_scope(job, record)
    yield from _out_of_time(record, now)
    yield from _revoked(found, now)
    if found.document is not None and found.document != record.document.sha256:
        yield f"the document {record.document.path} is not the one that was hashed; put the signed one back"


def _out_of_scope(job: ShotJob, record: ConsentRecord) -> Iterator[str]:
    scope, shot = record.scope, job.shot
    if scope.production != job.production:
        yield f"the consent is for production '{scope.production}', not '{job.production}'; each needs its own"
    if not any(fnmatchcase(shot.name, pattern) for pattern in scope.shots):
        yield f"shot {shot.name} is not among the consented shots ({', '.join(scope.shots)}); get it added"
    if shot.use not in scope.uses:
        yield f"the use '{shot.use}' is not among the consented ones ({', '.join(scope.uses)}); get it added"
    if shot.nudity_or_sexual and not scope.nudity_or_sexual:
        yield "the shot shows nudity or sexual content, and the consent leaves that out; get it added"


def _out_of_time(record: ConsentRecord, now: datetime) -> Iterator[str]:
    today, scope = now.astimezone(UTC).date(), record.scope
    if today < scope.valid_from:
        yield f"the consent begins on {scope.valid_from}; wait until then"
    if scope.valid_to and today > scope.valid_to:
        yield f"the consent ended on {scope.valid_to}; get it renewed"


def _revoked(found: Evidence, now: datetime) -> Iterator[str]:
    record = found.record
    if found.standing == "revoked":
        yield f"the consent (record {record.record_id}) is revoked; stop work on this person"
        return
    if found.standing is None or found.checked_at is None:
        yield f"the register of revocations does not list record {record.record_id}; have it added"
        return
    checked = f"{found.checked_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if found.checked_at > now + _CLOCK_SKEW:
        yield f"revocation was checked at {checked}, which is yet to come; mend checked_at"
    if now - found.checked_at > FRESH:
        yield f"revocation was last checked at {checked}, over 24 hours ago; ask again and renew checked_at"


def _digest(
    job: ShotJob, roles: Mapping[str, tuple[Role, ...]], records: Mapping[str, ConsentRecord], *, allow: bool
) -> str:
    said = {
        "gate": VERSION,
        "allow": allow,
        "production": job.production,
        "shot": job.shot.name,
        "use": job.shot.use,
        "nudity_or_sexual": job.shot.nudity_or_sexual,
        "roles": {person: list(needed) for person, needed in roles.items()},
        "records": {person: record_digest(record) for person, record in records.items()},
    }
    return _sha256(said)


def record_digest(record: ConsentRecord) -> str:
    """sha256 of what the record says; when and by whom revocation was last checked is left out."""
    said = record.model_dump(mode="json", by_alias=True)
    for volatile in ("checked_at", "checked_by"):
        said["revocation"].pop(volatile)
    return _sha256(said)


def _sha256(said: object) -> str:
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
