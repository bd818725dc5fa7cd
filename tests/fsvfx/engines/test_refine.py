"""``refine``: the refiner's networks, its model, and the engine as shots use it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from swaps import nobody, swapped
from toy_packages import PAIR, toy_package

from fsvfx.context import Context
from fsvfx.engines.anyone.linear_prior import fitted, numbers_of
from fsvfx.engines.anyone.refine_model import RefineModel
from fsvfx.engines.anyone.refine_networks import Change, Refiner, applied, seen_small
from fsvfx.engines.anyone.settings import RefineSettings
from fsvfx.engines.contract import Identity
from fsvfx.engines.landmark_warp import LandmarkWarp, LandmarkWarpSettings
from fsvfx.engines.refine import Refine, RefineEngineSettings
from fsvfx.engines.samples import Retouches
from fsvfx.errors import InputError
from fsvfx.packages import Packages

Made = Callable[..., Any]

SIZES = {"resolution": 64, "sight": 32, "widths": (4, 8), "blocks": 1, "directions": 4}


def model(**more: Any) -> RefineModel:
    torch.manual_seed(0)
    return RefineModel(RefineSettings(**{**SIZES, **more}), ())


@pytest.mark.parametrize(("size", "sight"), [(64, 32), (200, 48), (32, 32), (24, 32)])
def test_an_untrained_refiner_changes_hardly_anything_at_any_size(size: int, sight: int) -> None:
    warp = torch.rand(2, 3, size, size)
    change = Refiner((4, 8, 8), 1)(seen_small(warp, warp, warp, warp[:, :1], sight))
    assert change.shift.shape == (2, 3, sight, sight)
    assert (applied(change, warp) - warp).abs().mean() < 0.03


def test_a_shift_changes_the_colour_and_detail_stays_as_told() -> None:
    warp = torch.full((1, 3, 64, 64), 0.4)
    warp[..., ::2] += 0.1  # finer than 16 px can show
    shift, whole = torch.full((1, 3, 16, 16), 0.2), torch.ones(1, 1, 16, 16)
    kept = applied(Change(shift, whole), warp)
    assert torch.allclose(kept, warp + 0.2, atol=1e-5)
    smooth = applied(Change(shift, 0 * whole), warp)
    assert float(smooth.std()) < 0.1 * float(kept.std())
    assert float(smooth.mean()) == pytest.approx(0.65, abs=0.01)


def batch(count: int = 2, size: int = 64) -> Retouches:
    made = torch.Generator().manual_seed(3)
    target, warp, guess, truth = (torch.rand(count, 3, size, size, generator=made) for _ in range(4))
    matte = torch.zeros(count, 1, size, size)
    matte[..., 16:48, 16:48] = 1
    sure, code = torch.ones_like(matte), torch.rand(count, 128, generator=made)
    return Retouches(target, warp, guess, truth, matte, sure, torch.rand(count, 468, 3, generator=made) * size, code)


def test_it_lowers_the_difference_from_the_truth_where_that_is_one() -> None:
    one = model(identity=0)
    given = batch()
    with torch.no_grad():
        terms = one(given)
    assert set(terms) == {"pixels", "gradients", "means"}
    perfect = replace(given, warp=given.truth, target=given.truth)
    with torch.no_grad():
        good, unsure = one(perfect), one(replace(given, sure=given.sure * 0))
    assert sum(map(float, good.values())) < 0.2 * sum(map(float, terms.values()))
    assert all(float(term) == 0 for term in unsure.values())


def test_its_previews_show_performance_warp_guess_result_and_truth() -> None:
    [columns] = model().previews(batch(), 2)
    assert [tuple(each.shape) for each in columns] == [(2, 3, 64, 64)] * 5
    outside = batch().matte[0, 0] == 0
    assert torch.equal(columns[3][0][:, outside], batch().target[0][:, outside])


def test_a_prior_is_kept_in_the_weights_of_whatever_size(mesh: Made, picture: Made) -> None:
    random = np.random.default_rng(2)
    vectors = random.standard_normal((30, 128)).astype(np.float32)
    prior = fitted(vectors, np.stack([numbers_of(picture(64, seed), mesh(64)) for seed in range(30)]))
    one = model(directions=64)
    one.know(prior)
    other = model(directions=64)
    other.load_state_dict(one.state_dict())
    assert np.allclose(other.prior.of(vectors[3]).colours, prior.of(vectors[3]).colours, atol=1e-4)
    few = model(directions=2)
    few.know(prior)
    assert few.prior.directions.shape[0] == 2
    assert np.allclose(few.prior.directions, prior.directions[:2])


@pytest.fixture
def refine(tmp_path: Path) -> Refine:
    _, card = toy_package(tmp_path, "refine", PAIR)
    return Refine(RefineEngineSettings(model="toy", sha256=card.sha256), Context(Packages(tmp_path)))


@pytest.fixture
def lead(mesh: Made, picture: Made, identity: Made) -> Identity:
    made = identity([picture(128, seed) for seed in range(6)], [mesh(128, yaw) for yaw in (-30, -10, 0, 10, 20, 30)])
    return replace(made, embedding=np.full((6, 128), 0.1, np.float32))


def test_an_untrained_package_swaps_as_landmark_warp_does(
    refine: Refine, lead: Identity, mesh: Made, picture: Made, batch: Made
) -> None:
    faces = batch([picture(96, 50 + yaw, (0.4, 0.5, 0.6)) for yaw in range(3)], [mesh(96, yaw) for yaw in range(3)])
    swap = swapped(refine, faces, lead)
    plain = swapped(LandmarkWarp(LandmarkWarpSettings(), Context()), faces, lead)
    assert np.array_equal(swap.matte, plain.matte)
    assert np.abs(swap.crops - plain.crops).mean() < 0.03
    one = swapped(refine, replace(faces, before=1, after=1), lead)
    assert np.allclose(one.crops, swap.crops[1:2], atol=1e-5)


def test_nobody_can_be_made_of_no_pictures(refine: Refine) -> None:
    with pytest.raises(InputError, match="no usable reference pictures"):
        refine.prepare(nobody(), 96)


def test_settings_of_the_warp_are_its_settings_too() -> None:
    known = set(RefineEngineSettings.model_fields)
    assert set(LandmarkWarpSettings.model_fields) < known
    assert {"model", "sha256", "batch"} < known
    assert "matte" not in known, "the warp's mesh says where it shows"
