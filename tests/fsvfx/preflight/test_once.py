"""What several shots have in common is looked at once."""

from __future__ import annotations

from fsvfx.preflight.contract import Answers, Trouble


def test_a_question_is_answered_once() -> None:
    answers, asked = Answers(), []

    def find() -> list[Trouble]:
        asked.append(1)
        return [Trouble("plate", "it is gone", "Find it")]

    first = answers.of(("plate", "a.mov"), find)
    assert answers.of(("plate", "a.mov"), find) == first
    assert len(asked) == 1
    assert answers.of(("plate", "b.mov"), find) == first
    assert len(asked) == 2
