"""Layers of EXR deliverables: named apart, A-over gives the comp, ST-maps lead back to the crop."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsvfx.colour import PlateColour
from fsvfx.comp import Patch
from fsvfx.delivery.comps import Comp, preview
from fsvfx.delivery.layers import exr_parts, layer_names, matte_of, stmap, swap_layers
from fsvfx.faces.geometry import apply, sample
from schemas.deliver import DeliverExr
from schemas.manifest import Replace

NAMES = {
    "plain": ([("double", "lead")], [("matte.double", "swap.lead", "stmap.double")]),
    "one identity twice": (
        [("a1", "lead"), ("b1", "Lead")],
        [("matte.a1", "swap.lead_a1", "stmap.a1"), ("matte.b1", "swap.Lead_b1", "stmap.b1")],
    ),
    "dots and hyphens": (
        [("x.y", "i-j"), ("x-y", "i.j")],
        [("matte.x_y", "swap.i_j_x_y", "stmap.x_y"), ("matte.x_y_1", "swap.i_j_x_y_1", "stmap.x_y_1")],
    ),
    "the joint matte's name": ([("A", "1st")], [("matte.A_0", "swap._1st", "stmap.A_0")]),
}


@pytest.mark.parametrize("case", NAMES)
def test_layers_have_names_of_their_own(case: str) -> None:
    pairs, wanted = NAMES[case]
    replace = [Replace(performer=performer, identity=identity, engine="e") for performer, identity in pairs]
    assert [(one.matte, one.swap, one.stmap) for one in layer_names(replace)] == wanted


def _comp(seed: int, count: int = 2, brightest: float = 60.0) -> Comp:
    """Random plate and overlapping patches, HDR and negative, soft mattes."""
    rng = np.random.default_rng(seed)
    base = rng.uniform(-0.05, brightest, (20, 24, 3)).astype(np.float16)
    patches = []
    for _ in range(count):
        matte = np.round(rng.uniform(-0.3, 1.3, (9, 11)).clip(0, 1), 3).astype(np.float16)
        origin = (int(rng.integers(0, 11)), int(rng.integers(0, 13)))
        patches.append(Patch(origin, rng.uniform(-0.05, brightest, (9, 11, 3)).astype(np.float16), matte))
    return Comp(1001, base, PlateColour("ACEScg"), tuple(patches), waived=False)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 3))
def test_laid_over_the_plate_in_order_swaps_are_the_comp(seed: int, count: int) -> None:
    comp = _comp(seed, count)
    under = comp.base.astype(np.float32)
    largest = np.abs(under)
    for entry, layer in enumerate(swap_layers(comp, lambda rgb: rgb)):
        matte = matte_of(comp, entry).astype(np.float32)[..., None]
        assert not layer[matte[..., 0] == 0].any()
        under = under * (1 - matte) + layer
        largest = np.maximum(largest, np.abs(layer))
    wanted = comp.rgb.astype(np.float32)
    assert np.abs(under - wanted).max() <= np.spacing(np.float16(largest.max())) * (count or 1)
    assert (np.abs(under - wanted) <= np.spacing(largest.astype(np.float16)) * max(count, 1)).all()


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_preview_is_the_whole_comps(count: int) -> None:
    comp = _comp(5, count)
    assert np.array_equal(preview(comp), comp.colour.preview(comp.rgb))
    assert comp.is_altered == (count > 0)
    assert (comp.rgb is comp.base) == (count == 0)


@pytest.mark.parametrize("size", [(20, 24), (9, 24)], ids=["the whole plate", "all its columns"])
def test_a_patch_across_the_plate_leaves_the_plate_alone(size: tuple[int, int]) -> None:
    """A close-up. Plates come from the store read-only, and the next deliverable reads the same one."""
    comp, rng = _comp(4, 0), np.random.default_rng(4)
    comp.plate.setflags(write=False)
    patch = Patch((0, 0), rng.uniform(0, 1, (*size, 3)).astype(np.float16), np.full(size, 0.5, np.float16))
    close = Comp(1001, comp.plate, comp.colour, (patch,), waived=False)
    before = comp.plate.copy()
    first, second = (next(swap_layers(close, lambda rgb: rgb)) for _ in range(2))
    assert np.array_equal(first, second)
    assert np.array_equal(close.base, before)


@pytest.mark.parametrize("dtype", [np.uint8, np.float16])
def test_a_patch_across_a_plate_of_codes_is_laid_over_it_once(dtype: type) -> None:
    codes = np.full((8, 8, 3), 100 if dtype is np.uint8 else 0.1, dtype)
    patch = Patch((0, 0), np.full((8, 8, 3), 0.75, np.float16), np.full((8, 8), 0.5, np.float16))
    comp = Comp(1001, codes, PlateColour("sRGB" if dtype is np.uint8 else "ACEScct"), (patch,), waived=False)
    before = comp.base.copy()
    layers = [next(swap_layers(comp, lambda rgb: rgb)) for _ in range(2)]
    assert np.array_equal(comp.base, before)
    assert np.array_equal(*layers)


def test_a_plate_without_numbers_leaves_the_swap_finite() -> None:
    comp = _comp(3, 1)
    comp.plate[:] = np.nan
    (layer,) = swap_layers(comp, lambda rgb: rgb)
    assert np.isfinite(layer).all()


@pytest.mark.parametrize("parts", ["single", "multi"])
def test_parts_hold_the_wanted_layers(parts: str) -> None:
    names = layer_names(
        [Replace(performer="p", identity="i", engine="e"), Replace(performer="q", identity="j", engine="e")]
    )
    wish = DeliverExr.model_validate({"kind": "exr", "path": "x", "parts": parts})
    made = exr_parts(wish, _comp(1), names, lambda rgb: rgb)
    assert [part.name for part in made] == (["rgb"] if parts == "single" else ["rgb", "matte", "swap.i", "swap.j"])
    swaps = [f"swap.{name}.{letter}" for name in "ij" for letter in "RGB"]
    assert [name for part in made for name in part.channels] == ["RGB", "matte.A", "matte.p", "matte.q", *swaps]
    joint = np.maximum(*(matte_of(_comp(1), entry) for entry in (0, 1)))
    assert np.array_equal(made[0].channels["matte.A"], joint)


def test_an_st_map_warps_the_crop_onto_the_plate() -> None:
    """Sampled as Nuke's STMap does: 0, 0 at the lower left, pixel centres at halves."""
    matrix = np.array([[1.2, 0.4, -9.0], [-0.4, 1.2, 3.0]])
    uv = stmap(matrix, 32, 40, 50)
    points = np.array([[12, 9], [20, 15], [14, 22]])
    column = uv[points[:, 1], points[:, 0], 0].astype(float) * 32 - 0.5
    row = (1 - uv[points[:, 1], points[:, 0], 1].astype(float)) * 32 - 0.5
    assert np.allclose(np.stack([column, row], 1), apply(matrix, points.astype(float)), atol=1e-4)
    plate = np.zeros((40, 50, 1), np.float32)
    plate[15, 20] = 1
    y, x, _ = np.unravel_index(sample(plate, matrix, 32).argmax(), (32, 32, 1))
    assert (round(float(column[1])), round(float(row[1]))) == (x, y)
    assert (stmap(None, 32, 4, 5) == -1).all()
