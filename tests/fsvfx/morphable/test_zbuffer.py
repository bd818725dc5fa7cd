"""The z-buffer, beside a loop over every pixel and triangle."""

from __future__ import annotations

import numpy as np
import pytest
from toy_morphable import toy

from fsvfx.morphable import zbuffer

NEAR = [[2.0, 2.0, 1.0], [2.0, 13.0, 1.0], [13.0, 2.0, 1.0]]
FAR = [[1.0, 1.0, 5.0], [1.0, 15.0, 5.0], [15.0, 1.0, 5.0]]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_what_is_near_hides_what_is_far(order: tuple[int, int]) -> None:
    seen = np.array([*NEAR, *FAR], np.float32)
    triangles = np.array([[0, 1, 2], [3, 4, 5]])[list(order)]
    raster = zbuffer(seen, triangles, 20)
    shown = raster.picture(raster.at_pixels(seen[:, 2:]), np.zeros((20, 20, 1), np.float32))[..., 0]
    assert shown[4, 4] == pytest.approx(1)
    assert shown[1, 1] == pytest.approx(5)
    assert shown[12, 12] == 0


def test_triangles_that_cross_take_turns() -> None:
    """What painting them one after the other can't."""
    seen = np.array([[0, 0, 0], [0, 19, 0], [19, 0, 10], [0, 0, 10], [0, 19, 10], [19, 0, 0]], np.float32)
    raster = zbuffer(seen, np.array([[0, 1, 2], [3, 4, 5]]), 20)
    which = raster.picture(raster.triangles[:, None].astype(np.float32), np.full((20, 20, 1), -1, np.float32))[..., 0]
    assert which[2, 1] == 0
    assert which[1, 17] == 1


def test_what_faces_away_is_not_seen() -> None:
    assert not len(zbuffer(np.array(NEAR, np.float32), np.array([[0, 2, 1]]), 20).pixels)


@pytest.mark.parametrize("shift", [0.0, 50.0, 1000.0])
def test_as_a_loop_has_it(shift: float) -> None:
    seen = (toy().neutral * [3, -3, -3] + [32 + shift, 32, 0]).astype(np.float32)
    raster = zbuffer(seen, toy().triangles, 64)
    depth = np.full((64, 64), np.inf)
    for corners in seen[toy().triangles].astype(float):
        (a, _, _), solid = corners[:, :2], np.column_stack([corners[1] - corners[0], corners[2] - corners[0]])[:2]
        if np.linalg.det(solid) >= -1e-6:
            continue
        low, high = np.clip(np.floor(corners.min(0)[:2]), 0, 63), np.clip(np.ceil(corners.max(0)[:2]), 0, 63)
        for x in range(int(low[0]), int(high[0]) + 1):
            for y in range(int(low[1]), int(high[1]) + 1):
                second, third = np.linalg.solve(solid, np.array([x, y]) - a)
                if min(second, third, 1 - second - third) >= -1e-4:
                    z = (1 - second - third) * corners[0, 2] + second * corners[1, 2] + third * corners[2, 2]
                    depth[y, x] = min(depth[y, x], z)
    assert np.array_equal(np.flatnonzero(np.isfinite(depth)), raster.pixels)
    np.testing.assert_allclose(depth.ravel()[raster.pixels], raster.at_pixels(seen[:, 2:])[:, 0], atol=1e-3)
    assert np.allclose(raster.weights.sum(axis=1), 1, atol=1e-5)
