"""How much of a face other views show."""

from __future__ import annotations

import numpy as np
import pytest
from face_shapes import face

from fsvfx.faces.views import seen, unseen


def share(yaw: float, *views: float) -> float:
    return unseen(face(yaw=yaw), np.array([seen(face(yaw=each)) for each in views], np.float32).reshape(-1, 468))


@pytest.mark.parametrize("yaw", [-60, 0, 40])
def test_a_view_shows_itself(yaw: float) -> None:
    assert share(yaw, yaw) == pytest.approx(0, abs=1e-6)
    assert share(yaw, -yaw, yaw) == pytest.approx(0, abs=1e-6)


def test_the_further_a_face_turns_the_less_of_it_the_view_shows() -> None:
    shares = [share(yaw, 30) for yaw in (30, 15, 0, -15, -30, -45)]
    assert shares == sorted(shares)
    assert shares[1] < 0.1
    assert shares[-1] > 0.4


def test_a_view_of_the_other_side_helps() -> None:
    assert share(-30, 30, -40) < 0.02 < share(-30, 30)
    assert share(0, 50) == pytest.approx(share(0, -50), abs=0.03)


def test_size_and_place_do_not_count() -> None:
    views = seen(face(yaw=30))[None]
    assert unseen(face(900, 40, height=700), views) == pytest.approx(unseen(face(), views), abs=1e-3)


def test_without_views_nothing_is_known() -> None:
    assert np.isnan(unseen(face(), np.zeros((0, 468), np.float32)))
