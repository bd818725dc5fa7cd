"""Reads consent records, their documents and registers from disk: what the gate then judges."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from fsvfx import spelling
from fsvfx.digests import sha256_of
from fsvfx.documents import read_yaml, validated, without_blanks
from fsvfx.errors import Problem
from fsvfx.reach import Reach, ReachError
from fsvfx.rights.decision import Evidence, Missing
from schemas.base import StrictModel
from schemas.consent import ConsentRecord, RevocationRegister
from schemas.manifest import Person

M = TypeVar("M", bound=StrictModel)


class RecordError(Exception):
    """A record, register or document that can't be used: why, and how to fix it."""


def evidence(reach: Reach, people: Mapping[str, Person], person: str) -> Evidence | Missing:
    """What there is of ``person``'s consent; never raises for what is wrong with it."""
    if person not in people:
        return Missing("they are not among the manifest's people; add them there, with their consent record")
    try:
        return _gathered(reach, Path(people[person].consent))
    except RecordError as error:
        return Missing(str(error))


def _gathered(reach: Reach, path: Path) -> Evidence:
    record = _read(_reached(reach, path), ConsentRecord)
    revocation = record.revocation
    standing, checked_at = revocation.status, revocation.checked_at
    if revocation.register_file:
        register = _read(_reached(reach, path.parent / revocation.register_file), RevocationRegister)
        standing, checked_at = register.records.get(record.record_id), register.checked_at
    document = record.document.path
    hashed = _hash(_reached(reach, path.parent / document)) if document else None
    return Evidence(record=record, standing=standing, checked_at=checked_at, document=hashed)


def _reached(reach: Reach, path: Path) -> Path:
    try:
        return reach.file(str(path))
    except ReachError as error:
        raise RecordError(str(error)) from error


def _read(path: Path, model: type[M]) -> M:
    if not path.is_file():
        near = spelling.near(path)
        hint = f"Did you mean '{near}'?" if near else "get the consent, and write its record there"
        raise RecordError(f"there is no {path}; {hint}")
    document = read_yaml(path)
    if not isinstance(document.data, dict) and not document.problems:
        document.tell((), "a record is a mapping", "Begin it with schema_version: 1")
    found: M | None = None
    if isinstance(document.data, dict):
        found = validated(without_blanks(document.data, model, document), model, document)
    if found is None or document.problems:
        raise RecordError(f"{path} is not usable: " + "; ".join(map(_told, document.problems)))
    return found


def _told(problem: Problem) -> str:
    return str(problem).rstrip(".")


def _hash(path: Path) -> str:
    try:
        return sha256_of(path)
    except OSError as error:
        raise RecordError(f"the document {path} can't be read ({error.strerror}); put it back") from error
