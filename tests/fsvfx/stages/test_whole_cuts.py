"""Networks are shown all of their pictures that the plate has: align makes room around its crops for their cuts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import toy_dfm
from in_memory import Arrays, in_memory
from numpy.typing import NDArray
from swaps import nobody, swapped

from fsvfx.colour import DEFAULT_CONFIG, PlateColour
from fsvfx.engines.contract import FaceBatch
from fsvfx.faces.geometry import crop_matrix, turns
from fsvfx.faces.topology import CANONICAL
from fsvfx.networks.cuts import cut_matrix
from fsvfx.stages.align import AlignSettings, AlignStage
from fsvfx.stages.contract import Work
from schemas.frames import Chunk
from schemas.job import TrainedModel
from schemas.network_pictures import Cut
from schemas.receipts import Unit

SIZE, NET = 128, 192
CORNER = 24
CUTS: list[dict[str, Any]] = [
    {"dfl": "head"},
    {"dfl": "whole_face"},
    {"facemesh": {"coverage": 3.0}},
    {"template": "ffhq_512"},
    {"template": "arcface_112_v1"},
]
UNIT = Unit.of_chunk(Chunk(first=1001, last=1001))


def plate() -> NDArray[np.uint8]:
    """Soft, and nowhere like its mirror image."""
    rough = np.random.default_rng(3).random((14, 16, 3)).astype(np.float32)
    return (255 * cv2.resize(rough, (640, 560), interpolation=cv2.INTER_LINEAR)).astype(np.uint8)


def face(yaw: float, roll: float) -> NDArray[np.float32]:
    """(468, 3) px of the plate, in its middle."""
    turned = CANONICAL @ np.array([[np.cos(yaw), 0, -np.sin(yaw)], [0, 1, 0], [np.sin(yaw), 0, np.cos(yaw)]])
    flat = turned[:, :2] * (1, -1) @ turns(np.array(roll)).T
    return np.column_stack([flat * 6 + (320, 280), turned[:, 2]]).astype(np.float32)


def faces(mesh: NDArray[np.float32], wide: float) -> FaceBatch:
    """What align makes of one frame, as the swap stage hands it on."""
    settings = AlignSettings(
        entries=1, smooth=0.0, wide=(wide,), color_space="sRGB", colour_config=DEFAULT_CONFIG.name, exposure=0
    )
    rows = {"frame": np.array([1001]), "landmarks": mesh[None], "segment_start": np.array([True])}
    entries = {"entry": np.array([0]), "crop_size": np.array([SIZE])}
    given = {
        "ingest": Arrays((1001,), {"frames": plate()[None]}),
        "track": Arrays((1001,), tables={"r0": rows, "entries": entries}),
    }
    made = in_memory(AlignStage().run(Work(UNIT, (1001,), settings, given))).frames
    crops, landmarks = (np.asarray(made[f"r0/{name}"], np.float32) for name in ("crops", "landmarks"))
    around = np.asarray(made["r0/wide"], np.float32) if "r0/wide" in made else None
    return FaceBatch(crops, landmarks, (1001,), wide=around)


def shown(folder: Path, cut: dict[str, Any], given: FaceBatch, monkeypatch: pytest.MonkeyPatch) -> NDArray[np.float32]:
    """(NET, NET, 3): what the network is given."""
    file = toy_dfm.made(folder / "lead.dfm", NET)
    one = toy_dfm.engine(file, toy_dfm.card(file, NET, cut))
    seen: list[NDArray[np.float32]] = []
    made = one.made
    monkeypatch.setattr(one, "made", lambda pictures, *rest: (seen.append(pictures[0]), made(pictures, *rest))[1])
    swapped(one, given, nobody("lead"))
    return seen[0]


def corners(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """(4, CORNER, CORNER, 3)"""
    ends = (slice(0, CORNER), slice(-CORNER, None))
    return np.stack([picture[y, x] for y in ends for x in ends])


@pytest.mark.parametrize(("yaw", "roll"), [(0.0, 0.0), (0.5, 0.3), (-0.5, -1.0)])
@pytest.mark.parametrize("cut", CUTS, ids=str)
def test_the_corners_of_a_networks_picture_are_the_plates(
    cut: dict[str, Any], yaw: float, roll: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the plate itself, cut at once, has them; without that room at least one is a mirror image."""
    mesh, said = face(yaw, roll), Cut.model_validate(cut)
    to_crop = crop_matrix(mesh, SIZE)
    given = faces(mesh, said.wide)
    to_cut = cut_matrix(given.landmarks[0], said, NET)
    whole = np.column_stack([to_cut[:, :2] @ to_crop[:, :2], to_cut[:, :2] @ to_crop[:, 2] + to_cut[:, 2]])
    light = PlateColour("sRGB").display(plate())
    wanted = corners(cv2.warpAffine(light, whole, (NET, NET), flags=cv2.INTER_LINEAR))
    found = corners(shown(tmp_path, cut, given, monkeypatch))
    assert np.abs(found - wanted).max() < 0.03
    if said.wide > 1.2:
        narrow = corners(shown(tmp_path / "narrow", cut, faces(mesh, 1.0), monkeypatch))
        assert np.abs(narrow - wanted).max() > 0.15


def test_align_makes_room_for_the_networks_of_an_entry_and_of_its_overrides() -> None:
    from test_recipes import job

    plain = job()
    own, other = ({"model": "m", "sha256": letter * 64} for letter in "ab")
    [first, second] = plain.shot.replace
    named = first.model_copy(update={"settings": own}), second.model_copy(update={"settings": {}})
    overridden = first.model_copy(
        update={"settings": {}, "overrides": (first.overrides[0].model_copy(update={"settings": other}),)}
    )
    models = tuple(
        TrainedModel(sha256=letter * 64, model="m", engine="dfm", people=(), wide=wide)
        for letter, wide in (("a", 2.1), ("b", 1.2), ("c", 4.0))
    )

    def asked(*entries: Any) -> tuple[float, ...]:
        shot = plain.shot.model_copy(update={"replace": entries})
        return AlignStage().settings(plain.model_copy(update={"shot": shot, "models": models}), UNIT).wide

    assert asked(*named) == (2.1, 1.0)
    assert asked(overridden) == (1.2,)
    both = overridden.model_copy(update={"settings": own})
    assert asked(second, both) == (1.0, 2.1)
