"""The draft of one person's consent record. The terms of the signed paper are left blank. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from fsvfx.drafts.text import BLANK, field, listed, remark, scalar
from schemas.consent import ConsentRecord, Role
from schemas.manifest import Use


@dataclass(frozen=True)
class ConsentWishes:
    """The facts known before the paper is read. None, or empty: left blank, too.

    document, sha256: the signed paper's file, relative to the record, and its hash.
    """

    person: str
    production: str | None = None
    roles: tuple[Role, ...] = ()
    shots: tuple[str, ...] = ()
    use: Use | None = None
    document: str | None = None
    sha256: str | None = None


def consent_text(wishes: ConsentWishes) -> str:
    """The record of a person as YAML."""
    kinds = get_args(ConsentRecord.model_fields["replica_kind"].annotation)
    production = scalar(wishes.production) if wishes.production else BLANK
    asked = f"; the manifest asks for {wishes.use}" if wishes.use else ""
    number = f"{wishes.production}-{wishes.person}-01" if wishes.production else f"{wishes.person}-01"
    lines = [
        remark(0, f"Consent of {wishes.person}. Fill in each {BLANK} from the signed paper."),
        remark(0, "What is not named here is not allowed. docs/consent.md explains every field."),
        "schema_version: 1",
        field(0, f"record_id: {scalar(number)}", "any unique name; a register of revocations refers to it"),
        field(0, f"person: {scalar(wishes.person)}", "their name in the manifest's people"),
        "subject:",
        field(2, f"legal_name: {BLANK}", "who signed; minors also need guardian, deceased people representative"),
        field(0, f"replica_kind: {BLANK}", _one_of(kinds)),
        field(
            0,
            f"roles: {_roles(wishes.roles)}",
            "source_identity: goes in; target_performer: is replaced; driver: performs",
        ),
        "scope:",
        field(2, f"production: {production}", "the manifest's"),
        field(2, f"shots: {listed(wishes.shots) if wishes.shots else BLANK}", 'names or globs; ["*"]: every shot'),
        remark(2, f"uses, one or more: {', '.join(get_args(Use))}{asked}"),
        field(2, f"uses: {BLANK}", "a list, such as [face_replacement]"),
        field(2, f"description: {BLANK}", "40 characters or more: what will be shown of whom, and where"),
        field(2, "nudity_or_sexual: false", "true only if the paper says so"),
        field(2, "training_allowed: false", "true only if engines may be trained on this face"),
        field(2, f"valid_from: {BLANK}", "such as 2026-01-31"),
        remark(2, "valid_to: 2027-01-31 # the last day; open-ended if left out"),
        "document:",
        *_document(wishes),
        "revocation:",
        field(2, f"status: {BLANK}", "none or revoked, as the keeper of the papers says"),
        field(2, f"checked_at: {BLANK}", "when that was checked, such as 2026-01-31T08:00:00Z; valid for 24 hours"),
        remark(2, "checked_by: rights desk # who checked"),
        field(0, "is_test_record: false", "true: made up for a test; everything it clears is marked as such"),
    ]
    return "\n".join(lines) + "\n"


def _document(wishes: ConsentWishes) -> Sequence[str]:
    if wishes.document and wishes.sha256:
        return (f"  path: {scalar(wishes.document)}", field(2, f"sha256: {wishes.sha256}", "of that file"))
    return (
        remark(2, "path: signed.pdf # the file, beside this record: it is then checked at every run"),
        field(2, f"sha256: {BLANK}", "of the signed paper's file: sha256sum FILE"),
    )


def _roles(roles: Sequence[Role]) -> str:
    return listed(roles) if roles else BLANK


def _one_of(words: Sequence[str]) -> str:
    return f"one of: {', '.join(words)}"
