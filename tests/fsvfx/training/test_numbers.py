"""A seeded training gives the numbers that it gave when this test was written: refactoring must not change them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from ordered import job_in
from toy_facesets import faceset

from fsvfx.training import curves
from fsvfx.training.run import run

GOLDEN = json.loads(Path(__file__).with_name("numbers.json").read_text())
"""Of each engine: its architecture, and the terms of each iteration. Other CPUs may round otherwise."""


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Sums in one order, and so the first steps' signs, on every machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("engine", GOLDEN)
def test_a_seeded_training_gives_the_same_losses(tmp_path: Path, engine: str) -> None:
    assert terms(tmp_path, engine, GOLDEN[engine]["architecture"]) == [
        pytest.approx(wanted, rel=1e-4) for wanted in GOLDEN[engine]["terms"]
    ]


def terms(folder: Path, engine: str, architecture: dict[str, Any]) -> list[dict[str, float]]:
    job = job_in(folder, iterations=4, preview_iterations=2, ema=0.9)
    job = job.model_copy(update={"engine": engine, "architecture": architecture})
    facesets = {person: faceset(person, held_out=4, seed=len(person)) for person in job.learned}
    run(job, facesets, report=lambda event: None)
    return [dict(point.terms) for point in curves.read(Path(job.folder) / "curves.jsonl")]
