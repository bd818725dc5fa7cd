"""Which frame of a driver's footage plays with which of the shot."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.frames import FrameRange
from schemas.manifest import Driver, Plate

FIRST = 1001


def driver(**said: Any) -> Driver:
    """Frames 11 to 14 of a clip."""
    plate = Plate(path="d.mp4", first_frame=1, frames=FrameRange.span(11, 14), color_space="sRGB")
    return Driver(person="ada", plate=plate, **said)


# what is said; the shot's frames from the first on: the footage's frame and how far it counts
PLAYS = [
    ({}, [(11, 1), (12, 1), (13, 1), (14, 1), (None, 0)]),
    ({"starts": 1003}, [(None, 0), (None, 0), (11, 1), (12, 1), (13, 1), (14, 1), (None, 0)]),
    ({"starts": 999, "beyond": "hold"}, [(13, 1), (14, 1), (14, 1), (14, 1)]),
    ({"starts": 1003, "beyond": "hold"}, [(11, 1), (11, 1), (11, 1), (12, 1), (13, 1), (14, 1), (14, 1)]),
    ({"beyond": "loop"}, [(11, 1), (12, 1), (13, 1), (14, 1), (11, 1), (12, 1)]),
    ({"starts": 1002, "beyond": "loop"}, [(14, 1), (11, 1), (12, 1), (13, 1), (14, 1), (11, 1)]),
    ({"starts": 1002, "beyond": "own", "ease": 0}, [(None, 0), (11, 1), (12, 1), (13, 1), (14, 1), (None, 0)]),
    ({"starts": 1002, "beyond": "own", "ease": 1},
     [(None, 0), (11, 0.5), (12, 1), (13, 1), (14, 0.5), (None, 0)]),
    ({"starts": 1001, "beyond": "own", "ease": 3}, [(11, 0.25), (12, 0.5), (13, 0.5), (14, 0.25), (None, 0)]),
]  # fmt: skip


@pytest.mark.parametrize(("said", "plays"), PLAYS)
def test_plays(said: dict[str, Any], plays: list[tuple[int | None, float]]) -> None:
    one, numbers = driver(**said), range(FIRST, FIRST + len(plays))
    assert [(one.frame_at(each, FIRST), one.share_at(each, FIRST)) for each in numbers] == plays


def test_what_it_gives_in_words() -> None:
    assert driver().gives == "expression of ada"
    assert driver(pose=True).gives == "expression and pose of ada"
    assert driver(expression=False, pose=True).gives == "pose of ada"
