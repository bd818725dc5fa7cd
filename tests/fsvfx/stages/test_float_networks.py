"""Float from the plate to the comp: what a user's own network is given and gives is never rounded to 8 bits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import toy_swappers
from comp_scene import comp_of, composited
from swaps import swapped
from toy_swappers import Row

from fsvfx.colour import PlateColour
from fsvfx.colour.planes import from_half, half_of
from fsvfx.engines.contract import FaceBatch, Identity, SwapBatch
from fsvfx.faces.geometry import crop_matrix, move_points
from fsvfx.faces.looks import display_crop
from fsvfx.faces.topology import CANONICAL
from schemas.composite import Composite

Array = np.ndarray[Any, Any]
SIDE, SIZE = 200, 256
ECHO = Row("echo_256", 256, "arcface_128", picture=112)


def face() -> Array:
    """(468, 3) px, in the middle of the plate."""
    flat = CANONICAL * np.array([1, -1, 1])
    return np.asarray(flat * (0.5 * SIDE / np.ptp(flat[:, 1])) + [SIDE / 2, SIDE / 2, 0], np.float32)


def echoed(folder: Path, crop: Array, mesh: Array) -> SwapBatch:
    """By a network that gives back what it gets."""
    one = toy_swappers.engine(folder, toy_swappers.made(ECHO, folder))
    lead = Identity("lead", from_half(crop)[None], mesh[None], np.ones(1, np.float32))
    return swapped(one, FaceBatch(from_half(crop)[None], mesh[None], (1001,)), lead)


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
    as_given = Composite(mode="overlay", keep_highlights=False, texture="swap", occlusion="none")
    there = {"r0/crops": np.stack([crop, crop]), "r0/landmarks": np.stack([mesh, mesh])}
    swap = matrix, half_of(made.crops)[0], half_of(made.matte)[0]
    result = composited(plate, "ACEScg", [swap], as_given, align=there)
    _, comp, matte, *_ = comp_of(result, plate, "ACEScg")
    inside = np.asarray(matte) > 0.99
    bright = inside & (plate.max(axis=-1) > 1)
    assert bright.sum() > 300
    assert comp[bright].max() > 5.5
    off = np.abs(comp.astype(np.float64) - plate)[inside].max(axis=-1) / plate[inside].max(axis=-1)
    assert off.max() < 0.03
    assert np.median(off) < 0.002


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
