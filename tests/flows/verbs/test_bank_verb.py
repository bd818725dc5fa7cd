"""``fsvfx bank``: what is built can be listed and shown; what can't be built is told with the way out."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import toy_banks

from flows.cli import code_of
from fsvfx.banks.looks import WORDS
from fsvfx.packages import root_of
from schemas.bank_card import About


def test_banks_are_listed_broken_ones_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    card = toy_banks.placed(tmp_path)
    broken = tmp_path / "broken/000000000000"
    broken.mkdir(parents=True)
    (broken / "bank.yaml").write_text("- no card\n")
    assert code_of(["bank", "list", "--packages", str(tmp_path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["banks"]
    assert [one.get("sha256") for one in told] == [None, card.sha256]
    assert "can't be read" in told[0]["broken"]
    assert code_of(["bank", "list", "--packages", str(tmp_path)]) == 0
    assert "toys" in capsys.readouterr().out


@pytest.mark.parametrize("verb", [["list"], ["show", "toys"]])
def test_what_was_built_is_found_without_a_word_about_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, verb: list[str]
) -> None:
    """`build` puts it into packages/ where nothing else is named; there the others look."""
    monkeypatch.delenv("FSVFX_PACKAGES", raising=False)
    monkeypatch.chdir(tmp_path)
    toy_banks.placed(root_of(""))
    assert code_of(["bank", *verb]) == 0
    assert "toy" in capsys.readouterr().out


def test_a_bank_is_shown_with_what_was_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    toy_banks.placed(tmp_path, about=(About(age=31.5, sex="male"), *[About()] * 3))
    assert code_of(["bank", "show", "toys", "--packages", str(tmp_path), "--json"]) == 0
    members = json.loads(capsys.readouterr().out)["members"]
    assert [one["member"] for one in members] == ["toy_1", "toy_2", "toy_3", "toy_4"]
    assert set(members[0]) == {"member", *About.model_fields, *WORDS, "skin_l", "skin_a", "skin_b"}
    assert [one["age"] for one in members] == [31.5, None, None, None]
    assert code_of(["bank", "show", "toys", "--packages", str(tmp_path)]) == 0
    assert "None" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "what"),
    [
        (["show", "toyz"], 2, "Did you mean 'toys'"),
        (["build", "new bank", "--strangers", "2"], 2, "can't be a bank's name"),
        (["build", "new"], 2, "either from pictures or from strangers"),
        (["build", "new", "{}", "--strangers", "2"], 2, "either from pictures or from strangers"),
        (["build", "new", "{}"], 2, "--record"),
        (["build", "new", "{}", "--record", "{}/none.yaml"], 3, "does not exist"),
        (["build", "new", "--strangers", "2", "--model", "refined"], 2, "No model package 'refined'"),
    ],
)
def test_what_is_wrong_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, what: str
) -> None:
    toy_banks.placed(tmp_path)
    given = [each.format(tmp_path) for each in arguments]
    assert code_of(["bank", *given, "--packages", str(tmp_path)]) == code
    assert what in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    "verb", [["bank", "list"], ["bank", "show", "toys"], ["models", "list"], ["models", "show", "mine"]], ids=" ".join
)
def test_a_folder_of_packages_that_is_not_there_is_told(
    verb: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert code_of([*verb, "--packages", str(tmp_path / "absent")]) == 2
    assert "There is no folder" in capsys.readouterr().err


def test_who_is_left_out_of_a_bank_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = tmp_path / "record.yaml"
    record.write_text(toy_banks.record().model_dump_json())
    for name in ("toy_1/1.png", "bob smith/1.png"):
        path = tmp_path / "people" / name
        path.parent.mkdir(parents=True)
        cv2.imwrite(str(path), np.full((96, 96, 3), 127, np.uint8))
    assert code_of(["bank", "build", "new", str(tmp_path / "people"), "--record", str(record)]) == 2
    told = capsys.readouterr().out
    assert "Skipped bob smith: these folders' names can't be used as people's names. Rename" in told
    assert "No face of 64 px or more: toy_1" in told
