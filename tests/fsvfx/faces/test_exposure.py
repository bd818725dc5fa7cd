"""The exposure offset: engines see dark plates well exposed, and give the plate's own light back."""

from __future__ import annotations

import numpy as np
import pytest

from fsvfx import colour
from fsvfx.faces.looks import display, look

CONFIG = colour.DEFAULT_CONFIG
LIGHT = np.random.default_rng(0).uniform(0.02, 0.7, (12, 16, 3)).astype(np.float16)


@pytest.mark.parametrize("stops", [-3.0, 0.0, 2.5, 6.0])
def test_a_plate_off_by_stops_looks_as_it_should_and_comes_back(stops: float) -> None:
    off = (LIGHT.astype(np.float32) * 2.0**-stops).astype(np.float16)
    shown = display(off, "linear_rec709", CONFIG, stops)
    assert shown == pytest.approx(display(LIGHT, "linear_rec709", CONFIG), abs=2e-3)
    seen = look(off, "linear_rec709", CONFIG, stops).astype(int)
    assert np.abs(seen - look(LIGHT, "linear_rec709", CONFIG)).max() <= 1
    back = colour.decode(shown, CONFIG, "lin_rec709", stops)
    assert back == pytest.approx(off.astype(np.float32), rel=2e-3)


def test_video_is_looked_at_as_it_is_unless_it_is_exposed() -> None:
    codes = np.full((4, 4, 3), 60, np.uint8)
    assert look(codes, "sRGB", CONFIG) is codes
    assert look(codes, "sRGB", CONFIG, 2.0).min() > 100
