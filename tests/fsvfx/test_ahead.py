"""What is made in a thread beside those who use it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from fsvfx.ahead import ahead
from fsvfx.errors import MachineError


def test_all_come_in_order_each_made_while_one_before_it_is_used() -> None:
    made = [threading.Event() for _ in range(6)]

    def items() -> Iterator[int]:
        for number, event in enumerate(made):
            event.set()
            yield number

    used = []
    for number in ahead(items()):
        assert made[min(number + 1, 5)].wait(10)  # without anybody asking for it
        used.append(number)
    assert used == list(range(6))


def test_the_first_failure_is_raised_in_its_place() -> None:
    def items() -> Iterator[int]:
        yield 0
        yield 1
        raise MachineError("the disk is full", hint="Free some space")

    used = []
    with pytest.raises(MachineError, match="disk is full"):
        used.extend(ahead(items()))
    assert used == [0, 1]


def test_little_is_made_for_nobody() -> None:
    made = []

    def items() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            yield number

    found = ahead(items())
    assert isinstance(found, Iterator)
    assert [next(found), next(found)] == [0, 1]
    found.close()  # type: ignore[attr-defined]
    assert len(made) <= 4
    assert not [one for one in threading.enumerate() if one.name.startswith("fsvfx-ahead")]
