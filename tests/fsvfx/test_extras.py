"""Optional packages: where one is missing, the user is told which extra brings it; what can do without it does."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest

from fsvfx import extras
from fsvfx.errors import MachineError
from fsvfx.faces.detectors import detector
from fsvfx.training import curves
from fsvfx.training.events import Event, Notice, Progress
from fsvfx.training.monitor import on_board


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """The package is not installed, as far as imports can tell."""
    monkeypatch.setitem(sys.modules, request.param, None)
    return str(request.param)


@pytest.mark.parametrize("without", extras.EXTRAS, indirect=True)
def test_the_extra_is_named(without: str) -> None:
    assert not extras.is_installed(without)
    with pytest.raises(MachineError, match=f"This needs {without}, which is not installed") as caught:
        extras.require("json", without, what="This")
    assert caught.value.hint == f'pip install "fsvfx[{extras.EXTRAS[without]}]"'


def test_every_extra_that_is_named_is_there() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(extras.EXTRAS.values()) <= project["optional-dependencies"].keys()


def test_what_is_installed_is_not_complained_of() -> None:
    extras.require("json", "numpy", what="This")


@pytest.mark.parametrize("without", ["insightface"], indirect=True)
def test_a_detector_needs_its_package(without: str) -> None:
    with pytest.raises(MachineError, match=r"Detector 'insightface' needs insightface.*fsvfx\[insightface\]"):
        detector(without)


@pytest.mark.parametrize("without", ["matplotlib"], indirect=True)
def test_a_picture_of_curves_needs_matplotlib(without: str) -> None:
    with pytest.raises(MachineError, match=r"fsvfx\[plots\]"):
        curves.picture([curves.Point(1, 1, 1.0, {"generator/ada": 1.0})])


@pytest.mark.parametrize("without", ["tensorboardX"], indirect=True)
def test_training_goes_on_without_tensorboard_and_says_so(without: str, tmp_path: Path) -> None:
    seen: list[Event] = []
    event = Progress(1, 1.0, {}, 1.0, 0.0, None)
    with on_board(tmp_path / "tensorboard", seen.append) as report:
        report(event)
    assert seen == [Notice('No events for TensorBoard; to get them: pip install "fsvfx[board]"'), event]
    assert not (tmp_path / "tensorboard").exists()
