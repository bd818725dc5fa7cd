"""landmark_warp as a whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError
from swaps import nobody, swapped

from fsvfx.colour.curves import to_display, white_shown
from fsvfx.context import Context
from fsvfx.engines.contract import Identity
from fsvfx.engines.landmark_warp import LandmarkWarp, LandmarkWarpSettings
from fsvfx.engines.mesh.references import prepare
from fsvfx.errors import InputError

Made = Callable[..., Any]


def engine(**settings: Any) -> LandmarkWarp:
    return LandmarkWarp(LandmarkWarpSettings(**settings), Context())


@pytest.fixture(scope="module")
def person(mesh: Made, picture: Made, identity: Made) -> Identity:
    poses = [(yaw, opening) for yaw in (-30, 0, 30) for opening in (0, 1.0)]
    meshes = [mesh(128, yaw, 0, opening) for yaw, opening in poses]
    return identity([picture(128, seed) for seed in range(6)], meshes)


def psnr(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    return float(-10 * np.log10(((one - other) ** 2).mean() + 1e-12))


@pytest.mark.parametrize("pose", [{}, {"yaw": 25}, {"pitch": -15, "opening": 1.2}])
def test_a_face_swapped_for_itself_is_itself(
    mesh: Made, picture: Made, batch: Made, identity: Made, pose: dict[str, float]
) -> None:
    """engines.md's proof: PSNR over 40 dB where source and target are one picture."""
    shown, made = picture(128), mesh(128, **pose)
    swap = swapped(engine(rim=0, mouth="identity", eyes="identity"), batch([shown], [made]), identity([shown], [made]))
    assert psnr(swap.crops[0], shown) > 40


def test_the_face_changes_and_the_rest_does_not(person: Identity, mesh: Made, picture: Made, batch: Made) -> None:
    faces = batch([picture(128, 50, (0.4, 0.5, 0.6))], [mesh(128, 10)])
    swap = swapped(engine(), faces, person)
    outside = swap.matte == 0
    assert np.array_equal(swap.crops[outside], faces.crops[outside])
    assert np.abs(swap.crops - faces.crops).mean(3)[swap.matte > 0.9].mean() > 0.01
    assert 0.15 < swap.matte.mean() < 0.6


@pytest.mark.parametrize("yaw", [-85, -50, 0, 50, 85])
@pytest.mark.parametrize("shift", [(0, 0), (50, 0), (0, -70), (400, 400)])
def test_any_pose_gives_a_picture(
    person: Identity, mesh: Made, picture: Made, batch: Made, yaw: float, shift: tuple[float, float]
) -> None:
    swap = swapped(engine(), batch([picture(128)], [mesh(128, yaw, 10, 0.8, shift)]), person)
    for part in (swap.crops, swap.matte):
        assert np.isfinite(part).all()
        assert part.dtype == np.float32
        assert part.min() >= 0
        assert part.max() <= 1
    assert swap.crops.shape == (1, 128, 128, 3)
    assert swap.matte.shape == (1, 128, 128)


def test_chunks_agree_to_the_bit(person: Identity, mesh: Made, picture: Made, batch: Made) -> None:
    """A frame's pixels must not depend on which frames are done with it: seams between chunks would pop."""
    meshes = [mesh(128, yaw, 0, yaw / 10) for yaw in (0, 2, 4, 6)]
    pictures = [picture(128, 60)] * 4
    whole = swapped(engine(), batch(pictures, meshes), person)
    apart = [swapped(engine(), batch(pictures[i : i + 1], meshes[i : i + 1]), person) for i in range(4)]
    assert np.array_equal(whole.crops, np.concatenate([each.crops for each in apart]))
    assert np.array_equal(whole.matte, np.concatenate([each.matte for each in apart]))


