"""Blanks: what only a person can fill in is listed by file, field and line, with what is expected there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from train_manifest import written

from fsvfx.errors import Blank, ManifestError
from fsvfx.manifests import jobs, load_either

RECORD = """\
schema_version: 1
record_id: harbour-lead-01
person: lead
subject:
  legal_name:
  guild_id: null
replica_kind: TODO
roles: [source_identity]
scope:
  production: harbour
  shots: ["*"]
  uses: [TODO]
  description: "TODO: what is shown of Ada Lead, and where"
  valid_from: ""
document:
  sha256: TODO
revocation: {status: none, checked_at: 2026-11-22T08:00:00Z}
notes: "TODO: renew in spring"
"""


def blanks(path: Path) -> list[Blank]:
    with pytest.raises(ManifestError) as refused:
        load_either(path)
    return [problem for problem in refused.value.problems if isinstance(problem, Blank)]


@pytest.mark.parametrize("blank", ["TODO", '"TODO"', "", "null", '""', '"TODO: who performs"'])
def test_a_blank_is_told_with_its_place(write: Callable[..., Path], blank: str) -> None:
    path = write(f"performer: {blank}, identity", "performer: double, identity")
    [told] = blanks(path)
    assert (told.field, told.line) == ("shots[0].replace[0].performer", 10)
    wanted = " who performs" if "who" in blank else ": the person whose face is in the plate"
    assert str(told) == f"{path}:10 shots[0].replace[0].performer: write{wanted}"


def test_it_is_the_only_problem_of_its_field(write: Callable[..., Path]) -> None:
    with pytest.raises(ManifestError) as refused:
        jobs(write("engine: TODO, settings", "engine: landmark_warp, settings"))
    [told] = refused.value.problems
    assert isinstance(told, Blank)


def test_other_fields_are_checked_beside_it(write: Callable[..., Path]) -> None:
    with pytest.raises(ManifestError) as refused:
        jobs(write("performer: TODO, identity: nobody", "performer: double, identity: lead"))
    fields = [problem.field for problem in refused.value.problems]
    assert fields == ["shots[0].replace[0].identity", "shots[0].replace[0].performer"]


@pytest.mark.parametrize(
    ("old", "new"), [("frames: 1001-1240", "frames: TODO"), ("chunk_size: 24", "chunk_size: TODO")]
)
def test_values_that_are_no_text_may_be_blank(write: Callable[..., Path], old: str, new: str) -> None:
    assert len(blanks(write(new, old))) == 1


def test_what_may_be_nothing_is_no_blank(write: Callable[..., Path]) -> None:
    load_either(write("color_space: sRGB, frame_rate: null", "color_space: sRGB"))


def test_a_choice_is_told_with_what_it_may_be(write: Callable[..., Path]) -> None:
    [told] = blanks(write("{mode: TODO,", "{mode: seamless,"))
    assert told.hint.startswith("Write one of: original, overlay")


def test_a_training_manifest_has_blanks(tmp_path: Path) -> None:
    [told] = blanks(written(tmp_path / "job", ("identity: lead", "identity: TODO"), ("engine: df", "engine: df")))
    assert str(told).endswith("train.yaml:6 identity: write: the person whose face goes in; short for 'learn.identity'")


def test_blanks_in_consent_records_are_told_with_theirs(write: Callable[..., Path]) -> None:
    path = write("store: TODO", "store: work/")
    record = path.parent / "consents/lead.yaml"
    record.parent.mkdir()
    record.write_text(RECORD)
    told = blanks(path)
    places = [(Path(one.file).name, one.line, one.field) for one in told]
    assert places == [
        ("shots.yaml", 19, "store"),
        ("lead.yaml", 5, "subject.legal_name"),
        ("lead.yaml", 7, "replica_kind"),
        ("lead.yaml", 12, "scope.uses[0]"),
        ("lead.yaml", 13, "scope.description"),
        ("lead.yaml", 14, "scope.valid_from"),
        ("lead.yaml", 16, "document.sha256"),
    ]
    assert str(told[4]).endswith("consents/lead.yaml:13 scope.description: write what is shown of Ada Lead, and where")


def test_a_run_leaves_the_records_to_the_gate(write: Callable[..., Path]) -> None:
    path = write()
    record = path.parent / "consents/lead.yaml"
    record.parent.mkdir()
    record.write_text(RECORD)
    assert len(jobs(path)) == 2
