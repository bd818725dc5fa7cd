"""How a run is shown: what is done, how fast, how long still; a line in a pipe only now and then."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from fsvfx.api import progress
from fsvfx.api.pace import Pace
from fsvfx.runner import Step
from schemas.frames import FrameRange, chunks_of
from schemas.receipts import Unit

CHUNKS = [Unit.of_chunk(chunk) for chunk in chunks_of(FrameRange.span(1001, 1012), size=4, anchor=1001)]
STEPS = [Step(stage, unit) for stage in ("ingest", "detect") for unit in CHUNKS]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def plan() -> Any:
    """Six steps of three chunks; one is done."""
    job = SimpleNamespace(shot=SimpleNamespace(name="sh01"))
    return SimpleNamespace(job=job, wanted=frozenset(STEPS), todo=tuple(STEPS[1:]))


def test_a_run_says_what_is_done_how_fast_it_goes_and_what_is_left(plan: Any) -> None:
    clock = Clock()
    pace = Pace(plan, clock)
    assert str(pace) == "0/3 chunks, 1/6 steps"
    clock.now = 2.0
    pace.settled(STEPS[3], None)
    assert str(pace) == "1/3 chunks, 2/6 steps, 1.2 frames/s, 0:00:08 left"
    pace.settled(STEPS[1], ValueError("broken"))
    assert str(pace) == "1/3 chunks, 2/6 steps, 2.4 frames/s, 0:00:03 left, 1 failed"
    for step in (STEPS[2], STEPS[4], STEPS[5]):
        pace.settled(step, None)
    assert pace.is_over
    assert pace.chunks == (2, 3)


def test_a_pipe_gets_few_lines_and_every_failure(plan: Any) -> None:
    out = io.StringIO()
    lines = progress.Lines(Console(file=out, width=200))
    lines.begins(plan)
    for step in STEPS[1:]:
        lines.settled(step, ValueError("broken") if step == STEPS[2] else None)
    first, failure, last = out.getvalue().splitlines()
    assert first == "sh01: 0/3 chunks, 1/6 steps"
    assert failure == f"{STEPS[2]} failed: broken"
    assert last.startswith("sh01: 2/3 chunks, 5/6 steps")


def test_a_terminal_gets_one_live_line(plan: Any) -> None:
    out = Console(file=io.StringIO(), force_terminal=True, width=120)
    live = progress.Bars(progress.bars(out))
    live.begins(plan)
    live.settled(STEPS[1], None)
    [task] = live.progress.tasks
    assert (task.description, task.completed, task.total) == ("sh01", 2, 6)
    assert task.fields["words"].startswith("0/3 chunks, 2/6 steps, ")
    live.ends()
    assert not live.progress.tasks


@pytest.mark.parametrize("terminal", [False, True])
def test_a_failure_is_shown_letter_by_letter(terminal, plan: Any, capsys, monkeypatch) -> None:
    """Libraries say ``OpenCV :-1: error``, which rich takes for an emoji."""
    monkeypatch.setenv("COLUMNS", "200")
    if terminal:
        monkeypatch.setenv("FORCE_COLOR", "1")
    shown = progress.observer_of(True)
    shown.begins(plan)
    shown.settled(STEPS[1], ValueError(":-1: error [b] in /a/:eyes:/x"))
    shown.ends()
    assert ":-1: error [b] in /a/:eyes:/x" in capsys.readouterr().err
