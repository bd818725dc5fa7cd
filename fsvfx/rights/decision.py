"""What the gates judge, and what they say."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import JsonValue

from fsvfx.digests import sorted_json
from fsvfx.rights.weights import Weights
from schemas.consent import ConsentRecord, Standing


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
    """No record could be read for a person: why, and how to fix it."""

    why: str


@dataclass(frozen=True)
class Decision:
    """What a gate says.

    ``digest`` is the same for as long as the same records allow the same work: later times, and renewed checks for
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
    """All that the work uses, with their licences."""


def decide(
    asked: Mapping[str, str],
    evidence: Mapping[str, Evidence | Missing],
    refusals: Callable[[str, Evidence], Iterable[str]],
    about: Mapping[str, JsonValue],
) -> Decision:
    """The decision over everybody who is ``asked``, each with what for.

    refusals: every reason against a person's evidence. about: what the work is, for the digest.
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
    digests: dict[str, JsonValue] = {person: record_digest(record) for person, record in records.items()}
    return Decision(
        allow=not reasons,
        reasons=tuple(reasons),
        digest=_sha256({**about, "allow": not reasons, "records": digests}),
        records=tuple(sorted({record.record_id for record in records.values()})),
        test_records=tuple(sorted({record.record_id for record in records.values() if record.is_test_record})),
        by_person=records,
    )


def record_digest(record: ConsentRecord) -> str:
    """sha256 of what the record says; when and by whom revocation was last checked is left out."""
    said = record.model_dump(mode="json", by_alias=True)
    for volatile in ("checked_at", "checked_by"):
        said["revocation"].pop(volatile)
    return _sha256(said)


def _sha256(said: JsonValue) -> str:
    return hashlib.sha256(sorted_json(said, ascii_only=False).encode()).hexdigest()
