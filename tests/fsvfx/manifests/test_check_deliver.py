"""What goes into integer codes must not be scene-linear."""

from __future__ import annotations

from typing import Any

import pytest

from fsvfx.colour import DEFAULT_CONFIG
from fsvfx.manifests.check_deliver import check_deliver
from fsvfx.manifests.draft import draft_of

PLATE = {"path": "p.####.exr", "frames": "1001-1002", "frame_rate": 24}


@pytest.mark.parametrize(
    ("wish", "refused"),
    [
        ({"kind": "frames", "path": "a.####.png"}, True),
        ({"kind": "frames", "path": "a.####.png", "color_space": "Rec.709"}, False),
        ({"kind": "frames", "path": "a.####.tif", "depth": "float"}, False),
        ({"kind": "frames", "path": "a.####.tif"}, True),
        ({"kind": "movie", "path": "a.mov"}, True),
        ({"kind": "movie", "path": "a.mov", "color_space": "ACEScct"}, False),
        ({"kind": "exr", "path": "a.####.exr"}, False),
    ],
)
@pytest.mark.parametrize("plate", ["ACEScg", "ACEScct"])
def test_linear_plates_need_a_space_to_be_coded_in(wish: dict[str, Any], refused: bool, plate: str) -> None:
    shot = {"name": "a", "plate": PLATE | {"color_space": plate}}
    data = {"schema_version": 1, "production": "p", "people": {}, "shots": [shot], "deliver": [wish]}
    found = list(check_deliver(draft_of(data), DEFAULT_CONFIG))
    assert [one.loc for one in found] == ([("deliver", 0, "color_space")] if refused and plate == "ACEScg" else [])
