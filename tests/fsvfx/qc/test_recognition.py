"""Whether a performer can be recognized: by network and face, the share of frames beyond the threshold."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fsvfx.qc.recognition import in_words, networks_of, recognition


class Measured:
    """Distances by entry and network, a frame each, from 1001."""

    def __init__(self, **entries: list[list[float]]) -> None:
        self.tables = {name: _table(columns) for name, columns in entries.items()}

    def has(self, name: str) -> bool:
        return name in self.tables

    def table(self, name: str) -> dict[str, np.ndarray]:
        return self.tables[name]


def _table(columns: list[list[float]]) -> dict[str, np.ndarray]:
    rows = [(1001 + i, place, apart) for place, column in enumerate(columns) for i, apart in enumerate(column)]
    frames, places, aparts = zip(*rows) if rows else ((), (), ())
    return {
        "frame": np.array(frames, np.int64),
        "network": np.array(places, np.int64),
        "apart": np.array(aparts, np.float32),
    }


def job() -> Any:
    entries = [SimpleNamespace(performer=f"crowd_{number}") for number in (1, 2, 3)]
    banks = (SimpleNamespace(networks=("faceres", "dlib")),)
    return SimpleNamespace(shot=SimpleNamespace(replace=entries), banks=banks)


@pytest.mark.parametrize(
    ("dlib", "faceres", "sure"),
    [
        ([0.61] * 100, [0.96] * 100, True),
        ([0.61] * 99 + [0.59], [0.96] * 100, True),
        ([0.61] * 98 + [0.59] * 2, [0.96] * 100, False),
        ([0.61] * 100, [0.5] + [0.96] * 9, False),
    ],
    ids=["all frames", "99 %", "98 %", "one network"],
)
def test_a_performer_is_unrecognizable_by_every_network_in_99_percent(
    dlib: list[float], faceres: list[float], sure: bool
) -> None:
    found: Any = recognition(Measured(r0=[dlib, faceres]), job(), {"r0": "toy_1"})  # type: ignore[arg-type]
    assert list(found) == ["crowd_1"]
    assert found["crowd_1"]["member"] == "toy_1"
    assert found["crowd_1"]["unrecognizable"] is sure
    told = found["crowd_1"]["networks"]["faceres"]
    assert told["threshold"] == 0.95
    assert told["lowest_at"] == 1001


def test_the_sheet_tells_of_the_face_that_is_worst() -> None:
    measured: Any = Measured(r0=[[0.7, 0.7], [1.0, 1.0]], r1=[[0.7, 0.5], [1.0, 1.0]], r2=[[], []])
    assert in_words(job(), measured) == "unrecognizable in 50 % (dlib), 100 % (faceres)"
    assert list(recognition(measured, job(), {})) == ["crowd_1", "crowd_2"]


def test_nothing_is_said_of_shots_without_banks() -> None:
    plain = job()
    plain.banks = ()
    assert networks_of(plain) == ()
    assert in_words(plain, None) == in_words(job(), None) == ""
    assert recognition(None, job(), {}) == {}
