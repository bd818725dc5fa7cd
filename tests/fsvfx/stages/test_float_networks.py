"""Float from the plate to the comp: what a user's own network is given and gives is never rounded to 8 bits."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import toy_dfm
import toy_swappers
from comp_scene import comp_of, composited
from swaps import nobody, swapped
from toy_swappers import Row

from fsvfx.colour import PlateColour
from fsvfx.colour.planes import from_half, half_of
from fsvfx.engines.contract import FaceBatch, Identity, SwapBatch
from fsvfx.faces.geometry import crop_matrix, move_points, turns
from fsvfx.faces.looks import display_crop
from fsvfx.faces.topology import CANONICAL
from schemas.composite import Composite

Array = np.ndarray[Any, Any]
SIDE, SIZE = 200, 256
POSES = ((100, 0, 256), (60, 0.4, 160), (150, -0.3, 192), (110, 0.2, 128))
"""Height, turn and crop of faces: crops 2.6 times as large as they lie in the plate, to a fifth smaller."""
ECHO = Row("echo_256", 256, "arcface_128", picture=112)


def face(height: float = 0.5 * SIDE, angle: float = 0.0) -> Array:
    """(468, 3) px, in the middle of the plate."""
    flat = CANONICAL * np.array([1, -1, 1])
    flat[:, :2] = flat[:, :2] @ turns(np.array(angle)).T
    return np.asarray(flat * (height / np.ptp(CANONICAL[:, 1])) + [SIDE / 2, SIDE / 2, 0], np.float32)


def echoed(folder: Path, crop: Array, mesh: Array) -> SwapBatch:
    """By a network that gives back what it gets."""
    one = toy_swappers.engine(folder, toy_swappers.made(ECHO, folder))
    lead = Identity("lead", from_half(crop)[None], mesh[None], np.ones(1, np.float32))
    return swapped(one, FaceBatch(from_half(crop)[None], mesh[None], (1001,)), lead)


def laid_on(plate: Array, matrix: Array, crop: Array, mesh: Array, made: SwapBatch) -> tuple[Array, Array]:
    """The comp of a linear plate with what was made of its crop, as it was given; and where it is in full."""
    as_given = Composite(mode="overlay", keep_highlights=False, texture="swap", occlusion="none")
    there = {"r0/crops": np.stack([crop, crop]), "r0/landmarks": np.stack([mesh, mesh])}
    swap = matrix, half_of(made.crops)[0], half_of(made.matte)[0]
    result = composited(plate, "ACEScg", [swap], as_given, align=there)
    _, comp, matte, *_ = comp_of(result, plate, "ACEScg")
    return comp.astype(np.float64), np.asarray(matte) > 0.99


def test_light_above_white_comes_through(tmp_path: Path) -> None:
    """A scene-linear plate with a highlight of six times white on the cheek. Crops are display light, whose [0, 1]
    reaches to 64: nothing is clipped on the way to the network and back."""
    y, x = np.mgrid[:SIDE, :SIDE]
    peak = np.exp(-(((x - 115) / 12) ** 2 + ((y - 105) / 12) ** 2))
    plate = (np.array([0.3, 0.2, 0.15]) + peak[..., None] * np.array([6.0, 5.5, 5.0])).astype(np.float16)
    matrix = crop_matrix(face(), SIZE)
    mesh = move_points(matrix, face())
    crop = display_crop(plate, matrix, SIZE, PlateColour("ACEScg"))
    made = echoed(tmp_path, crop, mesh)
    comp, inside = laid_on(plate, matrix, crop, mesh, made)
    bright = inside & (plate.max(axis=-1) > 1)
    assert bright.sum() > 300
    assert comp[bright].max() > 5.5
    off = np.abs(comp - plate)[inside].max(axis=-1) / plate[inside].max(axis=-1)
    assert off.max() < 0.03
    assert np.median(off) < 0.002


def glinting(value: float, at: float, side: float) -> Array:
    """A scene-linear plate with a square of ``value`` on skin; its edges share pixels where ``at`` lies between."""
    pixels = np.arange(SIDE)
    share = np.clip(np.minimum(pixels + 0.5, at + side) - np.maximum(pixels - 0.5, at), 0, 1)
    glint = np.multiply.outer(share, share)[..., None]
    return ((1 - glint) * (0.3, 0.2, 0.15) + glint * (value, 0.95 * value, 0.9 * value)).astype(np.float16)


@pytest.mark.parametrize("value", [2.0, 5.6, 64.0])
@pytest.mark.parametrize(("cut", "size"), [("whole_face", 224), ({"aligned": True}, 192)], ids=["own", "whole"])
def test_a_hard_edged_glint_gets_no_brighter(value: float, cut: Any, size: int, tmp_path: Path) -> None:
    """Cubics go beyond its edges, where a hundredth of display light is stops: a glint of 2 came out as 64. Through
    crop, network and comp, in turned and scaled crops, it stays as bright as it is."""
    file = toy_dfm.made(tmp_path / "lead.dfm", size)
    one = toy_dfm.engine(file, toy_dfm.card(file, size, cut))
    for at, (height, angle, crop_size) in itertools.product((105, 105.3, 105.5), POSES):
        plate, points = glinting(value, at, 14), face(height, angle)
        matrix = crop_matrix(points, crop_size)
        mesh = move_points(matrix, points)
        crop = display_crop(plate, matrix, crop_size, PlateColour("ACEScg"))
        made = swapped(one, FaceBatch(from_half(crop)[None], mesh[None], (1001,)), nobody("lead"))
        comp, inside = laid_on(plate, matrix, crop, mesh, made)
        assert comp[inside].max() < 1.015 * plate.max(), "half float's steps of display light are a hundredth there"
        core = inside & (glinting(value, at + 4, 6).max(axis=-1) > 0.99 * value)
        assert core.sum() >= 25
        assert np.abs(comp - plate)[core].max() < 0.025 * value


def test_a_10_bit_ramp_has_no_bands(tmp_path: Path) -> None:
    """A soft ramp of 10-bit codes through the network has more levels than 8 bits have, and steps of a third of theirs;
    the same on the way of other tools, by 8 bits, has steps of a whole one."""
    ramp = np.linspace(360, 460, SIDE).round()[None, :, None].repeat(SIDE, 0).repeat(3, 2)  # of 1023
    plate = (ramp / 1023 * 65535).round().astype(np.uint16)
    matrix = crop_matrix(face(), SIZE)
    crop = display_crop(plate, matrix, SIZE, PlateColour("sRGB"))
    made = echoed(tmp_path, crop, move_points(matrix, face()))
    given = from_half(crop)[SIZE // 2, 40:-40, 1]
    line = half_of(made.crops)[0, SIZE // 2, 40:-40, 1].astype(np.float64)
    eight = np.round(given * 255) / 255
    assert len(np.unique(line)) > 2.5 * len(np.unique(eight))
    assert np.abs(np.diff(line)).max() < 0.35 / 255
    assert np.abs(np.diff(eight)).max() > 0.99 / 255
    assert np.abs(line - given).max() < 1e-3
