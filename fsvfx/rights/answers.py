"""What gates check for every consent: is it valid now, has it been revoked, and is the last check recent?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from fsvfx.rights.decision import CollectionEvidence, Evidence
from schemas.consent import Standing

FRESH = timedelta(hours=24)
"""Maximum age of an answer about revocation."""
_CLOCK_SKEW = timedelta(minutes=5)


def against_papers(found: Evidence | CollectionEvidence, now: datetime) -> Iterator[str]:
    """The record has not been revoked, and its document is the signed one."""
    record, document = found.record, found.record.document
    if found.no_register:
        yield found.no_register
    elif record.revocation is not None:
        yield from revoked(record.record_id, found.standing, found.checked_at, now)
    if found.no_document:
        yield found.no_document
    elif document is not None and found.document not in (None, document.sha256):
        yield f"the document {document.path} does not match its sha256; restore the signed one"


def out_of_time(valid_from: date | None, valid_to: date | None, now: datetime) -> Iterator[str]:
    """Both days inclusive, UTC."""
    today = now.astimezone(UTC).date()
    if valid_from and today < valid_from:
        yield f"the consent starts on {valid_from}; wait until then"
    if valid_to and today > valid_to:
        yield f"the consent ended on {valid_to}; get it renewed"


def revoked(record: str, standing: Standing | None, checked_at: datetime | None, now: datetime) -> Iterator[str]:
    """``standing``, ``checked_at``: None if the register does not list the record."""
    if standing == "revoked":
        yield f"the consent (record {record}) is revoked; stop work on this person"
        return
    if standing is None or checked_at is None:
        yield f"the register of revocations does not list record {record}; have it added"
        return
    yield from not_fresh("revocation", checked_at, now)


def not_fresh(what: str, checked_at: datetime, now: datetime) -> Iterator[str]:
    """``what`` was checked within a day, and not in the future."""
    checked = f"{checked_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if checked_at > now + _CLOCK_SKEW:
        yield f"{what} was checked at {checked}, which is in the future; correct checked_at"
    if now - checked_at > FRESH:
        yield f"{what} was last checked at {checked}, over 24 hours ago; check again and renew checked_at"
