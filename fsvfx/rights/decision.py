"""The input and the output of the gates."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import JsonValue

from fsvfx.digests import sorted_json
from fsvfx.rights.weights import Weights
from schemas.bank import Basis
from schemas.bank_card import UsedBank
from schemas.collection import CollectionRecord
from schemas.consent import ConsentRecord, RevocationRegister, Standing
from schemas.roster import Roster


@dataclass(frozen=True)
class Evidence:
    """A person's record as read, with its current status.

    ``standing`` and ``checked_at``: from the record itself, or from its register (None: not in the register).
    ``document``: sha256 of the document's file; None if the record names none. ``no_register``, ``no_document``: why
    they can't be read; empty if they can.
    """

    record: ConsentRecord
    standing: Standing | None
    checked_at: datetime | None
    document: str | None = None
    no_register: str = ""
    no_document: str = ""


@dataclass(frozen=True)
class Missing:
    """No record could be read for a person: why, and how to fix it."""

    why: str


@dataclass(frozen=True)
class CollectionEvidence:
    """A collection's record as read. people: those to be learned; standing, checked_at, document, no_register,
    no_document: as for a person; withdrawn: those of these people that the register lists as revoked."""

    name: str
    record: CollectionRecord
    people: tuple[str, ...]
    standing: Standing | None = None
    checked_at: datetime | None = None
    document: str | None = None
    withdrawn: tuple[str, ...] = ()
    no_register: str = ""
    no_document: str = ""


@dataclass(frozen=True)
class Rostered:
    """A general model's roster, and the register that lists its people; if there is none: None, and why."""

    model: str
    roster: Roster
    register: RevocationRegister | None
    why: str = ""


@dataclass(frozen=True)
class Banked:
    """A bank that a shot uses. withdrawn: those of its members that the register lists as revoked; why: why the
    manifest's register can't be read."""

    bank: UsedBank
    withdrawn: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True)
class Decision:
    """A gate's verdict.

    ``digest`` is the same as long as the same records allow the same work: later times, and renewed checks for
    revocation, do not change it. ``test_records``: those of ``records`` that were made up for a test or demo.
    ``by_person``: the records themselves.
    """

    allow: bool
    reasons: tuple[str, ...]
    digest: str
    records: tuple[str, ...]
    test_records: tuple[str, ...] = ()
    by_person: Mapping[str, ConsentRecord] = field(default_factory=dict)
    purpose: str = "commercial"
    weights: tuple[Weights, ...] = ()
    """All weights that the work uses, with their licences."""
    collections: tuple[CollectionEvidence, ...] = ()
    """Those that a training learns, as read."""
    rosters: tuple[Rostered, ...] = ()
    """Rosters of the general models that the work uses."""
    bases: tuple[Basis, ...] = ()
    """The legal grounds on which people are shown without a record."""


def decide(
    asked: Mapping[str, str],
    evidence: Mapping[str, Evidence | Missing],
    refusals: Callable[[str, Evidence], Iterable[str]],
    about: Mapping[str, JsonValue],
    others: Iterable[str] = (),
    tests: Iterable[str] = (),
) -> Decision:
    """The decision on everybody who is ``asked``, each with their part in the work.

    refusals: every reason against a person's evidence. about: the work, for the digest. others: additional reasons
    against it. tests: ids of additional records that are made up.
    """
    reasons: list[str] = []
    records: dict[str, ConsentRecord] = {}
    for person, what_for in asked.items():
        found = evidence.get(person, Missing("there is no consent record; get one signed"))
        if isinstance(found, Missing):
            reasons.append(f"{person} ({what_for}): {found.why}")
            continue
        records[person] = found.record
        reasons += [f"{person} ({what_for}): {why}" for why in refusals(person, found)]
    reasons += others
    digests: dict[str, JsonValue] = {person: record_digest(record) for person, record in records.items()}
    return Decision(
        allow=not reasons,
        reasons=tuple(reasons),
        digest=_sha256({**about, "allow": not reasons, "records": digests}),
        records=tuple(sorted({record.record_id for record in records.values()})),
        test_records=tuple(
            sorted({*tests, *(record.record_id for record in records.values() if record.is_test_record)})
        ),
        by_person=records,
    )


def record_digest(record: ConsentRecord | CollectionRecord) -> str:
    """sha256 of the record's contents, without when and by whom revocation was last checked."""
    said = record.model_dump(mode="json", by_alias=True)
    for volatile in ("checked_at", "checked_by") if record.revocation else ():
        said["revocation"].pop(volatile)
    if isinstance(record, ConsentRecord) and record.scope.training is None:
        del said["scope"]["training"]  # records older than this field keep their digest
    return _sha256(said)


def _sha256(said: JsonValue) -> str:
    return hashlib.sha256(sorted_json(said, ascii_only=False).encode()).hexdigest()
