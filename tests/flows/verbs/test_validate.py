"""``fsvfx validate``, of manifests of either kind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flows import cli

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
TRAINING = EXAMPLES / "train.yaml"


def test_a_training_in_order_is_told_for_machines(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.code_of(["validate", str(TRAINING), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["valid"]
    assert told["training"]["learned"] == ["lead", "double"]
    assert told["training"]["footage"][2]["of"] == "shot sq010_sh0040 of harbour.yaml"


@pytest.mark.parametrize("name", ["train", "train_comb", "harbour"])
def test_a_manifest_in_order_is_told_to_people(capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert cli.code_of(["validate", str(EXAMPLES / f"{name}.yaml")]) == 0
    assert ": valid" in capsys.readouterr().out


def test_what_is_wrong_in_a_training_is_told_with_its_place(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "harbour.yaml").write_text((EXAMPLES / "harbour.yaml").read_text())
    (tmp_path / "train.yaml").write_text(TRAINING.read_text().replace("engine: df", "engine: dff"))
    assert cli.code_of(["validate", str(tmp_path / "train.yaml"), "--json"]) == 2
    [problem] = json.loads(capsys.readouterr().out)["error"]["problems"]
    assert (problem["field"], problem["line"]) == ("engine", 6)
    assert "'df'" in problem["hint"]


def test_a_training_has_no_shots(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.code_of(["validate", str(TRAINING), "--shot", "sh0040"]) == 2
    assert "no shots" in capsys.readouterr().err
