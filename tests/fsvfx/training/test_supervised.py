"""Pairs with a truth, made ahead of time and taken in both directions; and what models are shown of sources."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from toy_crowds import Made, collection

from fsvfx.errors import InputError
from fsvfx.facesets import Crowd, crowd_in
from fsvfx.training.data import (
    Exchanged,
    PairSampler,
    Shown,
    SupervisedSampler,
    exchanged_in,
    open_exchanged,
    unseen_pairs,
)
from schemas.augmentation import Augmentation
from schemas.train import HeldOut

STILL = Augmentation(rotation=0, scale=1, shift=0, flip=0)
SIZE, COUNT = 48, 12


class Patches(Made):
    """Pictures whose patches differ: warps change them."""

    def __getitem__(self, row: int, /) -> np.ndarray:
        small = np.random.default_rng(row).uniform(0.2, 0.8, (6, 6, 3)).astype(np.float32)
        return cv2.resize(small, self.shape[:2], interpolation=cv2.INTER_LINEAR)


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Crowd:
    folder = tmp_path_factory.mktemp("supervised") / "crowd"
    people = replace(collection(120, each=1, size=SIZE), crops=Patches(120, (SIZE, SIZE, 3)))
    return crowd_in(folder, (), [people], SIZE, HeldOut(people=("p0003*",), share=0))


@pytest.fixture(scope="module")
def swaps(crowd: Crowd, tmp_path_factory: pytest.TempPathFactory) -> Exchanged:
    return exchanged_in(tmp_path_factory.mktemp("supervised") / "swaps", crowd, COUNT, 3)


def test_they_are_photographs_with_a_strangers_face(swaps: Exchanged, crowd: Crowd) -> None:
    photographs, strangers = np.asarray(swaps.rows).T
    own, other = (np.asarray(crowd.person)[rows] for rows in (photographs, strangers))
    assert (own != other).all()
    assert not crowd.held_out[own].any()
    assert not crowd.held_out[other].any()
    changed = np.abs(swaps.picture.astype(int) - crowd.crops[photographs]).mean((1, 2, 3))
    assert (changed > 0).mean() > 0.8
    sure = np.asarray(swaps.sure)
    assert 0.05 < (sure == 255).mean() < 0.5


def test_they_are_made_once_and_again_for_another_seed(crowd: Crowd, tmp_path: Path) -> None:
    made: list[tuple[int, int]] = []
    first = exchanged_in(tmp_path / "swaps", crowd, 2, 0, lambda *done: made.append(done))
    again = exchanged_in(tmp_path / "swaps", crowd, 2, 0, lambda *done: made.append(done))
    assert made == [(1, 2), (2, 2)]
    assert np.array_equal(first.picture, again.picture)
    assert exchanged_in(tmp_path / "swaps", crowd, 2, 1).digest != first.digest
    assert open_exchanged(tmp_path / "swaps").digest != first.digest


def test_a_share_of_each_batch_has_a_truth_in_one_direction_or_the_other(crowd: Crowd, swaps: Exchanged) -> None:
    sampler = SupervisedSampler(crowd, SIZE, 16, STILL, "cpu", 0, None, swaps, 0.75)
    batch = sampler.make(0)
    assert batch.known is not None
    truth, sure = batch.known.truth, batch.known.sure
    assert truth.shape == batch.target.crop.shape == (16, 3, SIZE, SIZE)
    assert torch.equal(truth[:4], batch.target.crop[:4])
    assert torch.equal(sure[:4].amin((1, 2, 3)) == 1, batch.same[:4])
    assert not batch.same[4:].any()
    backwards = sure[4:].amin((1, 2, 3)) > 0.99
    assert backwards.tolist() not in ([True] * 12, [False] * 12), "both directions are in this batch"
    made = {tuple(each.tolist()) for each in np.asarray(swaps.rows)}
    rows = zip(batch.source.code[4:, 0].tolist(), batch.target.code[4:, 0].tolist(), backwards, strict=True)
    for source, target, back in rows:  # a code tells its row; people have one picture each
        assert (source, target) in made if back else (target, source) in made
    photo = torch.from_numpy(np.array(crowd.crops[int(batch.source.code[4 + int(backwards.int().argmax()), 0])]))
    where = 4 + int(backwards.int().argmax())
    assert torch.allclose(truth[where], photo.permute(2, 0, 1) / 255, atol=1e-5)


def test_batches_follow_from_their_number_and_of_other_swaps_none_go_on(crowd: Crowd, swaps: Exchanged) -> None:
    varied = Augmentation(light=0.2)
    with SupervisedSampler(crowd, 32, 4, varied, "cpu", 3, None, swaps, 0.25) as sampler:
        one, other = sampler.make(5), sampler.make(5)
        assert one.known is not None
        assert other.known is not None
        assert torch.equal(one.known.truth, other.known.truth)
        with pytest.raises(InputError, match="made of it ahead of time, are not those"):
            sampler.restore({**sampler.state(), "crowd": crowd.digest})
    with pytest.raises(InputError, match="A batch of 1 can't hold both"):
        SupervisedSampler(crowd, 32, 1, varied, "cpu", 3, None, swaps, 0.25)


@pytest.mark.parametrize("kind", ["linear", "warp"])
def test_each_pair_is_shown_its_sources_face_on_the_targets_mesh(crowd: Crowd, swaps: Exchanged, kind: str) -> None:
    shown = Shown(crowd, "linear" if kind == "linear" else "warp")
    assert (shown.prior is not None) == (kind == "linear")
    batch = SupervisedSampler(crowd, SIZE, 4, Augmentation(), "cpu", 0, shown, swaps, 0.5).make(1)
    plain = SupervisedSampler(crowd, SIZE, 4, Augmentation(), "cpu", 0, None, swaps, 0.5).make(1)
    assert batch.prior is not None
    assert torch.equal(batch.target.crop, plain.target.crop), "what is shown changes nothing else"
    changed = (batch.prior - batch.target.crop).abs().mean(1, keepdim=True) > 1e-3
    assert 0.05 < float(changed.float().mean()) < 0.7, "on the mesh alone"
    seen = unseen_pairs(crowd, SIZE, 3, "cpu", shown)
    assert seen.prior is not None
    assert seen.prior.shape == seen.target.crop.shape


def test_a_face_is_told_by_a_prior_that_was_fitted_without_it(crowd: Crowd) -> None:
    shown = Shown(crowd, "linear")
    target = PairSampler(crowd, SIZE, 2, STILL, "cpu", 0).make(0).target
    assert shown.prior is not None
    row = int(crowd.trained[len(crowd.trained) // 2])
    face = shown._faces.of(row)
    assert shown._priors is not None
    assert not np.allclose(shown._priors.of(face).colours, shown.prior.of(face.code).colours, atol=1e-4)
    assert shown.over(target, np.array([row, row])).shape == (2, 3, SIZE, SIZE)
