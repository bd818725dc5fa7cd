"""Every option of the composite: it changes the swap where it shows, and nothing outside the matte."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from comp_scene import FRAMES, HEIGHT, SIZE, WIDTH, comp_of, composited, face_matrix, oval, plate_of, shot_job
from numpy.typing import NDArray

from fsvfx.colour import PlateColour
from fsvfx.comp.choices import groups, mattering
from fsvfx.faces import topology
from fsvfx.faces.geometry import inverse, move_points
from fsvfx.faces.looks import display_crop
from fsvfx.stages.composite import CompositeStage
from fsvfx.stages.contract import Need
from schemas.composite import Composite, CompositeOverride, CompositeSettings
from schemas.frames import FrameRange
from schemas.receipts import Unit

MATRIX = face_matrix(100, 75)

CHANGES: dict[str, dict[str, Any]] = {
    "mode": {"mode": "overlay"},
    "mixed_gradients": {"mixed_gradients": True},
    "bands": {"mode": "multi-band", "bands": 3},
    "hist_threshold": {"mode": "hist-match", "hist_threshold": 20.0},
    "keep_highlights": {"keep_highlights": False},
    "opacity": {"opacity": 0.5},
    "matte": {"matte": "learned*hull+external"},
    "occlusion": {"occlusion": "none"},
    "erode": {"erode": 12.0},
    **{f"erode_{side}": {f"erode_{side}": 12.0} for side in ("top", "bottom", "left", "right")},
    "feather": {"feather": 40.0},
    **{f"feather_{side}": {f"feather_{side}": 40.0} for side in ("top", "bottom", "left", "right")},
    "color_transfer": {"mode": "overlay", "color_transfer": "lct"},
    "color_transfer_masked": {"mode": "overlay", "color_transfer": "lct", "color_transfer_masked": False},
    "color_transfer_space": {"mode": "overlay", "color_transfer": "lct", "color_transfer_space": "linear"},
    "color_transfer_steady": {"mode": "overlay", "color_transfer": "lct", "color_transfer_steady": 0.0},
    "face_scale": {"face_scale": 12.0},
    "super_resolution": {"super_resolution": 100.0},
    "sharpen": {"sharpen": 60.0},
    "sharpen_kernel": {"sharpen": 60.0, "sharpen_kernel": "box"},
    "denoise": {"denoise": 80.0},
    "match_resolution": {"match_resolution": 100.0},
    "degrade": {"degrade": 60.0},
    "motion_blur": {"motion_blur": 200.0},
    "texture": {"texture": "swap"},
    "grain": {"grain": 200.0},
}
"""Each option away from its default."""
NEUTRAL = {"super_resolver", "restoration", "restorer"}
"""There is but one super-resolver; restorers are users' own: ``tests/fsvfx/comp/finish/test_own_networks.py``."""


@pytest.fixture(scope="module")
def scene() -> dict[str, Any]:
    """A blurred, grainy HDR plate with a glint; a sharp, darker swap; a stick in front; a roto; a face that moves."""
    random = np.random.default_rng(1)
    plate, _ = plate_of("f16")
    light = cv2.GaussianBlur(plate.astype(np.float32), (0, 0), 1.5)
    light += 0.02 * random.standard_normal((HEIGHT, WIDTH, 3))
    light[60:66, 96:102] = 9.0
    light[90, 90] = -0.04
    plate = light.astype(np.float16)
    crops = np.stack([display_crop(plate, MATRIX, SIZE, PlateColour("ACEScg"))] * 2)
    detail = 0.06 * random.standard_normal((SIZE, SIZE, 1))
    swap = np.clip(crops[0].astype(np.float32) * [0.6, 0.7, 0.9] + detail, 0, 1).astype(np.float16)
    front = np.zeros((2, SIZE, SIZE), np.float16)
    front[:, 70:78] = 1
    mesh = topology.CANONICAL * [5.5, -5.5, 5.5]
    mesh = (mesh - mesh.mean(axis=0) + [SIZE / 2, SIZE / 2, 0]).astype(np.float32)
    roto = np.zeros((2, HEIGHT, WIDTH), np.float16)
    roto[:, 40:100, 70:110] = 1
    shift = np.array([[1, 0, 7.0], [0, 1, 2.0]])
    return {
        "plate": plate,
        "face": (MATRIX, swap, oval()),
        "align": {
            "r0/present": np.array([True, True]),
            "r0/matrix": np.stack([MATRIX, MATRIX]),
            "r0/crops": crops,
            "r0/landmarks": np.stack([mesh, move_points(shift, mesh)]),
        },
        "swap": {
            "r0/crops": np.stack([swap, swap * np.float16(1.3)]),
            "r0/matte": np.stack([oval(), oval()]),
        },
        "occlude": {"r0/front": front, "r0/face": 1 - front, "r0/identity": 1 - front},
        "roto": {"r0/roto": roto},
    }


def comp(scene: dict[str, Any], **settings: Any) -> tuple[NDArray[np.float16], ...]:
    """base, comp, matte of the first frame."""
    more = {name: scene[name] for name in ("align", "swap", "occlude", "roto")}
    result = composited(scene["plate"], "ACEScg", [scene["face"]], Composite(**settings), **more)
    return comp_of(result, scene["plate"], "ACEScg")


def test_the_table_is_whole() -> None:
    assert set(CHANGES) | NEUTRAL == set(CompositeSettings.model_fields)


@pytest.mark.parametrize("option", CHANGES)
def test_an_option_does_something_within_the_matte_only(scene: dict[str, Any], option: str) -> None:
    others = {name: value for name, value in CHANGES[option].items() if name != option}
    _, without, _ = comp(scene, **others)
    base, found, matte = comp(scene, **CHANGES[option])
    outside = matte == 0
    assert np.array_equal(found.view(np.uint16)[outside], base.view(np.uint16)[outside])
    assert np.isfinite(found).all()
    assert np.abs(found.astype(np.float32) - without.astype(np.float32)).mean() > 1e-5


