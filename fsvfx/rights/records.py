"""Reads consent records, their documents and registers from disk: what the gate then judges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from fsvfx import spelling
from fsvfx.digests import sha256_of
from fsvfx.documents import read_yaml, validated, without_blanks
from fsvfx.errors import Problem, RightsError
from fsvfx.reach import Reach, ReachError
from fsvfx.rights.decision import Evidence, Missing
from schemas.base import StrictModel
from schemas.consent import ConsentRecord, RevocationRegister
from schemas.manifest import Person

M = TypeVar("M", bound=StrictModel)
_ANYWHERE = Reach(Path("/"))
"""Whoever hands over records names their files."""


class RecordError(Exception):
    """A record, register or document that can't be used: why, and how to fix it."""


def evidence(reach: Reach, people: Mapping[str, Person], person: str) -> Evidence | Missing:
    """What there is of ``person``'s consent; never raises for what is wrong with it."""
    if person not in people:
        return Missing("they are not among the manifest's people; add them with their consent record")
    try:
        return _gathered(reach, Path(people[person].consent))
    except RecordError as error:
        return Missing(str(error))


def records_of(consent: Iterable[str | Path | ConsentRecord]) -> dict[str, Evidence]:
    """What there is of each person's consent, by the records themselves: loaded, or at a path anywhere.

    Paths in a loaded record are relative to the working folder. Raises RightsError with every record that can't be
    used, or that is a second one of the same person.
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
            wrong.append(f"there are two records of {made.record.person}; hand over the one that counts")
        found[made.record.person] = made
    if wrong:
        raise RightsError(tuple(wrong))
    return found


def _gathered(reach: Reach, path: Path) -> Evidence:
    return _evidence(_read(_reached(reach, path), ConsentRecord), reach, path.parent)


def _evidence(record: ConsentRecord, reach: Reach, folder: Path) -> Evidence:
    """``folder``: what the record's paths are relative to."""
    revocation = record.revocation
    standing, checked_at = revocation.status, revocation.checked_at
    if revocation.register_file:
        register = _read(_reached(reach, folder / revocation.register_file), RevocationRegister)
        standing, checked_at = register.records.get(record.record_id), register.checked_at
    document = record.document.path
    hashed = _hash(_reached(reach, folder / document)) if document else None
    return Evidence(record=record, standing=standing, checked_at=checked_at, document=hashed)


def _reached(reach: Reach, path: Path) -> Path:
    try:
        return reach.file(str(path))
    except ReachError as error:
        raise RecordError(str(error)) from error


def _read(path: Path, model: type[M]) -> M:
    if not path.is_file():
        near = spelling.near(path)
        hint = f"Did you mean '{near}'?" if near else "get consent, and save its record there"
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
