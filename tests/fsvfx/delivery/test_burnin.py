"""The burn-in: there, legible in size, and out of the picture's middle."""

from __future__ import annotations

import numpy as np
import pytest

from fsvfx.delivery.review import BurnIn, burn_in, strip_height

WORDS = BurnIn("sq010_sh0040", 1001, "01:00:00:00")


@pytest.mark.parametrize("size", [(288, 360), (1080, 1920), (908, 480), (151, 201), (96, 128), (2160, 4096), (720, 64)])
def test_only_the_lowest_rows_change(size: tuple[int, int]) -> None:
    picture = np.full((*size, 3), 128, np.uint8)
    shown = burn_in(picture, WORDS)
    rows = strip_height(*size)
    assert rows <= max(14, 0.05 * size[0])
    assert np.array_equal(shown[:-rows], picture[:-rows])
    assert (picture == 128).all()
    strip = shown[-rows:].astype(int)
    assert (strip.max(axis=-1) > 150).any()  # words
    assert (strip.max(axis=-1) < 60).mean() > 0.4  # on a dark ground


def test_the_words_are_in_it() -> None:
    picture = np.zeros((1080, 1920, 3), np.uint8)
    one = burn_in(picture, WORDS)
    others = {
        "frame": BurnIn("sq010_sh0040", 1002, "01:00:00:00"),
        "timecode": BurnIn("sq010_sh0040", 1001, "01:00:00:01"),
        "shot": BurnIn("sq010_sh0041", 1001, "01:00:00:00"),
        "note": BurnIn("sq010_sh0040", 1001, "01:00:00:00", "waived"),
    }
    third = 1920 // 3
    left = {
        name: not np.array_equal(burn_in(picture, words)[:, :third], one[:, :third]) for name, words in others.items()
    }
    right = {
        name: not np.array_equal(burn_in(picture, words)[:, -third:], one[:, -third:]) for name, words in others.items()
    }
    assert left == {"frame": True, "timecode": False, "shot": True, "note": True}
    assert right == {"frame": False, "timecode": True, "shot": False, "note": False}
    middle = one[:, third:-third].astype(int)
    assert ((middle[..., 0] > 200) & (middle[..., 2] < 120)).any()  # AI-ALTERED, in amber
