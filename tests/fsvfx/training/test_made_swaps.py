"""Swaps made ahead of time: what they are of, that they are made once, and the batches drawn of them."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import torch
from toy_crowds import collection

from fsvfx.engines.anyone.damage import damaged
from fsvfx.engines.samples import Retouches
from fsvfx.errors import InputError
from fsvfx.facesets import Crowd, crowd_in
from fsvfx.training.data import MadeSwaps, RetouchSampler, swaps_in, unseen_retouches
from schemas.augmentation import Augmentation
from schemas.train import HeldOut

STILL = Augmentation(rotation=0, scale=1, shift=0, flip=0)
COUNT = 25


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Crowd:
    folder = tmp_path_factory.mktemp("made") / "crowd"
    return crowd_in(folder, (), [collection(120, each=1, size=48)], 48, HeldOut(people=("p0003*",), share=0))


@pytest.fixture(scope="module")
def swaps(crowd: Crowd, tmp_path_factory: pytest.TempPathFactory) -> MadeSwaps:
    return swaps_in(tmp_path_factory.mktemp("made") / "swaps", crowd, COUNT, 3)


def test_each_has_performance_warp_truth_and_where_it_shows(swaps: MadeSwaps, crowd: Crowd) -> None:
    assert swaps.target.shape == swaps.warp.shape == swaps.truth.shape == (COUNT, 48, 48, 3)
    off = np.asarray(swaps.matte) == 0
    assert np.array_equal(np.asarray(swaps.target)[off], np.asarray(swaps.warp)[off])
    assert np.array_equal(np.asarray(swaps.target)[off], np.asarray(swaps.truth)[off])
    assert (np.abs(swaps.warp.astype(int) - swaps.truth).mean((1, 2, 3)) > 0).mean() > 0.5, "pictures are spoiled"


def test_backwards_the_truth_is_the_photograph_itself(swaps: MadeSwaps, crowd: Crowd) -> None:
    backwards = np.asarray(swaps.sure).reshape(COUNT, -1).min(1) == 255
    assert 0.05 < backwards.mean() < 0.6
    rows = np.asarray(swaps.code)[backwards, 0].astype(int)
    assert np.array_equal(np.asarray(swaps.truth)[backwards], np.asarray(crowd.crops)[rows])
    forwards = np.asarray(swaps.sure)[~backwards]
    assert (forwards <= np.asarray(swaps.matte)[~backwards]).all(), "the face's edge is nobody's truth"


def test_people_who_are_held_out_are_only_among_their_own(swaps: MadeSwaps, crowd: Crowd) -> None:
    owners = np.asarray(crowd.person)[np.asarray(swaps.code)[:, 0].astype(int)]
    assert np.array_equal(crowd.held_out[owners], np.asarray(swaps.unseen))
    assert np.asarray(swaps.unseen).sum() == 1
    assert not set(swaps.trained) & set(np.flatnonzero(swaps.unseen))


def test_they_are_made_once_and_anew_of_another_crowd(crowd: Crowd, tmp_path: Path) -> None:
    made: list[tuple[int, int]] = []
    folder = tmp_path / "swaps"
    first = swaps_in(folder, crowd, 3, 0, lambda *done: made.append(done))
    assert made == [(1, 3), (2, 3), (3, 3)]
    again = swaps_in(folder, crowd, 3, 0, lambda *done: made.append(done))
    assert len(made) == 3
    assert np.array_equal(first.warp, again.warp)
    other = swaps_in(folder, crowd, 3, 1)
    assert other.digest != first.digest


def test_too_few_people_are_told(tmp_path: Path) -> None:
    few = crowd_in(tmp_path / "crowd", (), [collection(12, each=1, size=48)], 48, HeldOut(share=0))
    with pytest.raises(InputError, match="too few to learn what faces look like"):
        swaps_in(tmp_path / "swaps", few, 3, 0)


def test_batches_follow_from_seed_and_number(swaps: MadeSwaps) -> None:
    varied = Augmentation(light=0.2)
    with RetouchSampler(swaps, 32, 4, varied, "cpu", 3) as sampler:
        first, state, second = next(sampler), sampler.state(), next(sampler)
    assert not torch.equal(first.truth, second.truth)
    with RetouchSampler(swaps, 32, 4, varied, "cpu", 3) as again:
        again.restore(state)
        assert all(
            torch.equal(*(getattr(one, part.name) for one in (next_, second)))
            for next_ in [next(again)]
            for part in fields(Retouches)
        )
    with pytest.raises(InputError, match="not those that this training began with"):
        again.restore({**state, "swaps": "others"})


def test_all_parts_of_a_swap_are_varied_alike(swaps: MadeSwaps) -> None:
    made = RetouchSampler(swaps, 48, 8, Augmentation(rotation=30, scale=1.2, shift=0.1, flip=0.5), "cpu", 1).make(0)
    off = made.matte.expand_as(made.target) < 1e-3
    assert torch.allclose(made.target[off], made.truth[off], atol=0.02)
    for matte, mesh in zip(made.matte, made.landmarks, strict=True):
        weight = matte[0] / matte[0].sum()
        across = float((weight.sum(0) * torch.arange(48)).sum())
        assert abs(across - float(mesh[:, 0].mean())) < 4
        assert mesh[33, 0] < mesh[263, 0], "a mirrored face's right eye is on the other point"


def test_held_out_swaps_are_shown_as_they_are(swaps: MadeSwaps) -> None:
    shown = unseen_retouches(swaps, 48, 4, "cpu")
    row = np.flatnonzero(swaps.unseen)[0]
    assert np.allclose(shown.truth[0].permute(1, 2, 0).numpy() * 255, swaps.truth[row], atol=0.01)


def test_damage_stays_a_picture_and_moves_no_mesh_but_by_mirroring(crowd: Crowd) -> None:
    random = np.random.default_rng(0)
    crop, mesh = np.full((48, 48, 3), 0.5, np.float32), np.asarray(crowd.landmarks[0])
    changed = [damaged(crop, mesh, np.zeros_like(crop), random) for _ in range(60)]
    assert all(((each >= 0) & (each <= 1)).all() for each, _ in changed)
    assert sum(np.array_equal(moved, mesh) for _, moved in changed) > 30
    assert np.mean([np.abs(each - 0.5).mean() > 1e-3 for each, _ in changed]) > 0.7
