"""What a training's process tells comes over its pipe whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsvfx.errors import InputError, MachineError, StoreError, Where
from fsvfx.training.events import Ended, Notice, Preview, Progress, Saved, from_line, to_line
from fsvfx.training.progress import DivergedError
from schemas.frames import FrameRange


@pytest.mark.parametrize(
    "event",
    [
        Notice("Resumed at iteration 3\nby the way"),
        Progress(10, 12.5, {"generator/identity": 0.25}, 2.5, 0.01, None),
        Progress(10, 12.5, {}, 2.5, 0.01, 30.0),
        Preview(20, Path("/training/m/preview.png")),
        Saved(20, Path("/training/m/checkpoints/step-00000020")),
        Ended(20, "2 x cpu", "it was stopped", stopped=True),
    ],
)
def test_an_event_is_one_line_and_comes_back(event: object) -> None:
    line = to_line(event)
    assert line.count("\n") == 1
    assert from_line(line) == event


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (DivergedError(7, "generator/identity", float("nan"), 5), DivergedError),
        (
            InputError("No face", hint="More", where=Where(field="faceset", frames=FrameRange.parse("1-9"))),
            InputError,
        ),
        (StoreError("Gone", hint="Wait", where=Where(file="a/b"), transient=True), StoreError),
    ],
)
def test_an_error_comes_back_whole(error: InputError | MachineError, kind: type) -> None:
    back = from_line(to_line(error))
    assert type(back) is kind
    assert (str(back), back.exit_code, back.transient) == (str(error), error.exit_code, error.transient)
    assert getattr(back, "step", None) == getattr(error, "step", None)


def test_an_error_of_a_class_that_is_unknown_here_is_one_of_its_parents() -> None:
    line = to_line(InputError("No", hint="Yes")).replace('["InputError"', '["UnheardError", "InputError"')
    assert "UnheardError" in line
    assert type(from_line(line)) is InputError


@pytest.mark.parametrize("chatter", ["Using 2 threads", "3", "[1]", '{"kind": "Unheard"}', ""])
def test_what_is_no_event_is_a_notice(chatter: str) -> None:
    assert from_line(chatter + "\n") == Notice(chatter)
