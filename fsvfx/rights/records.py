"""Reads consent records, their documents and registers from disk, as input for the gate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from fsvfx import spelling
from fsvfx.digests import sha256_of
from fsvfx.documents import read_yaml, validated, without_blanks
from fsvfx.errors import Problem, RightsError
from fsvfx.media.collections import chosen, everybody_in
from fsvfx.reach import Reach, ReachError
from fsvfx.rights.decision import Banked, CollectionEvidence, Evidence, Missing, Rostered
from schemas.bank_card import UsedBank
from schemas.base import StrictModel
from schemas.collection import CollectionRecord
from schemas.consent import ConsentRecord, Revocation, RevocationRegister, Standing
from schemas.job import CollectionJob
from schemas.manifest import Person
from schemas.roster import Roster

M = TypeVar("M", bound=StrictModel)
_ANYWHERE = Reach(Path("/"))
"""Users who pass records name their files."""


class RecordError(Exception):
    """A record, register or document that can't be used: why, and how to fix it."""


def evidence(reach: Reach, people: Mapping[str, Person], person: str) -> Evidence | Missing:
    """The data on ``person``'s consent; never raises for problems with it."""
    if person not in people:
        return Missing("they are not among the manifest's people; add them with their consent record")
    try:
        return _gathered(reach, Path(people[person].consent))
    except RecordError as error:
        return Missing(str(error))


def collection_record(path: Path) -> CollectionRecord:
    """A collection's record, named by the user of fsvfx. Raises RightsError if it can't be used."""
    try:
        return _read(path.absolute(), CollectionRecord)
    except RecordError as error:
        raise RightsError((str(error),)) from error


def collection_evidence(reach: Reach, collection: CollectionJob) -> CollectionEvidence | Missing:
    """The data on a picture collection's record, and its people to be learned; never raises."""
    everybody = everybody_in(Path(collection.folder))
    people = tuple(chosen(everybody, collection.only, collection.leave_out))
    path = Path(collection.record)
    try:
        record = _read(_reached(reach, path), CollectionRecord)
    except RecordError as error:
        return Missing(str(error))
    said = _papers(record, reach, path.parent)
    withdrawn = tuple(name for name in people if said.known.get(f"{record.record_id}.{name}") == "revoked")
    return CollectionEvidence(
        collection.name,
        record,
        people,
        said.standing,
        said.checked_at,
        said.document,
        withdrawn,
        said.no_register,
        said.no_document,
    )


def rostered(reach: Reach, model: str, roster: Roster, register: str) -> Rostered:
    """A general model's roster, and the ``register`` (a path; empty if none is named); never raises."""
    if not register:
        return Rostered(model, roster, None, "name the register in which they are looked up (revocations)")
    try:
        return Rostered(model, roster, _read(_reached(reach, Path(register)), RevocationRegister))
    except RecordError as error:
        return Rostered(model, roster, None, str(error))


def banked(reach: Reach, bank: UsedBank, members: Sequence[str], register: str) -> Banked:
    """A bank, and which of ``members`` the ``register`` (a path; empty if none is named) withdraws; never raises."""
    if not register:
        return Banked(bank)
    try:
        known = _read(_reached(reach, Path(register)), RevocationRegister).records
    except RecordError as error:
        return Banked(bank, why=str(error))
    all_gone = known.get(bank.record.record_id) == "revoked"
    gone = [name for name in members if all_gone or known.get(f"{bank.record.record_id}.{name}") == "revoked"]
    return Banked(bank, tuple(gone))


def records_of(consent: Iterable[str | Path | ConsentRecord]) -> dict[str, Evidence]:
    """The data on each person's consent, from the records themselves: loaded, or at a path anywhere.

    Paths in a loaded record are relative to the working folder. Raises RightsError with every record that can't be
    used, or that is the second one of a person.
    """
    found: dict[str, Evidence] = {}
    wrong: list[str] = []
    for one in consent:
        try:
            if isinstance(one, ConsentRecord):
                made = _evidence(one, _ANYWHERE, Path.cwd())
            else:
                made = _gathered(_ANYWHERE, Path(one).absolute())
        except RecordError as error:
            wrong.append(str(error))
            continue
        if made.record.person in found:
            wrong.append(f"there are two records of {made.record.person}; pass only the one that counts")
        found[made.record.person] = made
    if wrong:
        raise RightsError(tuple(wrong))
    return found


def _gathered(reach: Reach, path: Path) -> Evidence:
    return _evidence(_read(_reached(reach, path), ConsentRecord), reach, path.parent)


def _evidence(record: ConsentRecord, reach: Reach, folder: Path) -> Evidence:
    """``folder``: the base of the record's relative paths."""
    said = _papers(record, reach, folder)
    return Evidence(record, said.standing, said.checked_at, said.document, said.no_register, said.no_document)


@dataclass
class _Papers:
    """The contents of a record's register and document, as in ``Evidence``. known: all entries of the register."""

    standing: Standing | None = None
    checked_at: datetime | None = None
    known: Mapping[str, Standing] = field(default_factory=dict)
    document: str | None = None
    no_register: str = ""
    no_document: str = ""


def _papers(record: ConsentRecord | CollectionRecord, reach: Reach, folder: Path) -> _Papers:
    found = _Papers()
    try:
        found.standing, found.checked_at, found.known = _standing(record.record_id, record.revocation, reach, folder)
    except RecordError as error:
        found.no_register = str(error)
    document = record.document.path if record.document else None
    try:
        found.document = _hash(_reached(reach, folder / document)) if document else None
    except RecordError as error:
        found.no_document = str(error)
    return found


def _standing(
    record: str, revocation: Revocation | None, reach: Reach, folder: Path
) -> tuple[Standing | None, datetime | None, Mapping[str, Standing]]:
    """From the record itself, or from its register, with all of the register's entries. Raises RecordError."""
    if revocation is None:
        return None, None, {}
    if not revocation.register_file:
        return revocation.status, revocation.checked_at, {}
    register = _read(_reached(reach, folder / revocation.register_file), RevocationRegister)
    return register.records.get(record), register.checked_at, register.records


def _reached(reach: Reach, path: Path) -> Path:
    try:
        return reach.file(str(path))
    except ReachError as error:
        raise RecordError(str(error)) from error


def _read(path: Path, model: type[M]) -> M:
    if not path.is_file():
        near = spelling.near(path)
        wanted = "have it kept there" if model is RevocationRegister else "get consent, and save its record there"
        hint = f"Did you mean '{near}'?" if near else wanted
        raise RecordError(f"{path} does not exist; {hint}")
    document = read_yaml(path)
    if not isinstance(document.data, dict) and not document.problems:
        document.tell((), "a record must be a mapping", "Begin it with schema_version: 1")
    found: M | None = None
    if isinstance(document.data, dict):
        found = validated(without_blanks(document.data, model, document), model, document)
    if found is None or document.problems:
        raise RecordError(f"{path} can't be used: " + "; ".join(map(_told, document.problems)))
    return found


def _told(problem: Problem) -> str:
    return str(problem).rstrip(".")


def _hash(path: Path) -> str:
    try:
        return sha256_of(path)
    except OSError as error:
        raise RecordError(f"the document {path} can't be read ({error.strerror}); restore it") from error