@pytest.mark.parametrize(
    "mode", ["overlay", "hist-match", "seamless", "seamless-hist-match", "multi-band", "contrast-preserving", "raw"]
)
def test_a_mode_keeps_the_plate_outside(scene: dict[str, Any], mode: Any) -> None:
    base, found, matte = comp(scene, mode=mode)
    outside = matte == 0
    assert outside.any()
    assert (~outside).any()
    assert np.array_equal(found.view(np.uint16)[outside], base.view(np.uint16)[outside])
    assert np.isfinite(found).all()


def test_raw_is_the_whole_crop(scene: dict[str, Any]) -> None:
    _, _, matte = comp(scene, mode="raw", matte="hull", feather=60.0)
    inside = matte.astype(np.float32) > 0.5
    corners = (
        inverse(MATRIX)
        @ np.array([[-0.5, SIZE - 0.5, SIZE - 0.5, -0.5], [-0.5, -0.5, SIZE - 0.5, SIZE - 0.5], [1] * 4])
    ).T
    wanted = np.zeros(matte.shape, np.uint8)
    cv2.fillConvexPoly(wanted, np.rint(corners).astype(np.int32), 1)
    assert (inside != (wanted > 0)).mean() < 0.02
    assert ((matte > 0) & (matte < 1)).sum() < 6 * SIZE


def test_what_is_in_front_shows(scene: dict[str, Any]) -> None:
    base, found, matte = comp(scene)
    row = inverse(MATRIX) @ np.array([SIZE / 2, 73.5, 1])
    x, y = np.rint(row).astype(int)
    assert matte[y, x] == 0
    assert np.array_equal(found[y, x], base[y, x])
    assert comp(scene, occlusion="none")[2][y, x] > 0.9


def test_a_roto_holds_where_it_is_in_the_plate(scene: dict[str, Any]) -> None:
    for scale in (0.0, 20.0):
        _, _, matte = comp(scene, matte="external", feather=0.0, occlusion="none", face_scale=scale)
        rows, columns = np.flatnonzero((matte > 0.5).any(1)), np.flatnonzero((matte > 0.5).any(0))
        assert np.abs([rows[0] - 40, rows[-1] - 99, columns[0] - 70, columns[-1] - 109]).max() <= 1


@pytest.mark.parametrize("percent", [-20.0, 25.0])
def test_a_scaled_face_is_so_much_larger(scene: dict[str, Any], percent: float) -> None:
    areas = [
        float(comp(scene, occlusion="none", feather=0.0, face_scale=by)[2].astype(np.float32).sum())
        for by in (0.0, percent)
    ]
    assert np.sqrt(areas[1] / areas[0]) == pytest.approx(1 + percent / 100, rel=0.02)


def test_opacity_is_the_mattes_share(scene: dict[str, Any]) -> None:
    whole, half = comp(scene)[2].astype(np.float32), comp(scene, opacity=0.5)[2].astype(np.float32)
    assert np.allclose(half, whole / 2, atol=1e-3)


READS: list[tuple[dict[str, Any], set[Need]]] = [
    ({"occlusion": "none"}, {Need("ingest"), Need("align"), Need("swap")}),
    ({}, {Need("ingest"), Need("align"), Need("swap"), Need("occlude")}),
    ({"occlusion": "none", "matte": "plate"}, {Need("ingest"), Need("align"), Need("swap"), Need("occlude")}),
    ({"mode": "original", "matte": "external"}, {Need("ingest"), Need("align"), Need("swap")}),
    (
        {"color_transfer": "rct", "occlusion": "none", "matte": "learned*external"},
        {Need("ingest"), Need("align", halo=6), Need("swap", halo=6), Need("roto", halo=6)},
    ),
    (
        {"mode": "hist-match", "color_transfer_steady": 0.5, "occlusion": "none"},
        {Need("ingest"), Need("align", halo=2), Need("swap", halo=2)},
    ),
    ({"motion_blur": 50.0, "occlusion": "none"}, {Need("ingest"), Need("align", halo=1), Need("swap")}),
    ({"color_transfer_steady": 4.0, "occlusion": "none"}, {Need("ingest"), Need("align"), Need("swap")}),
]


@pytest.mark.parametrize(("settings", "needs"), READS)
def test_a_chunk_reads_what_its_settings_ask_for(settings: dict[str, Any], needs: set[Need]) -> None:
    job = shot_job("sRGB", 1, Composite(**settings))
    assert set(CompositeStage().reads(job, Unit.of_chunk(job.shot.chunks[0]))) == needs
    away = CompositeOverride(frames=FrameRange([1500]), **settings)
    elsewhere = shot_job("sRGB", 1, Composite(mode="overlay", occlusion="none", overrides=(away,)))
    unit = Unit.of_chunk(elsewhere.shot.chunks[0])
    assert set(CompositeStage().reads(elsewhere, unit)) == {Need("ingest"), Need("align"), Need("swap")}


def test_what_has_no_effect_is_in_no_key() -> None:
    plain = mattering(CompositeSettings(mode="overlay"))
    idle = CompositeSettings(mode="overlay", bands=3, mixed_gradients=True, hist_threshold=9, color_transfer_steady=1.0)
    assert mattering(idle) == plain
    assert mattering(CompositeSettings(mode="original", erode=9)) == CompositeSettings(mode="original")
    override = CompositeOverride(frames=FrameRange([1002]), bands=3)
    assert len(groups(Composite(mode="overlay", overrides=(override,)), FrameRange(FRAMES))) == 1
