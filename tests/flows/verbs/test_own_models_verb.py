"""``fsvfx models add``, ``show``, ``measure`` and ``remove``, as somebody types them."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import pytest
import toy_networks
import toy_packs
from toy_packages import made_up, toy_package

from flows.cli import code_of
from fsvfx.models import packs
from fsvfx.networks import trial, trial_child
from fsvfx.packages import Packages, network_of
from fsvfx.settings import machine

SAY = ("channels=rgb", "range=0..1", "cut=ffhq_512", "vector=unit", "licence=our own", "commercial-use=yes")


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a network; what is added goes to ``packages`` in it."""
    monkeypatch.setattr(trial, "_run_child", lambda folder, file: trial_child.main(str(folder)))
    monkeypatch.chdir(tmp_path)
    return toy_networks.echo(tmp_path / "mine.onnx", 64)


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The machine's own weights, in a folder that takes packs."""
    real = machine().models
    for each in real.iterdir() if real.is_dir() else ():
        (tmp_path / "models").mkdir(exist_ok=True)
        (tmp_path / "models" / each.name).symlink_to(each)
    monkeypatch.setenv("FSVFX_MODELS", str(tmp_path / "models"))
    machine.cache_clear()
    return tmp_path / "models"


def said(*values: str) -> list[str]:
    return [word for each in values for word in ("--say", each)]


def test_a_network_is_added_shown_and_removed(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert code_of(["models", "add", str(own), *said(*SAY)]) == 0
    told = capsys.readouterr().out
    [package] = Packages.within("packages").networks("mine")
    card = network_of(package)
    assert f"engine: onnx_swapper, settings: {{model: mine, sha256: {card.digest}}}" in told
    assert (card.licence, card.commercial_use, card.target.cut.template) == ("our own", True, "ffhq_512")
    assert (package / "mine.onnx").samefile(own)
    sheet = cv2.imread(str(package / "trial.png"))
    assert sheet is not None
    assert sheet.shape == (256, 768, 3)
    assert code_of(["models", "show", "mine", "--packages", "packages"]) == 0
    assert "template: ffhq_512" in capsys.readouterr().out
    assert code_of(["models", "remove", "makehuman", "--packages", "packages"]) == 2
    assert "is a model that fsvfx knows" in "".join(capsys.readouterr())
    assert code_of(["models", "remove", "mine", "--packages", "packages"]) == 0
    assert not package.parent.exists()
    assert own.is_file()


def test_a_general_model_goes_out_and_comes_in_again_without_a_question(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its weights are random, so the trial may doubt what it makes."""
    toy_package(Path("packages"), "simswap", roster=made_up("t2i_1"), commercial_use=True, model="anybody")
    words = ["models", "export", "anybody", "--packages", "packages", "--onnx"]
    assert code_of([*words, "out.onnx", "--person", "ada"]) == 2
    assert "'anybody' swaps anybody, so no person can be named" in capsys.readouterr().err
    assert code_of([*words, "out.dfm"]) == 2
    assert "so a file of one person can't be made" in capsys.readouterr().err
    assert code_of([*words, "out.onnx"]) == 0
    assert code_of(["models", "add", "out.onnx", "--packages", "packages", "--anyway"]) == 0
    told = capsys.readouterr().out
    assert "`fsvfx models export` wrote it" in told
    assert "identity vectors come from fsvfx's network 'dlib'" in told
    assert "Tried with a made-up vector" not in told
    assert "Commercial use: yes" in told
    [package] = Packages.within("packages").networks("out")
    assert network_of(package).target.cut.aligned  # type: ignore[union-attr]


def test_in_place_nothing_is_copied(own: Path) -> None:
    assert code_of(["models", "add", str(own), "--in-place", "--packages", "there", *said(*SAY)]) == 0
    [package] = Packages.within("there").networks("mine")
    assert network_of(package).file.path == str(own)
    assert not (package / own.name).exists()


def test_what_is_not_said_is_asked_for_all_at_once(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert code_of(["models", "add", str(own), *said(*SAY[:2]), "--json"]) == 2
    told = json.loads(capsys.readouterr().out)["error"]
    assert [each["field"] for each in told["problems"]] == ["cut", "vector", "licence", "commercial_use"]
    assert "ffhq_512: FFHQ" in told["problems"][0]["hint"]
    assert not Path("packages").exists()


def test_at_a_terminal_it_is_asked_one_by_one(
    own: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = dict(each.replace("-", "_", 1).split("=") if "use" in each else each.split("=") for each in SAY)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.prompt", lambda text: answers[text.rpartition("(")[2].rstrip(")")])
    assert code_of(["models", "add", str(own)]) == 0
    assert "rgb: red first" in capsys.readouterr().out


def test_what_the_trial_finds_stops_it(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import onnx

    model = onnx.load(own)
    model.graph.node[-1].output[0] = "plain"
    model.graph.node.append(onnx.helper.make_node("Gather", ["plain", "turn"], ["output"], axis=1))
    model.graph.initializer.append(onnx.helper.make_tensor("turn", onnx.TensorProto.INT64, [3], [2, 1, 0]))
    onnx.save(model, own)
    assert code_of(["models", "add", str(own), *said(*SAY)]) == 2
    told = capsys.readouterr().err
    assert "red and blue are swapped in its output. --say channels=bgr" in told
    assert not Path("packages").exists()
    assert code_of(["models", "add", str(own), "--anyway", *said(*SAY)]) == 0
    assert "Added anyway, but red and blue" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["no.onnx"], "can't be read"),
        (["mine.onnx", "--say", "channels"], "not a NAME=VALUE pair"),
        (["mine.onnx", "--name", "../up"], "can't be a network's name"),
        (["mine.onnx", "--picture", "grey.png"], "No face was found"),
    ],
)
def test_what_is_wrong_is_told(words: list[str], what: str, own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import numpy as np

    cv2.imwrite("grey.png", np.full((96, 96, 3), 90, np.uint8))
    assert code_of(["models", "add", *words, *said(*SAY)]) == 2
    assert what in capsys.readouterr().err


def test_a_pack_is_added_measured_and_removed(
    models: Path, faces: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = toy_packs.legacy(tmp_path / "buffalo_m")
    (folder / "2d106det.onnx").unlink()
    assert code_of(["models", "add", str(folder)]) == 0
    assert "faces: {detector: buffalo_m}" in capsys.readouterr().out
    people = tmp_path / "people"
    people.mkdir()
    for person in sorted(faces.glob("lon_*"))[:4]:
        (people / person.name).symlink_to(person)
    assert code_of(["models", "measure", "buffalo_m", str(people)]) == 3
    assert "excludes commercial use" in capsys.readouterr().err
    assert code_of(["models", "measure", "buffalo_m", str(people), "--research"]) == 2
    assert "4 people" in capsys.readouterr().err
    monkeypatch.setattr("fsvfx.evaluation.told_apart.LEAST", 4)
    assert code_of(["models", "measure", "buffalo_m", str(people), "--research", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["measured"]
    assert (told["people"], told["same"]["pairs"], told["different"]["pairs"]) == (4, 4, 24)
    assert set(told["points"]) <= {"detection", "landmarks_68"}
    measured = packs.measured("buffalo_m")
    assert measured is not None
    assert measured.same_person == told["same_person"] > 0
    assert code_of(["models", "remove", "buffalo_m"]) == 0
    assert not packs.names()
