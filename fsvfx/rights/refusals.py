"""What can be wrong with a person's consent, whatever it is asked for: each check yields its reasons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from fsvfx.rights.decision import Evidence
from schemas.consent import ConsentRecord, Role
from schemas.job import TrainedModel

FRESH = timedelta(hours=24)
_CLOCK_SKEW = timedelta(minutes=5)


def not_in_order(person: str, production: str, found: Evidence, now: datetime) -> Iterator[str]:
    """The record is the person's, for this production, in its time, not revoked, and its document is the signed one."""
    record = found.record
    if record.person != person:
        yield f"record {record.record_id} is about '{record.person}'; name this person's own record in the manifest"
    if record.scope.production != production:
        yield f"the consent is for production '{record.scope.production}', not '{production}'; each needs its own"
    yield from _out_of_time(record, now)
    yield from _revoked(found, now)
    if found.document is not None and found.document != record.document.sha256:
        yield f"the document {record.document.path} is not the one that was hashed; put the signed one back"


def without_role(record: ConsentRecord, role: Role) -> Iterator[str]:
    """The record covers the role."""
    if role not in record.roles:
        yield f"record {record.record_id} does not cover the role {role}; get consent for it"


def no_training(record: ConsentRecord) -> Iterator[str]:
    """The record allows that engines are trained on the person."""
    if not record.scope.training_allowed:
        yield f"record {record.record_id} does not allow training (scope.training_allowed); get consent for it"


def trained_of(models: Sequence[TrainedModel]) -> dict[str, tuple[str, ...]]:
    """Everybody on whose faces the ``models`` were trained, and which of them those are."""
    found: dict[str, set[str]] = {}
    for model in models:
        for person in model.people:
            found.setdefault(person, set()).add(model.model)
    return {person: tuple(sorted(found[person])) for person in sorted(found)}


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
        yield f"revocation was checked at {checked}, which is yet to come; correct checked_at"
    if now - found.checked_at > FRESH:
        yield f"revocation was last checked at {checked}, over 24 hours ago; ask again and renew checked_at"
