"""The composite stage on made faces: round trips, several entries, every plate depth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from comp_scene import (
    CONFIG,
    HEIGHT,
    SIZE,
    WIDTH,
    comp_of,
    composited,
    face_matrix,
    oval,
    plate_of,
    psnr,
    shot_job,
)

from fsvfx import colour
from fsvfx.arrays import Result
from fsvfx.colour import PlateColour
from fsvfx.faces.geometry import inverse
from fsvfx.faces.looks import display_crop
from fsvfx.stages.composite import CompositeStage
from schemas.composite import Composite, CompositeOverride
from schemas.frames import FrameRange
from schemas.receipts import Unit


@pytest.mark.parametrize("mode", ["seamless", "overlay"])
@pytest.mark.parametrize("kind", ["u8", "u16", "f16"])
def test_a_face_put_back_is_the_plate(kind: str, mode: Any) -> None:
    plate, space = plate_of(kind)
    matrix = face_matrix(100, 75)
    crop = display_crop(plate, matrix, SIZE, PlateColour(space))
    result = composited(plate, space, [(matrix, crop, oval())], Composite(mode=mode))
    base, comp, matte = comp_of(result, plate, space)
    inside = matte > 0
    assert 2000 < inside.sum() < 6000
    assert psnr(comp[inside], base[inside]) > 40
    assert np.array_equal(comp.view(np.uint16)[~inside], base.view(np.uint16)[~inside])


def test_another_light_is_taken_on() -> None:
    plate, space = plate_of("u8")
    matrix = face_matrix(100, 75)
    dark = (display_crop(plate, matrix, SIZE, PlateColour(space)).astype(np.float32) * 0.85).astype(np.float16)
    jump = {}
    for mode in ("seamless", "overlay"):
        result = composited(plate, space, [(matrix, dark, oval())], Composite(mode=mode))  # type: ignore[arg-type]
        base, comp, matte = comp_of(result, plate, space)
        jump[mode] = float(np.abs(comp.astype(np.float32) - base)[matte > 0.5].mean())
    assert jump["seamless"] < 0.5 * jump["overlay"]


def test_two_faces_that_overlap() -> None:
    plate, space = plate_of("u8")
    matrices = [face_matrix(85, 75), face_matrix(110, 75)]
    crops = [np.full((SIZE, SIZE, 3), value, np.float16) for value in (0.2, 0.8)]
    result = composited(plate, space, [(m, c, oval()) for m, c in zip(matrices, crops)], Composite(mode="overlay"))
    base, comp, matte = comp_of(result, plate, space)
    dark, light = (colour.decode(c[:1, :1].astype(np.float32), CONFIG, "ACEScg")[0, 0] for c in crops)
    assert np.allclose(comp[75, 75], dark, atol=2e-3)
    assert np.allclose(comp[75, 110], light, atol=2e-3)
    seam = np.asarray(result.frames["r1/matte"])[0]
    y, x = np.argwhere((seam > 0.4) & (seam < 0.6) & (np.arange(seam.shape[1]) < seam.shape[1] / 2))[0]
    origin = np.asarray(result.frames["r1/origin"])[0]
    mixed = np.asarray(result.frames["r1/patch"])[0, y, x].astype(np.float32)
    under = comp_of(Result(frames={k: v for k, v in result.frames.items() if k.startswith("r0")}), plate, space)[1]
    share = float(seam[y, x])
    assert np.allclose(mixed, (1 - share) * under[y + origin[0], x + origin[1]] + share * light, atol=3e-3)
    assert np.array_equal(comp[matte == 0], base[matte == 0])


@pytest.mark.parametrize(("x", "y"), [(0, 0), (199, 75), (100, 149), (-15, 40), (500, 500)])
def test_faces_partly_out_of_the_frame(x: float, y: float) -> None:
    plate, space = plate_of("u8")
    matrix = face_matrix(x, y)
    result = composited(plate, space, [(matrix, display_crop(plate, matrix, SIZE, PlateColour(space)), oval())])
    base, comp, matte = comp_of(result, plate, space)
    assert np.isfinite(comp).all()
    assert (matte > 0).any() == (x < 300)
    assert bool(np.asarray(result.frames["r0/present"])[0]) == (x < 300)
    if x < 300:
        assert psnr(comp, base) > 40
        middle = np.argwhere(matte > 0).mean(0)
        assert np.hypot(*(middle - np.clip([y, x], 0, [149, 199]))) < 40


def test_nothing_to_show() -> None:
    plate, space = plate_of("u8")
    crop = np.zeros((SIZE, SIZE, 3), np.float16)
    for matte, settings in (
        (np.zeros((SIZE, SIZE), np.float16), Composite()),
        (oval(), Composite(mode="original")),
        (oval(), Composite(opacity=0)),
    ):
        result = composited(plate, space, [(face_matrix(100, 75), crop, matte)], settings)
        assert not np.asarray(result.frames["r0/present"]).any()
        base, comp, shown = comp_of(result, plate, space)
        assert comp.tobytes() == base.tobytes()
        assert not shown.any()


def test_frames_without_a_face_stay() -> None:
    plate, space = plate_of("f16")
    matrix = face_matrix(100, 75)
    result = composited(plate, space, [(matrix, np.ones((SIZE, SIZE, 3), np.float16), oval())])
    assert np.asarray(result.frames["r0/present"]).tolist() == [True, False]
    base, comp, _ = comp_of(result, plate, space, row=1)
    assert comp.tobytes() == base.tobytes()


def test_light_beyond_white_and_below_black_survives() -> None:
    plate, space = plate_of("f16")
    plate[60:90, 80:120] = 64.0
    plate[60:90, 60:70] = -0.03
    matrix = face_matrix(100, 75)
    crop = display_crop(plate, matrix, SIZE, PlateColour(space))
    comp = comp_of(composited(plate, space, [(matrix, crop, oval())]), plate, space)[1].astype(np.float32)
    assert np.allclose(comp[75, 100], 64.0, rtol=0.02)
    outside = comp_of(composited(plate, space, [(matrix, crop, oval())]), plate, space)
    assert np.array_equal(outside[1][75, 62], plate[75, 62])


@pytest.mark.parametrize("mode", ["overlay", "seamless", "multi-band", "contrast-preserving", "raw"])
def test_a_display_value_near_one_is_no_lamp(mode: Any) -> None:
    """A red 0.97 decodes to light of five times white: over a plate without highlights that is noise; raw has it."""
    plate, space = plate_of("u8")
    matrix = face_matrix(100, 75)
    crop = display_crop(plate, matrix, SIZE, PlateColour(space))
    crop[60:68, 60:68, 0] = 0.97
    result = composited(plate, space, [(matrix, crop, oval())], Composite(mode=mode))
    comp = comp_of(result, plate, space)[1].astype(np.float32)
    assert (comp.max() > 2) == (mode == "raw")
    if mode == "overlay":
        shown = colour.encode(comp[75, 100], CONFIG, "ACEScg")
        assert np.allclose(shown[1:], crop[64, 64, 1:], atol=0.03)  # the other channels stay


def test_the_key_holds_only_what_the_chunk_reads() -> None:
    stage = CompositeStage()
    unit = Unit.of_chunk(shot_job("sRGB", 1, Composite()).shot.chunks[0])
    plain, elsewhere, here = (
        stage.settings(shot_job("sRGB", 1, Composite(overrides=each)), unit)
        for each in (
            (),
            (CompositeOverride(frames=FrameRange.parse("1100-1120"), erode=4),),
            (CompositeOverride(frames=FrameRange.parse("1002"), erode=4),),
        )
    )
    assert plain == elsewhere
    assert here != plain
    assert [str(frames) for frames, _ in here.settings] == ["1001", "1002"]


def test_regions_are_tight() -> None:
    plate, space = plate_of("u8")
    matrix = face_matrix(100, 75, degrees=0)
    result = composited(plate, space, [(matrix, np.ones((SIZE, SIZE, 3), np.float16), oval())])
    origin, matte = (np.asarray(result.frames[f"r0/{name}"])[0] for name in ("origin", "matte"))
    corners = inverse(matrix)[:, :2] @ np.array([SIZE / 2, SIZE * 4 / 5])
    assert matte.shape[1] <= corners[0] + 25
    assert matte.shape[0] <= corners[1] + 25
    assert np.all(origin + matte.shape <= (HEIGHT, WIDTH))
