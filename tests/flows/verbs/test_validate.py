"""``fsvfx validate``, of manifests of either kind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from footage import write_stills, write_video

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


def test_what_consent_lacks_is_told_beforehand_and_refused_later(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Media can be checked while records are still to be signed."""
    write_video(tmp_path / "plate.mp4", 4)
    write_stills(str(tmp_path / "face.%04d.png"), [1])
    swap = "{performer: double, identity: lead, engine: landmark_warp}"
    (tmp_path / "one.yaml").write_text(
        f"""schema_version: 1
production: harbour
people:
  lead: {{references: [face.0001.png], consent: lead.yaml}}
  double: {{references: [], consent: double.yaml}}
shots:
  - name: sh0040
    plate: {{path: plate.mp4, frames: 1001-1004, color_space: sRGB}}
    replace: [{swap}]
deliver: [{{kind: exr, path: "out/{{frame}}.exr"}}]
"""
    )
    cli.code_of(["validate", str(tmp_path / "one.yaml"), "--preflight"])
    told = " ".join(capsys.readouterr().out.split())
    assert "Consent does not cover this" in told
    assert "lead (identity)" in told
    assert "double (performer)" in told
    assert cli.code_of(["validate", str(tmp_path / "one.yaml")]) == 0
    assert "Consent" not in capsys.readouterr().out
    assert cli.code_of(["plan", str(tmp_path / "one.yaml")]) == 3
