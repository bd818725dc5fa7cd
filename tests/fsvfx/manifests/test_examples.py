"""Every example loads, and its consents clear it (as test records)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import toy_banks

from fsvfx.documents.yaml_text import read_yaml
from fsvfx.manifests import jobs, training_job
from fsvfx.manifests.kinds import is_training
from fsvfx.rights import clear, clear_training
from fsvfx.settings import machine

EXAMPLES = sorted((Path(__file__).resolve().parents[3] / "examples").glob("*.yaml"))
TRAININGS = [path for path in EXAMPLES if is_training(read_yaml(path).data)]
SHOTS = [path for path in EXAMPLES if path not in TRAININGS]


@pytest.fixture(autouse=True)
def _bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The one that an example names: banks are built by who uses them."""
    toy_banks.placed(tmp_path, count=8, name="extras")
    monkeypatch.setenv("FSVFX_PACKAGES", json.dumps([str(tmp_path)]))
    machine.cache_clear()
    yield
    machine.cache_clear()


THEN = datetime(2026, 11, 22, 12, tzinfo=UTC)
"""Within a day of when the examples' register was checked."""


def test_there_are_examples() -> None:
    assert {path.stem for path in SHOTS} >= {"harbour", "sequence", "s3"}
    assert {path.stem for path in TRAININGS} >= {"train", "train_comb", "train_crowd", "train_refine"}


@pytest.mark.parametrize("path", SHOTS, ids=lambda path: path.stem)
def test_example(path: Path) -> None:
    for job in jobs(path):
        decision = clear(job, THEN)
        assert decision.allow
        assert decision.test_records == decision.records


@pytest.mark.parametrize("path", TRAININGS, ids=lambda path: path.stem)
def test_example_of_a_training(path: Path) -> None:
    decision = clear_training(training_job(path), THEN)
    assert decision.allow
    assert decision.test_records == decision.records
