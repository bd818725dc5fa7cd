"""Rotation flags are applied as ffmpeg itself applies them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from footage import ffmpeg, shot_job, write_video

from fsvfx.media import open_plate

TURNS = {
    "90": ["-display_rotation", "90"],
    "180": ["-display_rotation", "180"],
    "270": ["-display_rotation", "270"],
    "mirrored": ["-display_hflip"],
    "upside down": ["-display_vflip"],
    "90 mirrored": ["-display_rotation", "90", "-display_hflip"],
}


@pytest.mark.parametrize("turn", TURNS)
def test_turned_as_ffmpeg_turns_it(turn: str, tmp_path: Path) -> None:
    plain = write_video(tmp_path / "plain.mov", 12, codec="qtrle", pix_fmt="rgb24")
    turned, still = tmp_path / "turned.mov", tmp_path / "still.png"
    ffmpeg(*TURNS[turn], "-i", plain, "-c", "copy", turned)
    ffmpeg("-i", turned, "-vf", "select=eq(n\\,11)", "-frames:v", "1", still)
    wanted = cv2.imread(str(still))[..., ::-1]

    plate = open_plate(shot_job(turned, "1001-1012"))
    np.testing.assert_array_equal(next(plate.pictures([1012])), wanted)
    assert (plate.info.height, plate.info.width) == wanted.shape[:2]
    assert any("rotation flag" in note for note in plate.info.notes)
