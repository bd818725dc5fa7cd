"""A model that looks at photographs of the identity gets them, in each session of its training."""

from __future__ import annotations

from pathlib import Path

import pytest
from ordered import job_in
from toy_facesets import faceset
from toy_features import Edges
from toy_packages import SMALL

from fsvfx.engines.style import style_model
from fsvfx.training import curves
from fsvfx.training.run import run


def losses(folder: Path, *ends: int) -> list[tuple[int, float]]:
    """Of the same training, stopped at each of ``ends``."""
    job = job_in(folder, preview_iterations=2)
    job = job.model_copy(update={"engine": "style_transfer", "architecture": SMALL["style_transfer"]})
    facesets = {person: faceset(person, held_out=4, seed=len(person)) for person in job.learned}
    for end in ends:
        trainer = job.trainer.model_copy(update={"iterations": end})
        run(job.model_copy(update={"trainer": trainer}), facesets, report=lambda event: None)
    return [(point.step, point.loss) for point in curves.read(Path(job.folder) / "curves.jsonl")]


def test_a_stopped_training_goes_on_to_the_same_losses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(style_model, "judge", lambda name: Edges())
    whole, halves = losses(tmp_path / "whole", 4), losses(tmp_path / "halves", 2, 4)
    assert [step for step, _ in whole] == [1, 2, 3, 4]
    assert whole == halves
