"""Nothing that a manifest, a name or a header says reaches the terminal as anything but text."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from flows import cli
from flows.console import SafeConsole
from flows.verbs import output
from flows.watch import Bars, Lines
from fsvfx.api.progress import bars
from fsvfx.errors import ManifestError, PlateError, Problem, RightsError, Where
from fsvfx.runner import Step
from schemas.receipts import Unit

HOSTILE = {
    "colour": "\x1b[31mdone\x1b[0m",
    "title": "\x1b]0;pwned\x07",
    "clear": "\x1b[2J\x1b[H",
    "C1": "\x9b31m\x85",
    "link": "\x1b]8;;http://x\x1b\\y\x1b]8;;\x1b\\",
    "bidi": "a\u202egnp.exe\u2066\u200f",
    "carriage return": "all is well\rx",
    "backspaces": "x\x08\x08\x08",
    "no UTF-8": "caf\udce9.png",
    "markup": "[red]a[/b] [link=http://x]y",
}
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
MANIFEST = """\
schema_version: 1
production: toy
people:
  lead: {{references: [{text}], consent: lead.yaml}}
shots:
  - name: {text}
    plate: {{path: {text}, frames: 1001-1002, color_space: {text}}}
    replace: [{{performer: lead, identity: lead, engine: {text}}}]
"""


@pytest.fixture(params=HOSTILE)
def text(request: pytest.FixtureRequest) -> str:
    return HOSTILE[request.param]


def test_of_a_manifest(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("shot.yaml").write_text(MANIFEST.format(text=json.dumps(text)))
    for arguments in (["validate", "shot.yaml"], ["plan", "shot.yaml"], ["validate", f"{text}.yaml"], [text]):
        assert cli.code_of(arguments) == 2
        said = capsys.readouterr()
        assert not _UNSAFE.search(said.out + said.err)
        assert "Traceback" not in said.err
    assert cli.code_of(["validate", "shot.yaml", "--json"]) == 2
    said = capsys.readouterr()
    json.loads(said.out)
    assert not _UNSAFE.search(said.out)


def test_of_an_error(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    where = Where(shot="sh01", file=f"plates/{text}")
    for error in (
        PlateError(f"its header says {text}", hint=f"Rename {text}", where=where),
        ManifestError(text, (Problem(text, text, text),)),
        RightsError((text, "lead has no record")),
    ):
        output.error(error, machine_readable=False)
        said = capsys.readouterr()
        assert not _UNSAFE.search(said.err)
        output.error(error, machine_readable=True)
        assert json.loads(capsys.readouterr().out)["error"]["hint"] == error.hint


def test_of_a_table_and_its_title(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    output.table(text, ("name", "says"), [(text, "x")])
    assert not _UNSAFE.search(capsys.readouterr().out)


def test_on_a_terminal_only_own_styles_pass(
    text: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    output.line(text, style="red")
    said = capsys.readouterr().out
    assert said.startswith("\x1b[31m")
    assert not _UNSAFE.search(re.sub("\x1b\\[(31|0)m", "", said))
    monkeypatch.setenv("NO_COLOR", "1")
    output.line(text, style="red")
    assert not _UNSAFE.search(capsys.readouterr().out)


def test_on_a_real_terminal_only_the_consoles_own_styles_pass(text: str) -> None:
    sink = io.StringIO()
    out = SafeConsole(file=sink, force_terminal=True, color_system="standard", markup=False, highlight=False)
    out.print(text, style="red")
    bare = re.sub("\x1b\\[(31|0)m", "", sink.getvalue(), count=2)
    assert not _UNSAFE.search(bare)


def test_while_a_shot_runs(text: str) -> None:
    sink = io.StringIO()
    out = SafeConsole(file=sink, markup=False, width=400)
    step, error = Step(text, Unit.of_shot()), Exception(f"it failed: {text}")
    job = SimpleNamespace(shot=SimpleNamespace(name=text))
    plan: Any = SimpleNamespace(job=job, wanted=frozenset([step]), todo=(step,))
    for shown in (Lines(out), Bars(bars(out))):
        shown.begins(plan)
        shown.settled(step, error)
        shown.ends()
    assert not _UNSAFE.search(sink.getvalue())
    assert sink.getvalue().count("it failed") == 2
    assert isinstance(out, Console)
