"""References that show one side of a face alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from fsvfx.context import Context
from fsvfx.engines.contract import FaceBatch, Identity
from fsvfx.engines.landmark_warp import LandmarkWarp, LandmarkWarpSettings
from fsvfx.engines.sides import WORTH, both_sides
from fsvfx.faces.measures import head_pose


@pytest.mark.parametrize(
    ("yaws", "added"),
    [((), 0), ((0,), 0), ((35,), 1), ((35, 50), 2), ((-35, -50), 2), ((35, -35), 0), ((35, 10), 0)],
    ids=str,
)
def test_mirror_images_come_in_where_all_show_one_side(
    identity: Callable[..., Identity], picture: Callable[..., Any], mesh: Callable[..., Any], yaws: Any, added: int
) -> None:
    pictures = [picture(seed=each) for each in range(len(yaws) or 1)]
    given = identity(pictures, [mesh(yaw=yaw) for yaw in yaws or (0,)])
    if not yaws:
        given = replace(given, crops=given.crops[:0], landmarks=given.landmarks[:0], sharpness=given.sharpness[:0])
    both = both_sides(given)
    assert len(both.crops) == len(yaws) + added
    if not added:
        assert both is given
        return
    assert [head_pose(each)[0] for each in both.landmarks[added:]] == pytest.approx([-yaw for yaw in yaws], abs=4)
    assert both.sharpness[added:] == pytest.approx(WORTH * given.sharpness)
    assert np.array_equal(both.crops[added], given.crops[0][:, ::-1])


def test_the_side_that_nobody_saw_is_the_others_mirror_image(
    identity: Callable[..., Identity],
    batch: Callable[..., FaceBatch],
    picture: Callable[..., Any],
    mesh: Callable[..., Any],
) -> None:
    """A mole on the cheek that is seen comes out on both cheeks, not as a smear on one."""
    turned, front = mesh(yaw=40), mesh()
    near, far = 50, 280
    if turned[near, 2] > turned[far, 2]:
        near, far = far, near
    shown = picture(tint=(0.6, 0.5, 0.45)) * 0 + np.array([0.6, 0.5, 0.45], np.float32)
    x, y = turned[near, :2].round().astype(int)
    shown[y - 3 : y + 4, x - 3 : x + 4] = 0.05
    engine = LandmarkWarp(LandmarkWarpSettings(), Context())
    prepared = engine.prepare(identity([shown], [turned]), 128)
    made = engine.swap(batch([picture(tint=(0.6, 0.5, 0.45))], [front]), prepared).crops[0]

    def darkest(point: int) -> float:
        x, y = front[point, :2].round().astype(int)
        return float(made[y - 4 : y + 5, x - 4 : x + 5].mean(-1).min())

    assert darkest(near) < 0.35
    assert darkest(far) < 0.4
