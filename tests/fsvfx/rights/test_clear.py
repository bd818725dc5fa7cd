"""The gate with its paper: records, documents and registers on disk."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from gate_cases import NOW, PAPER, job, raw_record, spoilt

from fsvfx.errors import RightsError
from fsvfx.rights import clear, clear_all


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A production's folder with sound records of both people."""
    (tmp_path / "consents").mkdir()
    for person in ("lead", "double"):
        write(tmp_path, person, raw_record(person))
        (tmp_path / f"consents/{person}.pdf").write_bytes(PAPER)
    return tmp_path


def write(folder: Path, person: str, raw: dict[str, Any] | str) -> None:
    text = raw if isinstance(raw, str) else json.dumps(raw, indent=1)
    (folder / f"consents/{person}.yaml").write_text(text)


def refused(folder: Path) -> str:
    with pytest.raises(RightsError) as error:
        clear(job(folder=folder), NOW)
    assert error.value.exit_code == 3
    return "\n".join(error.value.reasons)


def test_sound_records_clear(folder: Path) -> None:
    assert clear(job(folder=folder), NOW).records == ("test-double", "test-lead")


def test_the_present_is_asked_if_no_time_is_given(folder: Path) -> None:
    """The records' check is from 2026-11-22: at whatever time this runs, the gate looks at the clock."""
    write(folder, "lead", spoilt(raw_record("lead"), "scope.valid_to", "2026-01-02"))
    with pytest.raises(RightsError, match="ended on 2026-01-02"):
        clear(job(folder=folder))


def test_many_shots_share_what_was_read_only_within_one_call(folder: Path) -> None:
    clear_all([job(folder=folder)] * 2, NOW)
    (folder / "consents/lead.yaml").unlink()
    with pytest.raises(RightsError, match="lead"):
        clear_all([job(folder=folder)] * 2, NOW)


