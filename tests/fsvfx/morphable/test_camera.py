"""A face before a pinhole camera is seen in the plate where its crop shows it."""

from __future__ import annotations

import numpy as np
import pytest
from toy_morphable import UNIT, toy

from fsvfx.faces.geometry import move_points
from fsvfx.morphable import Placing
from fsvfx.morphable.camera import before_camera
from fsvfx.morphable.placing import turned_by


@pytest.mark.parametrize("nearness", [0.02, 0.001, 0.0])
@pytest.mark.parametrize("roll", [0.0, 0.6, -2.5])
def test_the_plate_shows_the_mesh_where_the_crop_shows_the_face(nearness: float, roll: float) -> None:
    placing = Placing(turned_by(np.array([[0.1, 0.4, -0.2]])), np.array([9.0]), np.array([[70.0, 61.0]]), nearness)
    linear = 0.4 * np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
    crop = np.column_stack([linear, [-180.0, 33.0]])
    points, camera = before_camera(toy(), placing, toy().neutral, crop)
    seen = points @ camera.matrix.T
    in_crop = move_points(crop, seen / seen[:, 2:])
    off = np.abs(in_crop - placing.seen(toy().neutral)[0])[:, :2].max()
    assert off < (0.001 if nearness else 0.02)
    spans = [np.linalg.norm(each[10] - each[152]) for each in (points, toy().neutral)]
    assert spans[0] == pytest.approx(spans[1] * UNIT / 10, rel=1e-5)
    if nearness:
        assert -points[:, 2].mean() == pytest.approx(UNIT / 10 / nearness, rel=0.05)
