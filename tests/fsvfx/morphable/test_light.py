"""Light as harmonics."""

from __future__ import annotations

import numpy as np
import pytest

from fsvfx.morphable.light import harmonics, shading, solved, to_light, to_shown


def ball(count: int = 4000) -> np.ndarray:
    points = np.random.default_rng(0).normal(size=(count, 3))
    return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)


def test_they_are_orthonormal_on_the_ball() -> None:
    basis = harmonics(ball(200_000)).astype(np.float64)
    np.testing.assert_allclose(4 * np.pi * basis.T @ basis / len(basis), np.eye(9), atol=0.03)


@pytest.mark.parametrize("spoiled", [0, 40])
def test_light_comes_back_from_half_a_ball(spoiled: int) -> None:
    """Also where every tenth pixel shows something else."""
    random = np.random.default_rng(1)
    normals = ball(800)
    normals = normals[normals[:, 2] > 0.2][None]
    albedo = random.uniform(0.5, 1.5, (normals.shape[1], 3)).astype(np.float32)
    light = np.array(
        [[1.2, 1.0, 0.9], *np.tile([[0.2], [0.3], [-0.25]], 3), *random.normal(0, 0.03, (5, 3))], np.float32
    )
    colours = shading(light[None], normals) * albedo
    colours[:, :spoiled] = 0.01
    found = solved(colours, albedo, normals, np.ones(normals.shape[:2], np.float32))
    shown, wanted = (to_shown(shading(each, normals)) for each in (found, light[None]))
    assert np.abs(shown - wanted).mean() < 0.02


def test_display_and_back() -> None:
    values = np.linspace(0, 1, 11, dtype=np.float32)
    np.testing.assert_allclose(to_shown(to_light(values)), values, atol=1e-5)
