"""Settings are looked up by range: the same ranges as frame by frame, at one look a range."""

from __future__ import annotations

import itertools

import pytest

from fsvfx.comp import choices
from schemas.composite import Composite, CompositeSettings
from schemas.frames import FrameRange

OVERRIDES: dict[str, list[dict[str, object]]] = {
    "none": [],
    "one": [{"frames": "10-20", "erode": 4}],
    "two that overlap": [{"frames": "10-20", "erode": 4}, {"frames": "15-30", "feather": 3}],
    "one that hides another": [{"frames": "10-20", "erode": 4}, {"frames": "5-25", "erode": 4}],
    "stepped": [{"frames": "1-40x3", "opacity": 0.5}],
    "without effect": [{"frames": "10-20", "bands": 3}],
    "outside": [{"frames": "100-120", "erode": 4}],
    "of a mode": [{"frames": "12-14", "mode": "original"}, {"frames": "13-18", "erode": 1}],
}


@pytest.mark.parametrize("name", OVERRIDES)
def test_ranges_are_those_of_the_frames(name: str) -> None:
    composite = Composite.model_validate({"overrides": OVERRIDES[name]})
    numbers = range(1, 41)
    each = [(number, choices.mattering(composite.at(number))) for number in numbers]
    wanted = [([n for n, _ in run], held) for held, run in itertools.groupby(each, key=lambda pair: pair[1])]
    assert [(list(held), settings) for held, settings in choices.groups(composite, FrameRange(numbers))] == wanted


def test_no_look_per_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    composite = Composite.model_validate({"overrides": [{"frames": "1000-2000", "erode": 4}]})
    looked: list[int] = []
    at = Composite.at

    def counted(self: Composite, frame: int) -> CompositeSettings:
        looked.append(frame)
        return at(self, frame)

    monkeypatch.setattr(Composite, "at", counted)
    assert len(choices.groups(composite, FrameRange.span(1, 250_000))) == 3
    assert looked == [1, 1000]


def test_no_frames_no_ranges() -> None:
    assert choices.groups(Composite(), FrameRange([])) == []
