"""Hands that are known are not looked at again."""

from __future__ import annotations

import numpy as np
import pytest

from fsvfx.occlusion import hands
from fsvfx.occlusion.hands import Hand, Square, searched

MARGIN, SIZE = 16, 96


@pytest.mark.parametrize(("away", "looks"), [(0, 0), (4, 0), (60, 1)])
def test_a_palm_of_a_known_hand_costs_no_look(monkeypatch: pytest.MonkeyPatch, away: int, looks: int) -> None:
    points = np.random.default_rng(3).uniform(30, 50, (21, 2))
    known, looked = Hand(points, 1.0), []
    at = hands._next_square(known)
    found = Square(at.centre - MARGIN + np.array([away, 0]), at.side, at.angle)
    monkeypatch.setattr(hands, "palms", lambda picture: [found])
    monkeypatch.setattr(hands, "_look", lambda picture, square: looked.append(square))
    searched(np.zeros((SIZE, SIZE, 3), np.float32), MARGIN, [known])
    assert len(looked) == looks
    assert all(np.allclose(square.centre, at.centre + np.array([away, 0])) for square in looked)
