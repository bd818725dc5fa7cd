"""The exposure offset: engines see dark plates well exposed, and give the plate's own light back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fsvfx.colour import PlateColour

LINEAR = PlateColour("linear_rec709")
LIGHT = np.random.default_rng(0).uniform(0.02, 0.7, (12, 16, 3)).astype(np.float16)


@pytest.mark.parametrize("stops", [-3.0, 0.0, 2.5, 6.0])
def test_a_plate_off_by_stops_looks_as_it_should_and_comes_back(stops: float) -> None:
    off = (LIGHT.astype(np.float32) * 2.0**-stops).astype(np.float16)
    exposed = replace(LINEAR, exposure=stops)
    shown = exposed.display(off)
    assert shown == pytest.approx(LINEAR.display(LIGHT), abs=2e-3)
    seen = exposed.look(off).astype(int)
    assert np.abs(seen - LINEAR.look(LIGHT)).max() <= 1
    back = exposed.decode(shown)
    assert back == pytest.approx(off.astype(np.float32), rel=2e-3)


def test_video_is_looked_at_as_it_is_unless_it_is_exposed() -> None:
    codes = np.full((4, 4, 3), 60, np.uint8)
    assert PlateColour("sRGB").look(codes) is codes
    assert PlateColour("sRGB", exposure=2.0).look(codes).min() > 100
