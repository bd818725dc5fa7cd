"""``fsvfx run``: the library's ``run``, with the outcomes and exit codes of ``submit``."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flows import cli
from fsvfx.api import runs
from fsvfx.api.results import RunResult, ShotResult
from fsvfx.preflight import Trouble
from schemas.outcome import Outcome

DONE = Outcome(production="toy", shot="sh01", state="done", total=3, done=3)


def answer(monkeypatch: pytest.MonkeyPatch, result: RunResult) -> dict[str, Any]:
    asked: dict[str, Any] = {}

    def run(manifest: object, **options: Any) -> RunResult:
        asked.update(options, manifest=str(manifest))
        return result

    monkeypatch.setattr(runs, "run", run)
    return asked


def test_options_are_the_librarys(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    asked = answer(monkeypatch, RunResult((ShotResult(DONE),)))
    words = ["run", "m.yaml", "--executor", "serial", "--workers", "2", "--shot", "sh01", "--frames", "1001-1004"]
    assert cli.code_of([*words, "--stage", "swap", "--until", "composite", "--replace", "--json"]) == 0
    assert asked == {
        "manifest": "m.yaml",
        "executor": "serial",
        "workers": 2,
        "shots": ("sh01",),
        "frames": "1001-1004",
        "stages": ("swap",),
        "until": "composite",
        "store": None,
        "replace": True,
        "progress": False,
    }
    assert json.loads(capsys.readouterr().out)["state"] == "done"


def test_shots_that_could_not_run_are_listed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    trouble = Trouble(field="shots[1].plate", what="the file does not exist", hint="Check the path", stops=True)
    answer(monkeypatch, RunResult((ShotResult(DONE),), {"sh02": (trouble,)}))
    assert cli.code_of(["run", "m.yaml"]) == 4
    out = capsys.readouterr().out
    assert "the file does not exist" in out
    assert "sh02: not run" in out


def test_an_unknown_executor_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    from fsvfx import executors
    from fsvfx.errors import InputError

    with pytest.raises(InputError, match="nonsense"):
        executors.executor("nonsense")
