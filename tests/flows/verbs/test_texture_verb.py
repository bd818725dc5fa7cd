"""``fsvfx texture``: bases are built, listed and shown; what is wrong is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import toy_banks
import toy_textures

from flows.cli import code_of
from fsvfx.documents import record_yaml
from fsvfx.media.stills.writer import StillFormat, write_still


def test_bases_are_listed_broken_ones_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    card = toy_textures.placed(tmp_path)
    broken = tmp_path / "broken/000000000000"
    broken.mkdir(parents=True)
    (broken / "texture.yaml").write_text("- no card\n")
    assert code_of(["texture", "list", "--packages", str(tmp_path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["textures"]
    assert card.sha256 in [one.get("sha256") for one in told]
    assert any("can't be read" in one.get("broken", "") for one in told)
    assert code_of(["texture", "list", "--packages", str(tmp_path)]) == 0
    assert "toys@" in capsys.readouterr().out


def test_a_basis_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    card = toy_textures.placed(tmp_path)
    assert code_of(["texture", "show", "toys", "--packages", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["texture"]["sha256"] == card.sha256
    assert code_of(["texture", "show", "toys", "--packages", str(tmp_path)]) == 0
    assert "1 modes of 2 people" in " ".join(capsys.readouterr().out.split())


@pytest.mark.usefixtures("head")
@pytest.mark.parametrize(
    ("name", "said", "what"),
    [
        ("new skin", {}, "can't be a texture basis' name"),
        ("skin", {"people": ["other_*"]}, "does not list toy_1"),
        ("skin", {}, "1 people are too few"),
    ],
)
def test_what_is_wrong_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, said: dict[str, object], what: str
) -> None:
    _picture(tmp_path / "people/toy_1")
    (tmp_path / "record.yaml").write_bytes(record_yaml(toy_banks.record(**said)))
    given = ["build", name, str(tmp_path / "people"), "--record", str(tmp_path / "record.yaml")]
    assert code_of(["texture", *given, "--packages", str(tmp_path)]) == 2
    assert what in " ".join(capsys.readouterr().err.split())


def _picture(folder: Path) -> None:
    """Of an actor."""
    import numpy as np

    from fsvfx.actors import Moment, actor, render
    from fsvfx.actors.clips import shown

    folder.mkdir(parents=True)
    rgb = shown(render(actor("ada"), Moment(), 256, supersampling=1).rgb)
    write_still(folder / "0.png", np.asarray(rgb * 255 + 0.5, np.uint8), StillFormat(bits=8))
