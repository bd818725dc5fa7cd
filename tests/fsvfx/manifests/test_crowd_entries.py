"""Entries that replace crowds, or get faces from banks: what is wrong in them is told before a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import toy_banks

from fsvfx.errors import ManifestError
from fsvfx.manifests import jobs
from fsvfx.preflight import preflight
from schemas.bank import AllBut
from schemas.bank_card import About
from schemas.job import people_of

SWAP = """- {performer: double, identity: lead, engine: landmark_warp, settings: {},
         overrides: [{frames: 1100-1120, settings: {}}]}"""
BASIS = "basis: {kind: privacy, decided_by: the legal desk, decided_on: 2026-11-20, why: %s}" % ("so it is " * 6)
BANK = "identity: {bank: toys}, engine: landmark_warp"
ALL = f"- {{performers: all, {BANK}, {BASIS}}}"
ENTRY = "shots[0].replace[0]"


@pytest.fixture
def write_entry(write: Callable[..., Path]) -> Callable[[str], Path]:
    """Writes the manifest with other entries, and a bank of four beside it."""

    def write_entry(entries: str) -> Path:
        path = write(entries.replace("\n", "\n      "), SWAP)
        toy_banks.placed(path.parent / "packages")
        return path

    return write_entry


def test_a_crowd_has_an_entry_for_each_face_that_there_is_room_for(write_entry: Callable[[str], Path]) -> None:
    job = jobs(write_entry(ALL.replace("all,", "all, at_most: 3,", 1)))[0]
    assert [entry.performer for entry in job.shot.replace] == ["crowd_1", "crowd_2", "crowd_3"]
    (bank,) = job.banks
    assert {entry.from_bank.sha256 for entry in job.shot.replace if entry.from_bank} == {bank.sha256}
    assert job.shown == ()
    assert [entry.whose for entry in job.shot.told] == ["everybody"]


def test_who_is_left_alone_is_found_by_references(write_entry: Callable[[str], Path]) -> None:
    job = jobs(write_entry(ALL.replace("all,", "{all_but: [lead, 3]},", 1)))[0]
    assert job.shown == ("lead",)
    assert isinstance(job.shot.replace[0].performers, AllBut)
    assert people_of(job.shot.replace[0]) == {"lead"}
    assert job.shot.replace[0].whose == "everybody but lead, 3"


def test_a_named_performer_may_get_a_member_too(write_entry: Callable[[str], Path]) -> None:
    entries = f"- {{performer: lead, {BANK}}}\n" + ALL.replace("all,", "{all_but: [lead]},", 1)
    job = jobs(write_entry(entries))[0]
    assert [entry.performer for entry in job.shot.replace][:2] == ["lead", "crowd_1"]
    assert job.shot.replace[0].goes_in == "bank:toys"


def test_who_is_not_chosen_from_as_nobody_knows_their_age_is_told(write_entry: Callable[[str], Path]) -> None:
    path = write_entry(ALL.replace("toys", "some, age: 20-40"))
    toy_banks.placed(path.parent / "packages", name="some", about=(About(age=30), About(age=50), About(), About()))
    told = [each for each in next(iter(preflight(jobs(path)).values())) if each.field.startswith("identity.bank")]
    assert [(each.what, each.stops) for each in told] == [
        ("the age or sex of 2 of its 4 members is not known: they are not chosen", False)
    ]
    assert "--labels" in told[0].hint


# id, the entries, where it is told, what is told, how it is to be fixed
WRONG = [
    ("neither all nor a list", ALL.replace("all,", "al,", 1), f"{ENTRY}.performers", "not a valid choice",
     "Did you mean all? One of: all, or {all_but: ...}"),
    ("a list of identities", ALL.replace("{bank: toys}", "[lead]"), f"{ENTRY}.identity", "a list is not text",
     "or {bank: ...}"),
    ("nobody", f"- {{{BANK}}}", ENTRY, "nothing says whose face is replaced", "performers: all"),
    ("both", ALL.replace("{", "{performer: double, ", 1), f"{ENTRY}.performer", "both given", "Leave one"),
    ("no ground", f"- {{performers: all, {BANK}}}", ENTRY, "on what legal basis", "basis"),
    ("two grounds", ALL.replace("all,", "all, shown: [double],", 1), f"{ENTRY}.shown", "both given", "Leave one"),
    ("a person into a crowd", f"- {{performers: all, identity: lead, engine: landmark_warp, {BASIS}}}",
     f"{ENTRY}.identity", "can't all get one person's", "bank: NAME"),
    ("a track of a crowd", ALL.replace("all,", "all, track: 1,", 1), f"{ENTRY}.track", "for a single face", "Remove"),
    ("room for one", f"- {{performer: double, at_most: 2, {BANK}}}", f"{ENTRY}.at_most", "for crowds", "performers"),
    ("a basis of a person", f"- {{performer: double, {BANK}, {BASIS}}}", f"{ENTRY}.basis", "for crowds", "performers"),
    ("all and one of them", f"- {{performer: double, {BANK}}}\n{ALL}", "shots[0].replace[1].performers",
     "'double' is already replaced by entry 0", "{all_but: [double]}"),
    ("first, not last", f"{ALL}\n- {{performer: double, {BANK}}}", ENTRY, "comes last", "Move it"),
    ("two crowds", f"{ALL}\n{ALL}", ENTRY, "comes last", "only one"),
    ("nobody to leave alone", ALL.replace("all,", "{all_but: [laed]},", 1), f"{ENTRY}.performers.all_but[0]",
     "'laed' is not among the people", "Did you mean 'lead'"),
    ("nothing tells who", ALL.replace("all,", "{all_but: [double]},", 1), f"{ENTRY}.performers.all_but[0]",
     "nothing says which face is 'double'", "track"),
    ("who is shown", ALL.replace(BASIS, "shown: [duoble]"), f"{ENTRY}.shown[0]", "not among the people", "'double'"),
    ("too short a reason", ALL.replace("so it is " * 6, "because"), f"{ENTRY}.basis.why", "", ""),
    ("no such bank", ALL.replace("toys", "tyos"), f"{ENTRY}.identity", "No bank 'tyos'", "Did you mean 'toys'"),
    ("another sha256", ALL.replace("bank: toys", f"bank: toys, sha256: {'a' * 64}"), f"{ENTRY}.identity",
     "No bank 'toys' has sha256 a", "Versions of 'toys'"),
    ("too few to pick from", "- {performer: lead, identity: {bank: toys, pick: [toy_1]}, engine: landmark_warp}\n"
     + ALL.replace("all,", "{all_but: [lead]},", 1).replace("toys", "toys, pick: [toy_1]"), f"{ENTRY}.identity",
     "has 1 member to choose from, too few for 2 faces", "larger bank"),
    ("ages backwards", ALL.replace("toys", "toys, age: 40-20"), f"{ENTRY}.identity.age", "not an age range", "20-40"),
    ("one age", ALL.replace("toys", "toys, age: 34"), f"{ENTRY}.identity.age", "'34' is one age", "29-39"),
    ("one age in quotes", ALL.replace("toys", "toys, age: '3'"), f"{ENTRY}.identity.age", "'3' is one age", "0-8"),
    ("ages that nobody knows", ALL.replace("toys", "toys, age: 20-40"), f"{ENTRY}.identity",
     "has 0 members to choose from, too few for 1 face", "age or sex of 4 of its members is not known"),
    ("an engine for people", ALL.replace("landmark_warp", "df, settings: {model: a, sha256: %s}" % ("a" * 64)),
     f"{ENTRY}.engine", "people it has learned", "landmark_warp"),
    ("too many", ALL.replace("all,", "all, at_most: 33,", 1), f"{ENTRY}.at_most", "", "32"),
    ("no room beside the others", f"- {{performer: lead, {BANK}}}\n"
     + ALL.replace("all,", "{all_but: [lead]}, at_most: 32,", 1), "shots[0].replace", "room for 32", "at_most"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("entries", "field", "what", "hint"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG]
)
def test_wrong_entries_are_refused(
    write_entry: Callable[[str], Path], entries: str, field: str, what: str, hint: str
) -> None:
    with pytest.raises(ManifestError) as refused:
        jobs(write_entry(entries))
    told = [problem for problem in refused.value.problems if problem.field == field]
    assert told, f"nothing about {field}: {[str(problem) for problem in refused.value.problems]}"
    assert any(what in one.what and hint in one.hint for one in told), [str(one) for one in told]
