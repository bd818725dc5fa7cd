"""An identity's views on a map of yaw and pitch: every pose between some of them, and without a jump."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from fsvfx.engines.anyone.view_map import spread, view_map

MAPS = {
    "one": [(3, 4)],
    "two": [(-20, 0), (25, 5)],
    "a line": [(0, -10), (10, -10), (-30, -10), (40, -10)],
    "a line up": [(5, 0), (5, 20), (5, -15)],
    "a triangle": [(-20, 0), (20, 0), (0, 15)],
    "many": [(-40, 0), (-15, 10), (0, 0), (12, -12), (35, 3), (20, 20), (-5, -20), (-30, -18)],
}


@pytest.fixture(params=MAPS)
def poses(request: pytest.FixtureRequest) -> NDArray[np.float64]:
    return np.array(MAPS[request.param], np.float64)


def test_shares_are_of_the_nearest_point_of_the_map(poses: NDArray[np.float64]) -> None:
    """They sum to one; a view's pose is its own alone; mixed by them, poses are the map's nearest to what is asked."""
    views, random = view_map(poses), np.random.default_rng(1)
    for number, pose in enumerate(poses):
        assert views.shares(pose)[number] == pytest.approx(1)
    for pose in random.uniform(-60, 60, (300, 2)):
        shares = views.shares(pose)
        assert shares.min() >= 0
        assert shares.sum() == pytest.approx(1)
        assert (shares > 0).sum() <= 3
        met = shares @ poses
        others = random.dirichlet(np.ones(len(poses)), 50) @ poses
        assert (np.linalg.norm(others - pose, axis=1) >= np.linalg.norm(met - pose) - 1e-9).all()
        assert np.allclose(views.shares(met), shares, atol=1e-6)


def test_shares_are_continuous(poses: NDArray[np.float64]) -> None:
    """Over edges of triangles, the rim and far outside: no faster than the smallest triangle is high."""
    views, random = view_map(poses), np.random.default_rng(2)
    for start, end in random.uniform(-60, 60, (20, 2, 2)):
        way = start + np.linspace(0, 1, 2000)[:, None] * (end - start)
        shares = np.array([views.shares(pose) for pose in way])
        pace = np.abs(np.diff(shares, axis=0)).max() / np.linalg.norm(way[1] - way[0])
        assert pace < 0.2, "of a share, a degree"


def test_well_spread_pictures_are_chosen_and_worthy_ones() -> None:
    poses = np.array([(0, 0), (1, 1), (30, 0), (-30, 0), (31, 1), (0, 20)], np.float64)
    worth = np.array([1.0, 1.0, 0.4, 1.0, 0.9, 0.7])
    assert spread(poses, worth, 4) == [0, 3, 4, 5], "no second of a kind, and the sharper one"
    assert spread(poses, worth, 2) == [0, 3]
    assert spread(poses[:2], worth[:2], 4) == [0]
    assert spread(poses, np.zeros(6), 4) == [0]
