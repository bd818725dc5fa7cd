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


ENTRY = {"performer": "double", "identity": "lead", "engine": "landmark_warp"}
CROWD = {"performers": "all", "identity": {"bank": "extras"}, "engine": "landmark_warp", "at_most": 2}
OWN = {"kind": "mesh", "path": "m.{performer}.####.obj"}


@pytest.mark.parametrize(
    ("wish", "replace", "references", "fields"),
    [
        ({"kind": "mesh", "path": "m.####.obj"}, [ENTRY], [], []),
        ({"kind": "mesh", "path": "m.####.obj"}, [ENTRY, ENTRY], [], ["path"]),
        ({"kind": "mesh", "path": "m.####.obj"}, [CROWD], [], ["path"]),
        (OWN, [ENTRY, ENTRY], [], []),
        (OWN | {"of": "swap"}, [ENTRY], [], ["of"]),
        (OWN | {"of": "swap"}, [ENTRY], ["a.png"], []),
        ({"kind": "point_cache", "path": "m.usdc"}, [ENTRY], [], []),
        ({"kind": "point_cache", "path": "m.usdc", "of": "swap"}, [ENTRY, ENTRY], [], ["path", "of"]),
    ],
)
def test_meshes(wish: dict[str, Any], replace: list[Any], references: list[str], fields: list[str]) -> None:
    shot = {"name": "a", "plate": PLATE | {"color_space": "ACEScg"}, "replace": replace}
    people = {"lead": {"consent": "l.yaml", "references": references}, "double": {"consent": "d.yaml"}}
    data = {"schema_version": 1, "production": "p", "people": people, "shots": [shot], "deliver": [wish]}
    assert [one.loc for one in check_deliver(draft_of(data), DEFAULT_CONFIG)] == [("deliver", 0, one) for one in fields]
