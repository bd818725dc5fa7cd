"""The runner's toy shot, for those who tell of runs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fsvfx import media
from fsvfx.runner import Plan, dag, plan

sys.path.append(str(Path(__file__).resolve().parents[1] / "fsvfx/runner"))


@pytest.fixture
def toy_plan(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], Plan]:
    """The plan of the toy shot in a folder; nothing of it is done."""
    import toy_stages

    monkeypatch.setattr(dag, "PATHS", dict(toy_stages.PATHS))
    monkeypatch.setattr(media, "source_for", toy_stages.source_for)

    def make(folder: Path) -> Plan:
        plate = folder / "plate.txt"
        plate.write_text(" ".join(str(10 + i) for i in range(12)))
        return plan(toy_stages.toy_job(str(folder / "store"), plate))

    return make
