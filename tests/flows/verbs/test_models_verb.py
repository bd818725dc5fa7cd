"""``fsvfx models``: packages among the models, and what ``export`` says when it can't."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from toy_packages import made_up, toy_package

from flows.cli import code_of
from fsvfx.packages import CARD, search


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "packages"


def test_packages_are_listed_with_what_a_manifest_needs(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, card = toy_package(root, "liae", model="hero")
    broken, _ = toy_package(root, "df", model="torn")
    (broken / CARD).write_text("model: torn")
    assert code_of(["models", "list", "--packages", str(root)]) == 0
    said = capsys.readouterr().out
    assert f"engine: liae, settings: {{model: hero, sha256: {card.sha256}}}" in said
    assert "torn" in said
    assert code_of(["models", "list", "--packages", str(root), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    own = [each for each in told["packages"] if not each.get("starter")]
    assert [each.get("card", {}).get("sha256") for each in own] == [card.sha256, None]
    assert "can't be read" in own[1]["error"]
    assert {each["name"] for each in told["models"]} >= {"blazeface_short"}


def test_what_is_published_is_listed_as_a_starter_once_it_comes_with_fsvfx(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    toy_package(root, "simswap", roster=made_up("t2i_1"), commercial_use=True, model="anybody")
    words = ["models", "publish", "anybody", "--packages", str(root), "--to", str(tmp_path / "starters")]
    assert code_of([*words, "--licence", "MIT", "--name", "swap_starter"]) == 0
    assert "made up by Flux.1" in capsys.readouterr().out
    monkeypatch.setattr(search, "STARTERS", tmp_path / "starters")
    assert code_of(["models", "list", "--json"]) == 0
    [told] = json.loads(capsys.readouterr().out)["packages"]
    assert (told["starter"], told["card"]["model"], told["card"]["licence"]) == (True, "swap_starter", "MIT")
    assert 0 < told["bytes"] < 4_000_000
    assert code_of(["models", "list"]) == 0
    assert "starter" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["toi"], "Did you mean 'toy'?"),
        (["toy"], "2 model packages are named 'toy'"),
        (["toy", "--sha256", "f" * 64], "with a sha256 that begins with ffff"),
        (["{first}", "--person", "zoe"], "has learned ada, bea, not 'zoe'"),
        (["toy", "--sha256", "{sha256}", "--person", "zoe"], "has learned ada, bea, not 'zoe'"),
        (["{first}"], "already exists"),
    ],
)
def test_export_refuses_in_plain_words(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    first, card = toy_package(root)
    toy_package(root, seed=1)
    out = tmp_path / "out.onnx"
    out.write_text("mine")
    given = [word.format(first=first, sha256=card.sha256[:5]) for word in words]
    assert code_of(["models", "export", *given, "--packages", str(root), "--onnx", str(out)]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "Traceback" not in told
    assert out.read_text() == "mine"


def test_a_package_that_is_for_research_is_exported_for_research_only(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    toy_package(root, licence="CC BY-NC 4.0")
    words = ["models", "export", "toy", "--packages", str(root), "--onnx", str(tmp_path / "out.onnx")]
    assert code_of(words) == 3
    assert "CC BY-NC" in capsys.readouterr().err
    assert not (tmp_path / "out.onnx").exists()
    assert code_of([*words, "--research", "--person", "zoe"]) == 2  # past the gate


def test_without_its_packages_an_export_names_the_extra(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    toy_package(root)
    assert code_of(["models", "export", "toy", "--packages", str(root), "--onnx", str(tmp_path / "out.onnx")]) == 5
    assert 'pip install "fsvfx[onnx]"' in capsys.readouterr().err
