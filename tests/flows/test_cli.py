"""The command line: exit codes, plain words, no traceback, nothing written for bad input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from oiio_files import write_oiio

from flows import cli
from fsvfx.errors import ExitCode
from fsvfx.settings import machine

ROOT = Path(__file__).parents[2]
MANIFEST = """\
schema_version: 1
production: toy
people:
  lead: {references: [lead.png], consent: lead.yaml}
  double: {references: [], consent: double.yaml}
shots:
  - name: sh01
    plate: {path: plate.mp4, first_frame: 1001, frames: 1001-1012, color_space: sRGB}
    chunk_size: 4
    replace: [{performer: double, identity: lead, engine: landmark_warp}]
"""
M = "shot.yaml"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FSVFX_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("FSVFX_PREFECT_HOME", str(tmp_path / "prefect"))
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    machine.cache_clear()
    (tmp_path / M).write_text(MANIFEST)
    yield tmp_path
    machine.cache_clear()


WRONG = [
    (["validate"], 2, "MANIFEST"),
    (["nonsense"], 2, "nonsense"),
    (["validate", M, "--nonsense"], 2, "--nonsense"),
    (["validate", "absent.yaml"], 2, "absent.yaml"),
    (["validate", M, "--shot", "sh02"], 2, "sh02"),
    (["plan", M], 3, "consent"),
    (["plan", M, "--frames", "1001-1010:3"], 2, "x"),
    (["plan", M, "--frames", "5-1"], 2, "backwards"),
    (["plan", M, "--frames", "1-10"], 2, "1001-1012"),
    (["submit", M, "--wait"], 3, "consent"),
    (["submit", M], 3, "consent"),
    (["submit", M, "--workers", "-1"], 2, "--workers"),
    (["retry", M, "--stage", "swop"], 2, "swap"),
    (["retry", M, "--frames", "9000"], 2, "1001-1012"),
    (["retry", M], 3, "consent"),
    (["faces", M], 3, "consent"),
    (["waive", M, "--frames", "1001"], 2, "--by"),
    (["waive", M, "--frames", "1001", "--by", " ", "--why", "x"], 2, "--by"),
    (["waive", M, "--frames", "9000", "--by", "me", "--why", "x"], 2, "1001-1012"),
    (["status", "absent.yaml"], 2, "absent.yaml"),
    (["verify", "absent.yaml"], 2, "absent.yaml"),
    (["models", "pull", "nonsense"], 2, "nonsense"),
    (["models", "nonsense"], 2, "nonsense"),
    (["edit", "import", "cut.otio", "--template", "absent.yaml"], 2, "absent.yaml"),
    (["edit", "import", "cut.otio", "--template", M], 2, "cut.otio"),
    (["edit", "import", "cut.fcpxml", "--template", M], 2, ".otio"),
    (["edit", "import", "cut.edl", "--template", M, "--frame-rate", "fast"], 2, "24000/1001"),
    (["edit", "import", "cut.edl", "--template", M, "--out", "elsewhere/made.yaml"], 2, "template"),
    (["edit", "export", M, "--out", "made.xml"], 2, ".otio"),
    (["edit", "export", M, "--out", "made.otio", "--edit", "absent.otio"], 2, "absent.otio"),
]


@pytest.mark.parametrize(
    ("words", "code", "said"), WRONG, ids=lambda value: " ".join(value) if isinstance(value, list) else None
)
def test_wrong_input_is_told_in_plain_words(words, code, said, capsys, folder) -> None:
    before = sorted(folder.rglob("*"))
    assert cli.code_of(words) == code
    out, err = capsys.readouterr()
    assert said.lower() in (out + err).lower()
    assert "Traceback" not in out + err
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize(("words", "code", "said"), [case for case in WRONG if case[0][0] != "nonsense"])
def test_machines_get_json(words, code, said, capsys) -> None:
    assert cli.code_of([*words, "--json"]) == code
    told = json.loads(capsys.readouterr().out)
    assert told["exit_code"] == code
    assert told["error"]["what"]
    assert told["error"]["hint"]


def test_every_problem_of_a_manifest_is_told(capsys, folder) -> None:
    (folder / M).write_text(MANIFEST.replace("chunk_size: 4", "chunk_sizes: 4").replace("1001-1012", "12-1"))
    assert cli.code_of(["validate", M]) == 2
    err = capsys.readouterr().err
    assert "chunk_size" in err
    assert "runs backwards" in err


def test_a_good_manifest_is_valid(capsys) -> None:
    assert cli.code_of(["validate", M, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"valid": True, "shots": [{"shot": "sh01", "frames": "1001-1012"}]}


def test_the_unforeseen_is_one_line_and_a_log(capsys, folder, monkeypatch) -> None:
    def explode(*_: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("fsvfx.manifests.load_either", explode)
    assert cli.code_of(["validate", M]) == 5
    err = capsys.readouterr().err
    assert "Traceback" not in err
    [log] = (folder / "cache/logs").glob("*.log")
    assert str(log) in err
    assert "Traceback" in log.read_text()


def test_an_interrupt_is_clean(capsys, monkeypatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("fsvfx.manifests.load_either", interrupt)
    assert cli.code_of(["validate", M]) == 130
    assert capsys.readouterr().err.startswith("Stopped.")


def test_libraries_have_no_last_word(folder) -> None:
    """OpenImageIO, which reads frames with alpha, would list its objects as leaks when the process ends."""
    for number, side in ((1001, 4), (1002, 6)):
        write_oiio(folder / f"plate.{number}.exr", np.zeros((side, side, 4), np.float16), tuple("RGBA"))
    sequence = "{path: plate.####.exr, frames: 1001-1002, color_space: ACEScg}"
    text = (
        f"schema_version: 1\nproduction: toy\npeople: {{}}\nshots: [{{name: sh01, plate: {sequence}, replace: []}}]\n"
    )
    (folder / M).write_text(text)
    line = [sys.executable, "-c", "from flows.cli import main; main()", "validate", "--preflight", M]
    said = subprocess.run(line, cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert "frame 1002 has data and display windows" in said.stdout + said.stderr
    assert "leaked" not in said.stderr


def _imported() -> None:
    try:
        raise KeyboardInterrupt
    except KeyboardInterrupt as stop:
        raise ImportError("initialization failed") from stop


def _stopped() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("stop", [_imported, _stopped])
@pytest.mark.parametrize("where", ["flows.cli.build", "fsvfx.manifests.load_either"])
def test_an_interrupt_is_clean_while_things_are_imported(stop, where, capsys, monkeypatch) -> None:
    monkeypatch.setattr(where, lambda *_: stop())
    assert cli.code_of(["validate", M]) == ExitCode.INTERRUPTED
    assert capsys.readouterr().err == "Stopped. Finished work is kept; run the same command again to continue.\n"


def test_ctrl_c_counts_from_the_start() -> None:
    """Until `main` is called Python itself answers, with a traceback."""
    line = "import sys, flows.cli; print(*sorted({'typer', 'pydantic', 'rich', 'numpy'} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", line], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.split() == []


@pytest.mark.parametrize("words", [["--help"], ["engines", "--json"], ["models", "list", "--json"]])
def test_what_there_is(words, capsys) -> None:
    assert cli.code_of(words) == 0
    assert capsys.readouterr().out


def test_doctor_says_how_to_fix(capsys, folder, monkeypatch) -> None:
    monkeypatch.setenv("FSVFX_MODELS", str(folder / "none"))
    machine.cache_clear()
    assert cli.code_of(["doctor", "--json"]) == 5
    checks = {check["name"]: check for check in json.loads(capsys.readouterr().out)["checks"]}
    assert checks["model blazeface_short"]["state"] == "bad"
    assert "fsvfx models pull" in checks["model blazeface_short"]["hint"]
    assert checks["python"]["state"] == "ok"
    assert checks["packages"]["state"] == "ok"
    assert checks["ffmpeg"]["state"] == "ok"
