"""The toy shot that the runner's tests run."""

from __future__ import annotations

from pathlib import Path

import pytest
import toy_stages
from toy_stages import PATHS, RunAll, Runs, source_for

from fsvfx import media, runner
from fsvfx.runner import dag
from schemas.job import ShotJob
from schemas.receipts import Receipt, Unit


@pytest.fixture(autouse=True)
def toys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(dag, "PATHS", dict(PATHS))
    monkeypatch.setattr(media, "source_for", source_for)
    monkeypatch.setenv("TOY_LOG", str(tmp_path / "runs.log"))


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    path = tmp_path / "plate.txt"
    path.write_text(" ".join(str(10 + i) for i in range(12)))
    return path


@pytest.fixture
def job(tmp_path: Path, plate: Path) -> ShotJob:
    return toy_stages.toy_job(str(tmp_path / "store"), plate)


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    """What has run since the last call, as ``stage unit``."""
    log = tmp_path / "runs.log"

    def read() -> list[str]:
        lines = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return sorted(line.rpartition(" ")[0] for line in lines)

    return read


@pytest.fixture
def run_all() -> RunAll:
    return EachInTurn()


class EachInTurn:
    def __init__(self) -> None:
        self.errors: dict[tuple[str, str], Exception] = {}

    def __call__(self, job: ShotJob) -> dict[tuple[str, Unit], Receipt]:
        done: dict[tuple[str, Unit], Receipt] = {}
        for stage in dag.PATHS:
            for unit in dag.units_of(stage, job):
                try:
                    done[stage, unit] = runner.run_unit(job, stage, unit, list(done.values()))
                except Exception as error:
                    self.errors[stage, unit.name] = error
        return done
