"""``fsvfx evaluate`` and ``fsvfx actors``: whom they judge, where they write, and what they say to wrong input."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from toy_facesets import faceset
from toy_packages import made_up, toy_package

from flows import cli
from fsvfx import packages
from fsvfx.actors.clips import consent, training
from fsvfx.engines.landmark_warp import LandmarkWarp
from fsvfx.facesets.faceset import Faceset
from fsvfx.packages import search
from fsvfx.settings import machine
from schemas.actors import ActedClip
from schemas.base import StrictModel
from schemas.evaluation import EvaluationReport

PEOPLE = ("ada", "bea")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A training of two actors whose clips and faces nobody has made."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FSVFX_CACHE", str(tmp_path / "cache"))
    clips = {f"{name}_1": ActedClip(actor=name, frames=24, seed=0, size=128) for name in PEOPLE}
    manifest = training(PEOPLE, clips)
    write("train.yaml", manifest)
    write("refused.yaml", manifest.model_copy(update={"people": {"ada": person("no"), "bea": person("bea")}}))
    for name in PEOPLE:
        write(f"consents/{name}.yaml", consent(name))
    record = consent("ada")
    write("consents/no.yaml", record.model_copy(update={"scope": record.scope.model_copy(update=FORBIDDEN)}))
    yield tmp_path
    machine.cache_clear()


FORBIDDEN = {"training_allowed": False}


def person(record: str) -> dict[str, str]:
    return {"consent": f"consents/{record}.yaml"}


def write(path: str, content: StrictModel) -> None:
    Path(path).parent.mkdir(exist_ok=True)
    YAML().dump(content.model_dump(mode="json", exclude_defaults=True, by_alias=True, warnings=False), Path(path))


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> dict[str, Faceset]:
    """Its facesets, as if they were in the ledger."""
    found = {name: faceset(name, count=4, held_out=2, seed=seed) for seed, name in enumerate(PEOPLE)}
    found = {name: replace(each, digest=f"{name}-digest") for name, each in found.items()}
    monkeypatch.setattr("fsvfx.facesets.lookup.facesets_of", lambda job: found)
    return found


WRONG = [
    (["evaluate"], 2, "--actors"),
    (["evaluate", "train.yaml", "--actors"], 2, "either"),
    (["evaluate", "absent.yaml"], 2, "absent.yaml"),
    (["evaluate", "refused.yaml"], 3, "train"),
    (["evaluate", "train.yaml"], 2, "fsvfx train"),
    (["evaluate", "train.yaml", "--engine", "landmark_warp"], 2, "does not exist"),
    (["evaluate", "train.yaml", "--engine", "landmark_wrap"], 2, "landmark_warp"),
    (["evaluate", "train.yaml", "--device", "tpu9"], 2, "--device"),
    (["evaluate", "--actors", "--engine", "df"], 2, "must be trained first"),
    (["evaluate", "--actors", "--engine", "landmark_warp", "--settings", "{"], 2, "JSON"),
    (["evaluate", "train.yaml", "--settings", "{}"], 2, "more --settings"),
    (["actors", "made", "--actor", "ada"], 2, "two actors"),
    (["actors", ".", "--frames", "24"], 2, "already"),
]


@pytest.mark.parametrize(("words", "code", "said"), WRONG, ids=[" ".join(words) for words, _, _ in WRONG])
def test_wrong_input_is_told(words, code, said, capsys, folder) -> None:
    before = sorted(folder.rglob("*"))
    assert cli.code_of(words) == code
    out, err = capsys.readouterr()
    assert said in out + err
    assert sorted(folder.rglob("*")) == before


@pytest.mark.usefixtures("no_head")
@pytest.mark.parametrize("words", [["evaluate", "--actors"], ["actors", "made"]])
def test_without_the_head_it_says_where_to_get_it(words, capsys) -> None:
    assert cli.code_of(words) == 5
    assert "github.com/ICT-VGL" in capsys.readouterr().err


@pytest.mark.usefixtures("no_head")
def test_engines_whose_weights_are_for_research_are_refused_unless_it_is_research(monkeypatch, capsys) -> None:
    monkeypatch.setattr(LandmarkWarp, "weights", staticmethod(lambda settings: ("insightface",)))
    assert cli.code_of(["evaluate", "--actors"]) == 3
    assert "insightface" in capsys.readouterr().err
    assert cli.code_of(["evaluate", "train.yaml", "--engine", "landmark_warp"]) == 3
    assert cli.code_of(["evaluate", "--actors", "--research"]) == 5  # for want of the head, which comes after


@pytest.mark.usefixtures("built")
def test_a_package_that_is_for_research_is_refused(capsys, folder) -> None:
    toy_package(folder / "packages", people=PEOPLE, model="ada_bea", commercial_use=False)
    assert cli.code_of(["evaluate", "train.yaml"]) == 3
    assert "excludes commercial use" in capsys.readouterr().err


def test_the_newest_package_beside_another_one_and_an_engine(built, capsys, folder, monkeypatch) -> None:
    root, model = folder / "packages", "ada_bea"
    newest, new = toy_package(root, people=PEOPLE, seed=1, model=model)
    _, old = toy_package(root, people=PEOPLE, seed=2, model=model, trained_at=datetime(2030, 1, 1, tzinfo=UTC))
    assert cli.code_of(["evaluate", "train.yaml", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [each["settings"]["sha256"] for each in told["reports"]] == [new.sha256]
    assert told["files"] == [str(newest / name) for name in ("evaluation.json", "evaluation.png")]
    assert packages.card_of(newest).figures is not None

    words = ["evaluate", "train.yaml", "--model", old.sha256[:9], "--engine", "landmark_warp", "--out", "there"]
    assert cli.code_of([*words, "--most", "1", "--against", "blur"]) == 0
    out = capsys.readouterr().out
    assert "landmark_warp / blur" in out
    assert f"{model} {old.sha256[:6]}" in out
    assert "landmark_warp" in out
    assert {each.name for each in (folder / "there").glob("*.json")} == {
        f"evaluation_{model}_{old.sha256[:6]}.json", "evaluation_landmark_warp.json",
    }  # fmt: skip
    report = EvaluationReport.model_validate_json((folder / "there/evaluation_landmark_warp.json").read_bytes())
    assert report.beside["blur"].ratios["time per face"] > 0

    monkeypatch.setattr(search, "STARTERS", folder / "starters")
    starter, card = toy_package(folder / "starters", "simswap", roster=made_up("t2i_1"), commercial_use=True)
    before = sorted(starter.iterdir())
    for given in ([], ["--settings", json.dumps({"model": card.model, "sha256": card.sha256})]):
        words = ["evaluate", "train.yaml", "--engine", "simswap", *given, "--out", "third", "--replace", "--most", "1"]
        assert cli.code_of(words) == 0
    assert sorted(starter.iterdir()) == before, "a starter stays as it is"
    capsys.readouterr()

    assert cli.code_of(["evaluate", "train.yaml", "--model", "f00"]) == 2
    assert old.sha256[:12] in capsys.readouterr().err
    built["bea"] = replace(built["bea"], digest="another")
    assert cli.code_of(["evaluate", "train.yaml"]) == 2
    assert "may have been trained on" in capsys.readouterr().err
