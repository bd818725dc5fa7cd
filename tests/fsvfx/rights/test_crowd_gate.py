"""The gate of crowds: nobody's face goes in, and whoever is shown has a record, or somebody has decided on a ground."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import toy_banks
from gate_cases import NOW, both, job

from fsvfx.reach import Reach
from fsvfx.rights.banks import members_used
from fsvfx.rights.decision import Banked, Decision
from fsvfx.rights.gates import asked_for_swap, check_swap
from fsvfx.rights.records import banked
from schemas.bank_card import UsedBank
from schemas.job import ShotJob

BASIS = {
    "kind": "privacy",
    "decided_by": "the legal desk",
    "decided_on": "2026-11-20",
    "why": "Passers-by behind the actors, who were not asked and must not be recognized.",
}
CROWD = {"performers": "all", "identity": {"bank": "toys", "sha256": "0" * 64}, "engine": "landmark_warp"}


def used(**said: Any) -> UsedBank:
    return UsedBank(**toy_banks.card(**said).model_dump(include=set(UsedBank.model_fields)))


def crowd(entry: dict[str, Any], *, bank: UsedBank | None = None, **shot: Any) -> ShotJob:
    """A shot whose whole crowd is replaced, as its job has it."""
    plain = job(swaps=[], replace=[{**CROWD, **entry}], **shot)
    entries = tuple(each for one in plain.shot.replace for each in one.each)
    made = plain.shot.model_copy(update={"replace": entries})
    return plain.model_copy(update={"shot": made, "banks": (bank or used(),)})


def asked(one: ShotJob, **bank: Any) -> Decision:
    return check_swap(one, both(), NOW, banks=[Banked(each, **bank) for each in one.banks])


def test_a_crowd_with_a_ground_asks_nobody() -> None:
    one = crowd({"basis": BASIS})
    assert asked_for_swap(one) == {}
    assert asked(one).allow
    assert asked(one).test_records == ("toys-01",)


def test_a_crowd_of_named_people_asks_each_for_their_record() -> None:
    assert asked_for_swap(crowd({"shown": ["double"]})) == {"double": "performer"}
    assert asked(crowd({"shown": ["double"]})).allow
    (why,) = asked(crowd({"shown": ["lead"]})).reasons
    assert "does not cover the role target_performer" in why


@pytest.mark.parametrize(
    ("entry", "shot", "bank", "reason"),
    [
        ({}, {}, {}, "without records (shown) or a legal basis"),
        ({"basis": {**BASIS, "decided_on": "2026-11-23"}}, {}, {}, "which is in the future"),
        ({"basis": BASIS}, {"nudity_or_sexual": True}, {}, "does not cover nudity"),
        ({"basis": BASIS, "identity": "lead"}, {}, {}, "a person's face would go into a crowd"),
        ({"basis": BASIS}, {}, {"withdrawn": ("toy_2",)}, "the pictures of toy_2 are withdrawn"),
        ({"basis": BASIS}, {}, {"why": "the register is gone; restore it"}, "the register is gone"),
    ],
    ids=["no ground", "of tomorrow", "nudity", "a person's face", "withdrawn", "no register"],
)
def test_one_fault_is_enough(entry: dict[str, Any], shot: dict[str, Any], bank: dict[str, Any], reason: str) -> None:
    decision = asked(crowd(entry, **shot), **bank)
    assert not decision.allow
    assert any(reason in why for why in decision.reasons), decision.reasons


def test_a_bank_of_people_who_exist_is_refused() -> None:
    record = toy_banks.record().model_copy(update={"made_up": False})
    decision = asked(crowd({"basis": BASIS}, bank=used().model_copy(update={"record": record})))
    assert any("its people exist" in why for why in decision.reasons)


def test_a_basis_spares_nobody_who_is_named() -> None:
    entry = {"performer": "double", "performers": None, "basis": BASIS}
    one = crowd(entry)
    assert asked_for_swap(one) == {"double": "performer"}
    assert any("a basis covers unnamed people only" in why for why in asked(one).reasons)


def test_the_digest_tells_banks_and_grounds_apart_and_leaves_other_shots_alone() -> None:
    other = {**BASIS, "decided_by": "somebody else"}
    digests = [asked(one).digest for one in (crowd({"basis": BASIS}), crowd({"basis": other}))]
    digests.append(asked(crowd({"basis": BASIS}, bank=used(statement="x" * 50))).digest)
    assert len(set(digests)) == 3
    assert check_swap(job(), both(), NOW).digest == check_swap(job(), both(), NOW, banks=[]).digest


def test_the_register_withdraws_members_that_may_go_in(tmp_path: Path) -> None:
    register = tmp_path / "register.yaml"
    register.write_text(
        "schema_version: 1\nchecked_at: 2026-11-22T08:00:00Z\nchecked_by: test\n"
        "records: {toys-01.toy_2: revoked, toys-01.toy_3: none}\n"
    )
    reach = Reach(tmp_path / "shots.yaml")
    one = crowd({"basis": BASIS})
    assert members_used(one, one.banks[0]) == ("toy_1", "toy_2", "toy_3", "toy_4")
    assert banked(reach, one.banks[0], members_used(one, one.banks[0]), str(register)).withdrawn == ("toy_2",)
    picked = crowd({"basis": BASIS, "identity": {**CROWD["identity"], "leave_out": ["toy_2"]}})  # type: ignore[dict-item]
    assert banked(reach, picked.banks[0], members_used(picked, picked.banks[0]), str(register)).withdrawn == ()
    assert "does not exist" in banked(reach, one.banks[0], (), str(tmp_path / "gone.yaml")).why


def test_what_was_decided_is_kept() -> None:
    from fsvfx.rights.banks import bases_of

    (basis,) = bases_of(crowd({"basis": BASIS}))
    assert (basis.decided_by, basis.decided_on) == ("the legal desk", date(2026, 11, 20))