def test_shots_of_two_folders_share_nothing(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    bare = tmp_path_factory.mktemp("bare")
    with pytest.raises(RightsError, match="does not exist"):
        clear_all([job(folder=folder), job(folder=bare)], NOW)


def test_all_reasons_against_all_shots_are_told_at_once(folder: Path) -> None:
    ended = spoilt(raw_record("lead"), "scope.valid_to", "2026-01-02")
    write(folder, "lead", spoilt(ended, "scope.shots", ["sh0050"]))
    names = ("sh0040", "sh0050", "sh0060")
    with pytest.raises(RightsError) as error:
        clear_all([job(folder=folder, name=name) for name in names], NOW)
    assert list(error.value.reasons) == [
        "sh0040, sh0050, sh0060: lead (identity): the consent ended on 2026-01-02; get it renewed",
        "sh0040: lead (identity): shot sh0040 is not among the consented shots (sh0050); get it added",
        "sh0060: lead (identity): shot sh0060 is not among the consented shots (sh0050); get it added",
    ]
    assert error.value.where.file == str(folder / "shots.yaml")


def test_one_refused_shot_is_named_as_if_it_were_alone(folder: Path) -> None:
    write(folder, "lead", spoilt(raw_record("lead"), "scope.shots", ["sh0050"]))
    with pytest.raises(RightsError) as error:
        clear_all([job(folder=folder, name=name) for name in ("sh0050", "sh0060")], NOW)
    assert error.value.where.shot == "sh0060"
    assert error.value.reasons[0].startswith("lead (identity): ")


@pytest.mark.parametrize("lost", ["document", "register"])
def test_a_file_that_cannot_be_read_hides_no_other_reason(folder: Path, lost: str) -> None:
    ended = spoilt(raw_record("lead"), "scope.valid_to", "2026-01-02")
    if lost == "document":
        (folder / "consents/lead.pdf").unlink()
    else:
        ended = {**ended, "revocation": {"register": "none.yaml"}}
    write(folder, "lead", ended)
    told = refused(folder).splitlines()
    assert len(told) == 2
    assert any("ended on 2026-01-02" in reason for reason in told)
    said = {"document": "lead.pdf can't be read", "register": "none.yaml does not exist; have it kept there"}
    assert any(said[lost] in reason for reason in told)


def test_nobody_is_asked_where_nothing_is_swapped(tmp_path: Path) -> None:
    assert clear(job(folder=tmp_path, swaps=[]), NOW).allow


# id, field of the lead's record, its value (None: taken out), what the refusal says
WRONG = [
    ("not a version", "schema_version", None, "schema_version is missing"),
    ("newer version", "schema_version", 2, "2 is not a valid choice"),
    ("no person", "person", None, "person is missing"),
    ("no production", "scope.production", None, "scope.production"),
    ("no shots", "scope.shots", [], "scope.shots"),
    ("shots as text", "scope.shots", "*", "is not a list"),
    ("unknown use", "scope.uses", ["advert"], "scope.uses[0]"),
    ("short description", "scope.description", "as agreed", "at least 40 characters"),
    ("unknown role", "roles", ["identity"], "Did you mean source_identity?"),
    ("no role", "roles", [], "roles"),
    ("date of no calendar", "scope.valid_to", "2026-13-01", "Write it as 2026-11-22"),
    ("date in words", "scope.valid_from", "soon", "Write it as 2026-11-22"),
    ("ends before it starts", "scope.valid_to", "2025-01-01", "valid_to is before valid_from"),
    ("short hash", "document.sha256", "abc", "64 digits of 0-9a-f"),
    ("no document", "document", None, "document is missing"),
    ("time without a zone", "revocation.checked_at", "2026-11-22T08:00:00", "Add a time zone"),
    ("time of no calendar", "revocation.checked_at", "today", "2026-11-22T08:00:00Z"),
    ("revocation half told", "revocation.checked_at", None, "either status with checked_at"),
    ("revocation told twice", "revocation.register", "r.yaml", "either status with checked_at"),
    ("unknown standing", "revocation.status", "maybe", "none, revoked"),
    ("unknown key", "scope.shot", ["*"], "Did you mean 'shots'?"),
    ("minor without guardian", "subject.is_minor", True, "needs a guardian"),
    ("dead without representative", "subject.deceased", True, "needs a representative"),
    ("test record: yes", "is_test_record", "yes", "true or false"),
    ("document elsewhere", "document.path", "../../secret.pdf", "outside the manifest's folder"),
    ("document missing", "document.path", "none.pdf", "can't be read"),
]


@pytest.mark.parametrize(("path", "value", "said"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_a_wrong_record_is_none(folder: Path, path: str, value: object, said: str) -> None:
    write(folder, "lead", spoilt(raw_record("lead"), path, value))
    before = sorted(folder.rglob("*"))
    told = refused(folder)
    assert told.startswith("lead (identity): ")
    assert said in told
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("- a\n", "a record must be a mapping"),
        ("a: [", "not valid YAML"),
        ("a: 1\na: 2\n", "given twice"),
    ],
    ids=["empty", "a list", "broken", "a key twice"],
)
def test_a_file_that_is_no_record(folder: Path, text: str, said: str) -> None:
    write(folder, "double", text)
    assert said in refused(folder)


def test_missing_records_of_both(folder: Path) -> None:
    for person in ("lead", "double"):
        (folder / f"consents/{person}.yaml").unlink()
    told = refused(folder).splitlines()
    assert len(told) == 2
    assert all("does not exist" in one and "get consent" in one for one in told)


def test_a_changed_document(folder: Path) -> None:
    (folder / "consents/double.pdf").write_bytes(b"forged")
    assert "does not match its sha256" in refused(folder)


def test_a_record_that_is_a_link_out(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Links may have been laid after validation: the gate looks again."""
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "lead.yaml"
    elsewhere.write_text(json.dumps(raw_record("lead")))
    (folder / "consents/lead.yaml").unlink()
    (folder / "consents/lead.yaml").symlink_to(elsewhere)
    assert "outside the manifest's folder" in refused(folder)


@pytest.fixture
def register(folder: Path) -> Path:
    """Both records keep their standing in a register."""
    for person in ("lead", "double"):
        write(folder, person, spoilt(raw_record(person), "revocation", {"register": "revocations.yaml"}))
    path = folder / "consents/revocations.yaml"
    path.write_text(
        "schema_version: 1\nchecked_at: 2026-11-22T08:00:00Z\nchecked_by: rights desk\n"
        "records: {test-lead: none, test-double: none}\n"
    )
    return path


def test_a_register_speaks_for_its_records(folder: Path, register: Path) -> None:
    assert clear(job(folder=folder), NOW).allow
    with pytest.raises(RightsError, match="over 24 hours ago"):
        clear(job(folder=folder), NOW + timedelta(days=1))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("test-lead: none", "test-lead: revoked", "lead (identity): the consent (record test-lead) is revoked"),
        ("test-lead: none, ", "", "does not list record test-lead"),
        ("test-lead: none", "test-lead: no", "none, revoked"),
        ("08:00:00Z", "08:00:00", "Add a time zone"),
        ("checked_by: rights desk\n", "", "checked_by is missing"),
    ],
    ids=["revoked", "not listed", "unknown standing", "no zone", "nobody"],
)
def test_a_register_refuses(folder: Path, register: Path, old: str, new: str, said: str) -> None:
    register.write_text(register.read_text().replace(old, new))
    assert said in refused(folder)


def test_a_missing_register(folder: Path, register: Path) -> None:
    register.unlink()
    assert "revocations.yaml" in refused(folder)
