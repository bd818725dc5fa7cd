"""What the gate checks for crowds whose faces are replaced, and for the banks of their new faces. Pure.

No identity is used, so nobody has agreed to lend their face: but those who are shown must have agreed to be replaced,
or somebody has decided on the legal ground for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from pydantic import JsonValue

from fsvfx.packages import members_for
from fsvfx.rights.decision import Banked, record_digest
from schemas.bank import Basis
from schemas.bank_card import UsedBank
from schemas.job import ShotJob


def bases_of(job: ShotJob) -> tuple[Basis, ...]:
    """The legal grounds stated by its entries, each once."""
    return tuple(dict.fromkeys(entry.basis for entry in job.shot.replace if entry.basis is not None))


def against_crowds(job: ShotJob, now: datetime) -> Iterator[str]:
    """Every reason against replacing unnamed faces."""
    crowd = [entry for entry in job.shot.replace if entry.is_crowd]
    if any(entry.from_bank is None for entry in crowd):
        yield "a person's face would go into a crowd; only those of banks may"
    if any(entry.basis is None and not entry.shown for entry in crowd):
        yield "a crowd is shown without records (shown) or a legal basis (basis); give one of them"
    if any(entry.basis is not None and not entry.is_crowd for entry in job.shot.replace):
        yield "a basis covers unnamed people only; get the consent of anybody who is named"
    for basis in bases_of(job):
        if basis.decided_on > now.astimezone(UTC).date():
            yield f"the basis is dated {basis.decided_on}, which is in the future; decide first"
        if job.shot.nudity_or_sexual:
            yield "a basis does not cover nudity or sexual content; get consent records"


def against_bank(one: Banked) -> Iterator[str]:
    """Every reason against using a bank."""
    bank = one.bank
    if not bank.record.made_up:
        yield f"bank {bank.bank}: record {bank.record.record_id} says that its people exist; use made-up people"
    if one.withdrawn:
        names = ", ".join(one.withdrawn[:5])
        yield f"bank {bank.bank}: the pictures of {names} are withdrawn; leave them out (leave_out)"
    if one.why:
        yield f"bank {bank.bank}: {one.why}"


def members_used(job: ShotJob, bank: UsedBank) -> tuple[str, ...]:
    """The members that entries of the job may use."""
    said = [one for entry in job.shot.replace if (one := entry.from_bank) and one.sha256 == bank.sha256]
    names = (name for one in said for name in members_for(bank, one))
    return tuple(dict.fromkeys(names))


def about_crowds(job: ShotJob) -> dict[str, JsonValue]:
    """Banks and grounds, for the digest; empty for shots with neither."""
    banks: list[JsonValue] = [
        {"bank": one.bank, "sha256": one.sha256, "record": record_digest(one.record)} for one in job.banks
    ]
    bases: list[JsonValue] = [one.model_dump(mode="json") for one in bases_of(job)]
    return {**({"banks": banks} if banks else {}), **({"bases": bases} if bases else {})}
