"""How shading changes with a head's turn and shape: beside finite differences."""

from __future__ import annotations

from typing import Any

import numpy as np
from toy_morphable import toy

from fsvfx.morphable import normals
from fsvfx.morphable.pictures import expected
from fsvfx.morphable.placing import turned_by
from fsvfx.morphable.slopes import shading_lines

Acted = Any
STEP = 0.02


def test_they_are_derivatives(known: Acted) -> None:
    model, placing = toy(), known.placing.of(slice(0, 2))
    albedo, light = np.full((len(model.probes), 3), 0.6, np.float32), known.light[:2]
    identity = np.zeros(len(model.identity), np.float32)

    def turned(moved: np.ndarray) -> np.ndarray:
        return placing.turned(normals(model.shape(moved), model.triangles)[model.probes])

    def shown(seen: np.ndarray) -> np.ndarray:
        return expected(light, seen.astype(np.float32), albedo).mean(axis=-1)

    rest = turned(identity)
    turn, tilt = shading_lines(model, placing, rest, light, albedo)
    front = (rest[..., 2] > 0.3) & (shown(rest) > 0.1)
    for axis, about in enumerate(np.eye(3)):
        slope = (
            shown(rest @ turned_by(STEP * about[None])[0].T) - shown(rest @ turned_by(-STEP * about[None])[0].T)
        ) / (2 * STEP)
        np.testing.assert_allclose(turn[..., axis][front], slope[front], atol=0.02)
    for mode, one in enumerate(np.eye(len(identity), dtype=np.float32)):
        slope = shown(turned(0.5 * one)) - shown(turned(-0.5 * one))
        assert np.corrcoef(tilt[..., mode][front], slope[front])[0, 1] > 0.95
