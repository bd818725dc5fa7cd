"""A job with a swap, and sound records for both people."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fsvfx.rights.decision import Evidence
from schemas.consent import ConsentRecord
from schemas.job import ShotJob
from schemas.manifest import Manifest

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PAPER = b"signed"
ROLES = {"lead": "source_identity", "double": "target_performer", "friend": "source_identity"}
PAIR = ("lead", "double")


def job(*, swaps: list[tuple[str, str]] | None = None, folder: Path = Path("/job"), **shot: Any) -> ShotJob:
    """A job whose shot swaps (performer, identity) pairs; one of double and lead unless told otherwise."""
    pairs = [("double", "lead")] if swaps is None else swaps
    people = {name: {"consent": str(folder / f"consents/{name}.yaml")} for name in ("lead", "double")}
    raw = {
        "schema_version": 1,
        "production": "harbour",
        "people": people,
        "shots": [
            {
                "name": "sh0040",
                "plate": {"path": "/job/a.mp4", "frames": "1001-1024", "color_space": "sRGB"},
                "replace": [{"performer": p, "identity": i, "engine": "landmark_warp"} for p, i in pairs],
                **shot,
            }
        ],
    }
    manifest = Manifest.model_validate(raw)
    named = {name for pair in pairs for name in pair}
    return ShotJob(
        production="harbour",
        shot=manifest.shots[0],
        people={name: person for name, person in manifest.people.items() if name in named},
        deliver=(),
        store="memory://test",
        colour_config="",
        manifest=str(folder / "shots.yaml"),
    )


def raw_record(person: str) -> dict[str, Any]:
    """A sound record, for tests to spoil."""
    return {
        "schema_version": 1,
        "record_id": f"test-{person}",
        "person": person,
        "subject": {"legal_name": "Nobody"},
        "replica_kind": "employment_based",
        "roles": [ROLES[person]],
        "scope": {
            "production": "harbour",
            "shots": ["sh*"],
            "uses": ["face_replacement"],
            "description": "A made-up record for a test of the gate, which covers all shots of harbour.",
            "valid_from": "2026-01-01",
            "valid_to": "2026-12-31",
        },
        "document": {"sha256": hashlib.sha256(PAPER).hexdigest(), "path": f"{person}.pdf"},
        "revocation": {"status": "none", "checked_at": "2026-11-22T08:00:00Z", "checked_by": "test"},
        "is_test_record": True,
    }


def spoilt(raw: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """``raw`` with the value at ``a.b`` changed (None: taken out)."""
    first, _, rest = path.partition(".")
    if rest:
        return {**raw, first: spoilt(raw[first], rest, value)}
    changed = {**raw, first: value}
    if value is None:
        del changed[first]
    return changed


def evidence_of(raw: dict[str, Any], document: bytes = PAPER) -> Evidence:
    record = ConsentRecord.model_validate(raw)
    revocation = record.revocation
    hashed = hashlib.sha256(document).hexdigest()
    return Evidence(record=record, standing=revocation.status, checked_at=revocation.checked_at, document=hashed)


def both() -> dict[str, Evidence]:
    """Sound evidence for both people."""
    return {person: evidence_of(raw_record(person)) for person in PAIR}


def trainable(person: str) -> dict[str, Any]:
    """A sound record that allows training, too."""
    return spoilt(raw_record(person), "scope.training_allowed", True)
