"""The rasteriser: every pixel of the face, from the triangle that is seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.ndimage import binary_fill_holes

from fsvfx.faces.raster import rasterise, remap_points, vertex_facing
from fsvfx.faces.topology import TRIANGLES

Made = Callable[..., Any]


@pytest.mark.parametrize("yaw", [-70, -30, 0, 45, 80])
@pytest.mark.parametrize("pitch", [-25, 0, 25])
def test_pixels_know_where_they_are(mesh: Made, yaw: float, pitch: float) -> None:
    made = mesh(128, yaw, pitch)
    raster = rasterise(made, TRIANGLES, 128)
    y, x = np.divmod(raster.pixels, 128)
    away = np.abs(raster.at_pixels(made)[:, :2] - np.stack([x, y], 1))
    assert np.median(away) < 1e-3
    assert np.percentile(away, 95) < 0.1  # the rest: slivers, seen from the edge
    assert away.max() < 1.5
    assert np.allclose(raster.weights.sum(1), 1, atol=1e-5)


@pytest.mark.parametrize("yaw", [-60, 0, 60])
def test_there_are_no_holes(mesh: Made, yaw: float) -> None:
    coverage = rasterise(mesh(128, yaw), TRIANGLES, 128).coverage > 0
    assert coverage.sum() > 2000
    assert np.array_equal(coverage, binary_fill_holes(coverage))


def test_the_nearest_triangle_is_seen() -> None:
    far, near = [[2, 2, 5], [2, 28, 5], [28, 2, 5]], [[2, 2, -5], [2, 28, -5], [28, 2, -5]]
    vertices = np.array(far + near, np.float32)
    for triangles in ([[0, 1, 2], [3, 4, 5]], [[3, 4, 5], [0, 1, 2]]):
        assert rasterise(vertices, np.array(triangles), 32).corners.min() == 3


def test_warping_to_oneself_changes_nothing(mesh: Made, picture: Made) -> None:
    made, shown = mesh(128, 10), picture(128)
    raster = rasterise(made, TRIANGLES, 128)
    error = raster.picture(raster.sample(shown, made), shown) - shown
    assert -10 * np.log10((error**2).mean()) > 45


def test_points_beyond_the_remap_limit_are_taken(picture: Made) -> None:
    points = np.tile(np.array([[3.0, 5.0]], np.float32), (40_000, 1))
    shown = picture(16)
    assert np.allclose(remap_points(shown, points), shown[5, 3], atol=1e-5)


def test_facing_falls_where_the_face_turns_away(mesh: Made) -> None:
    turned = vertex_facing(mesh(128, 60), TRIANGLES)
    ears = sorted((turned[234], turned[454]))
    assert ears[0] == 0
    assert ears[1] > 0.5


@pytest.mark.parametrize("shift", [(-60, 0), (0, 70), (500, 500)])
def test_a_face_over_the_edge_is_cut(mesh: Made, shift: tuple[float, float]) -> None:
    raster = rasterise(mesh(128, shift=shift), TRIANGLES, 128)
    assert ((raster.pixels >= 0) & (raster.pixels < 128 * 128)).all()
