"""Frames are written by a thread beside the reading of the next ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from fsvfx.delivery import deliver
from fsvfx.errors import MachineError


def test_the_first_failure_is_raised_and_little_is_read_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    written: list[int] = []

    def comps(order: Any) -> Iterator[int]:
        for number in range(100):
            read.append(number)
            yield number

    def write(order: Any, frame: int) -> list[Any]:
        if frame == 2:
            raise MachineError("the disk is full", hint="Free some space")
        written.append(frame)
        return [frame]

    monkeypatch.setattr(deliver, "comps", comps)
    monkeypatch.setattr(deliver, "Frame", lambda order, plate, comp: comp)
    monkeypatch.setattr(deliver, "_written", write)
    given: list[Any] = []
    with pytest.raises(MachineError, match="disk is full"):
        given.extend(deliver.write_frames(None, None))  # type: ignore[arg-type]
    assert written[:2] == [0, 1]
    assert len(read) <= 6
