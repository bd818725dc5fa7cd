"""The front door: runs, plans and checks from Python."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import fsvfx
from fsvfx.errors import InputError, PlateError, RightsError
from fsvfx.executors.serial import Serial

DOCS = Path(__file__).resolve().parents[3] / "docs"


def test_a_run_says_how_each_shot_ended(manifest: Path) -> None:
    before = fsvfx.plan(manifest)
    assert next(row[:5] for row in before.rows()) == ("sh01", "ingest", 3, 0, 3)
    result = fsvfx.run(manifest, executor="serial")
    assert result.ok
    assert (result["sh01"].outcome.done, result["sh01"].outcome.total) == (10, 10)
    assert "sh01: done, 10 of 10 steps" in str(result)
    assert "<td>10/10</td>" in result._repr_html_()
    assert fsvfx.plan(manifest)["sh01"].todo == ()
    assert fsvfx.status(manifest).ok
    assert fsvfx.verify(manifest).ok


def test_a_failed_chunk_is_no_exception(manifest: Path) -> None:
    plate = manifest.with_name("plate.mp4")
    plate.write_text(plate.read_text().replace("15 ", "x "))
    result = fsvfx.run(str(manifest), executor=Serial())
    assert not result.ok
    [failure] = result.failures
    assert (failure.stage, failure.unit.name, failure.message) == ("ingest", "1005-1008", "Frame 1006 is corrupt")
    assert "ingest 1005-1008" in str(result)
    assert "Frame 1006 is corrupt" in result._repr_html_()
    assert not fsvfx.status(manifest).ok
    plate.write_text(plate.read_text().replace("x ", "15 "))
    assert fsvfx.run(manifest, executor="serial").ok


def test_limits_as_on_the_command_line(manifest: Path) -> None:
    result = fsvfx.run(manifest, executor="serial", until="detect", frames="1001-1002")
    assert result.shots[0].outcome.total == 3  # the chunk, its plate, and the one that its halo sees
    part = fsvfx.run(manifest, executor="serial", frames="1001-1002")
    assert part.ok
    assert part.shots[0].outcome.total == 8  # and the plate and faces of all chunks, for the tracks
    assert [str(step) for step in fsvfx.status(manifest)["sh01"].receipts if step.stage == "align"] == [
        "align 1001-1004"
    ]
    assert fsvfx.run(manifest, executor="serial").ok
    before = fsvfx.status(manifest)["sh01"].receipts
    fsvfx.run(manifest, executor="serial", stages=["align"], frames="1001")
    after = fsvfx.status(manifest)["sh01"].receipts
    changed = [str(step) for step in after if after[step].attempt != before[step].attempt]
    assert changed == ["align 1001-1004"]


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"executor": "seriel"}, InputError, "serial"),
        ({"shots": ["sh02"]}, InputError, "sh02"),
        ({"frames": "9000"}, InputError, "1001-1012"),
        ({"frames": "5-1"}, InputError, "backwards"),
        ({"stages": ["swop"]}, InputError, "swap"),
        ({"until": "swop"}, InputError, "swap"),
    ],
)
def test_wrong_arguments_are_refused(manifest: Path, arguments: dict, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match="(?s)" + said if said != "swap" else "swop"):
        fsvfx.run(manifest, **{"executor": "serial", **arguments})


def test_rights_are_asked_before_anything_runs(manifest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*asked: object, **read: object) -> None:
        raise RightsError(("lead's consent has expired",))

    monkeypatch.setattr("fsvfx.rights.clear", refuse)
    with pytest.raises(RightsError, match="expired"):
        fsvfx.run(manifest, executor="serial")
    assert not manifest.with_name("runs.log").exists()


def test_where_every_chunk_fails_nothing_runs_on_nothing(manifest: Path) -> None:
    manifest.with_name("plate.mp4").write_text("x " * 12)
    result = fsvfx.run(manifest, executor="serial")
    assert [failure.error for failure in result.failures] == [PlateError.__name__] * 3


def test_progress_is_told_to_a_function(manifest: Path) -> None:
    seen: list[fsvfx.Progress] = []
    fsvfx.run(manifest, executor="serial", progress=seen.append)
    assert [one.done for one in seen] == list(range(11))
    assert {one.total for one in seen} == {10}
    assert (seen[0].step, seen[-1].step.split()[0]) == ("", "align")


def test_progress_is_shown_on_standard_error(manifest: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fsvfx.run(manifest, executor="serial", progress=True)
    out, err = capsys.readouterr()
    assert out == ""
    assert "3/3 chunks, 10/10 steps" in err


def test_it_is_quiet_otherwise(manifest: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fsvfx.run(manifest, executor="serial")
    assert capsys.readouterr() == ("", "")


def test_the_lines_of_the_documentation_run(manifest: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (DOCS / "python.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    assert len(blocks) >= 4
    names: dict[str, object] = {}
    for block in blocks:
        exec(block, names)
    assert capsys.readouterr().out