def test_small_movements_give_small_changes(person: Identity, mesh: Made, picture: Made, batch: Made) -> None:
    yaws = np.linspace(0, 30, 31)
    swap = swapped(engine(), batch([picture(128, 60)] * 31, [mesh(128, float(yaw)) for yaw in yaws]), person)
    steps = np.abs(np.diff(swap.crops, axis=0)).mean((1, 2, 3))
    assert steps.max() < 4 * np.median(steps)


def test_the_performers_mouth_shows_between_the_lips(person: Identity, mesh: Made, picture: Made, batch: Made) -> None:
    shown, made = picture(128), mesh(128, opening=2.0)
    x, y = made[[13, 14], :2].mean(0).round().astype(int)
    shown[y - 2 : y + 3, x - 2 : x + 3] = (0.05, 0.9, 0.05)
    for whose, kept in (("performer", True), ("identity", False)):
        found = swapped(engine(shape=0, mouth=whose), batch([shown], [made]), person).crops[0, y, x]
        assert bool(found[1] > found[0] + 0.5) is kept


@pytest.mark.parametrize(("glint", "glare"), [(0.0, 0.934), (0.0, 0.99), (20.0, 0.934), (20.0, 0.0), (2.0, 0.99)])
@pytest.mark.parametrize("yaw", [0, 10])
def test_no_highlight_is_made_that_the_plate_does_not_have_there(
    mesh: Made, picture: Made, batch: Made, identity: Made, glint: float, glare: float, yaw: float
) -> None:
    """A reference's blown highlight beside the skin of a bright face, and a glint of the plate: cubics, the plate's
    light and its texture took both to 64 times white."""
    meshes = [mesh(128, pose) for pose in (-30, -15, 0, 8, 15, 30)]
    pictures = [patched(picture(128, seed), made, glare) for seed, made in enumerate(meshes)]
    shown = np.minimum(picture(128, 60, (0.85, 0.8, 0.75)), 0.9)
    made = mesh(128, yaw, 5)
    shown = patched(shown, made, float(to_display(np.full(1, glint, np.float32))[0]))
    swap = swapped(engine(), batch([shown], [made]), identity(pictures, meshes))
    near = cv2.dilate(np.maximum(shown, white_shown()), np.ones((21, 21), np.uint8))
    assert (swap.crops[0] <= near + 1e-6).all()


def patched(shown: NDArray[np.float32], made: NDArray[np.float32], value: float) -> NDArray[np.float32]:
    """With a hard-edged square of ``value`` on the cheek; 0: as it is."""
    if value:
        x, y = made[50, :2].round().astype(int)
        shown[y - 4 : y + 5, x - 4 : x + 5] = value
    return np.minimum(shown, max(value, 0.9))


def test_what_covers_a_face_in_one_reference_is_not_trusted(mesh: Made, picture: Made, identity: Made) -> None:
    meshes = [mesh(128, yaw) for yaw in (-4, -2, 0, 2, 4)]
    pictures = [picture(128, 3) for _ in meshes]
    pictures[2][85:, :, :] = (0.05, 0.9, 0.05)
    references = prepare(identity(pictures, meshes), 128)
    assert references.pictures[2].trust[152, 0] < 0.3 * references.pictures[1].trust[152, 0]
    assert references.quality.argmin() == 2


def test_no_references_are_said(mesh: Made, picture: Made, batch: Made) -> None:
    with pytest.raises(InputError, match="lead"):
        swapped(engine(), batch([picture(128)], [mesh(128)]), nobody("lead"))


def test_larger_references_are_shrunk(mesh: Made, picture: Made, batch: Made, identity: Made) -> None:
    swap = swapped(engine(), batch([picture(64)], [mesh(64)]), identity([picture(256)], [mesh(256)]))
    assert swap.crops.shape[1] == 64


@pytest.mark.parametrize("wrong", [{"shape": -0.1}, {"references": 0}, {"light": 0}, {"rim": 0.9}, {"nose": 1}])
def test_wrong_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        LandmarkWarpSettings(**wrong)
