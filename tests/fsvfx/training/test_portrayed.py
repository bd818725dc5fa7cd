"""A crowd's faces fitted ahead of time, and pairs with portraits and a moment later: of footage, and of stills."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from toy_crowds import Made, collection
from toy_morphable import toy

from fsvfx.errors import InputError
from fsvfx.facesets import Crowd, crowd_in
from fsvfx.training.data import FittedCrowd, Portraits, PortrayedSampler, fits_in, open_fits, unseen_portrayed
from schemas.augmentation import Augmentation
from schemas.train import HeldOut

VARIED = Augmentation(rotation=8, scale=1.1, shift=0.03, light=0.1)
SIZE, PEOPLE = 48, 12


class Patches(Made):
    """Pictures whose patches differ."""

    def __getitem__(self, row: int, /) -> np.ndarray:
        small = np.random.default_rng(row).uniform(0.2, 0.8, (6, 6, 3)).astype(np.float32)
        return cv2.resize(small, self.shape[:2], interpolation=cv2.INTER_LINEAR)


def crowd_of(folder: Path, each: int) -> Crowd:
    """Of people with so many pictures, all of them turned alike."""
    count = PEOPLE * each
    people = collection(PEOPLE, each=each, size=SIZE)
    people = replace(people, crops=Patches(count, (SIZE, SIZE, 3)), mask=Ellipses(count, (SIZE, SIZE)))
    people = replace(people, pose=np.zeros((count, 3), np.float32))
    return crowd_in(folder, (), [people], SIZE, HeldOut(people=("p00003", "p00004"), share=0))


class Ellipses(Made):
    """Masks about the mesh."""

    def __getitem__(self, row: int, /) -> np.ndarray:
        drawn = np.zeros((SIZE, SIZE), np.uint8)
        return cv2.ellipse(drawn, (24, 24), (17, 20), 0, 0, 360, 255, -1).astype(np.float32)


@pytest.fixture(scope="module")
def stills(tmp_path_factory: pytest.TempPathFactory) -> tuple[Crowd, FittedCrowd]:
    folder = tmp_path_factory.mktemp("stills")
    crowd = crowd_of(folder / "crowd", 1)
    return crowd, fits_in(folder / "fits", crowd, toy())


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> tuple[Crowd, FittedCrowd]:
    folder = tmp_path_factory.mktemp("footage")
    crowd = crowd_of(folder / "crowd", 4)
    return crowd, fits_in(folder / "fits", crowd, toy())


def sampler(
    of: tuple[Crowd, FittedCrowd], strangers: float = 0.5, moving: float = 0.5, seed: int = 0
) -> PortrayedSampler:
    portraits = Portraits(*of, toy())
    return PortrayedSampler(of[0], SIZE, 6, VARIED, "cpu", seed, portraits, strangers, moving)


def test_everybody_is_fitted_once(footage: tuple[Crowd, FittedCrowd], tmp_path: Path) -> None:
    crowd, fits = footage
    assert fits.identity.shape == (PEOPLE, len(toy().identity))
    assert fits.expression.shape == (len(crowd), len(toy().names))
    assert np.isfinite(fits.light).all()
    assert (np.asarray(fits.off) < 0.1).all()
    made: list[tuple[int, int]] = []
    small = crowd_of(tmp_path / "crowd", 1)
    first = fits_in(tmp_path / "fits", small, toy(), lambda *done: made.append(done))
    again = fits_in(tmp_path / "fits", small, toy(), lambda *done: made.append(done))
    assert made == [(one + 1, PEOPLE) for one in range(PEOPLE)]
    assert np.array_equal(first.albedo, again.albedo)
    assert open_fits(tmp_path / "fits").digest == first.digest != fits.digest


def test_a_batch_has_portraits_and_some_a_moment_later(stills: tuple[Crowd, FittedCrowd]) -> None:
    batch = sampler(stills).make(0)
    assert batch.portrayed is not None
    assert batch.portrayed.drawn.shape == batch.target.crop.shape == (6, 3, SIZE, SIZE)
    inside = (batch.portrayed.cover * batch.target.mask).sum() / batch.portrayed.cover.sum()
    assert inside > 0.9, "faces are drawn where they are"
    assert 0.15 < float(batch.portrayed.cover.mean()) < 0.6
    assert batch.later is not None
    assert len(batch.later.target) == 3
    assert not batch.later.photographed.any(), "stills have no next frame"
    assert sampler(stills, moving=0).make(0).later is None


def test_a_still_moves_a_little_and_its_points_are_followed(stills: tuple[Crowd, FittedCrowd]) -> None:
    batch = sampler(stills, strangers=0, moving=1).make(1)
    later, portrayed = batch.later, batch.portrayed
    assert later is not None
    assert portrayed is not None
    assert not torch.allclose(later.portrayed.cover, portrayed.cover)
    assert later.kept.mean() > 0.5 * portrayed.cover.mean()
    carried = torch.nn.functional.grid_sample(portrayed.drawn, later.at, align_corners=False)
    apart = ((carried - later.portrayed.drawn).abs() * later.kept).sum() / later.kept.sum()
    unmoved = ((portrayed.drawn - later.portrayed.drawn).abs() * later.kept).sum() / later.kept.sum()
    assert apart < 0.7 * unmoved


def test_footage_gives_the_next_frame(footage: tuple[Crowd, FittedCrowd]) -> None:
    crowd, _ = footage
    portraits = Portraits(*footage, toy())
    seen = np.ones(len(crowd), np.bool_)
    assert [portraits.next_of(row, seen) for row in range(5)] == [1, 2, 3, None, 5]
    seen[2] = False
    assert portraits.next_of(1, seen) is None, "it may not be seen"
    batch = sampler(footage, moving=1).make(0)
    assert batch.later is not None
    assert batch.later.photographed.float().mean() > 0.3
    assert torch.equal(batch.later.target.person, batch.target.person)


def test_ones_own_face_is_drawn_otherwise_than_photographed(stills: tuple[Crowd, FittedCrowd]) -> None:
    """Else it would be copied."""
    own, again = (sampler(stills, strangers=0, seed=seed).make(0) for seed in (0, 0))
    assert own.same.all()
    assert own.portrayed is not None
    assert again.portrayed is not None
    assert torch.equal(own.portrayed.drawn, again.portrayed.drawn), "by its number alone"
    wide = sampler(stills, strangers=1).make(0)
    assert wide.portrayed is not None
    rims = [
        (each.target.mask > 0.5).sum((1, 2, 3)) / (each.portrayed.cover > 0.5).sum((1, 2, 3)) for each in (own, wide)
    ]
    assert rims[0].mean() > 1.1 * rims[1].mean(), "about it a rim is hidden"
    apart = (own.portrayed.drawn - own.target.crop).abs().mean(1, keepdim=True)
    assert float((apart * own.portrayed.cover).sum() / own.portrayed.cover.sum()) > 0.01


def test_taken_up_again_the_same_batches_come(
    stills: tuple[Crowd, FittedCrowd], footage: tuple[Crowd, FittedCrowd]
) -> None:
    with sampler(stills) as first:
        next(first)
        state, wanted = first.state(), next(first)
    with sampler(stills) as second:
        second.restore(state)
        got = next(second)
    assert wanted.portrayed is not None
    assert got.portrayed is not None
    assert torch.equal(wanted.portrayed.drawn, got.portrayed.drawn)
    with pytest.raises(InputError, match="its fits"):
        sampler(footage).restore(state)


def test_people_who_are_held_out_have_portraits_too(footage: tuple[Crowd, FittedCrowd]) -> None:
    crowd, _ = footage
    batch = unseen_portrayed(Portraits(*footage, toy()), SIZE, 4, "cpu")
    assert crowd.held_out[batch.target.person.numpy()].all()
    assert batch.portrayed is not None
    assert batch.later is not None
    assert batch.later.photographed.all()
    assert len(batch.later.target) == len(batch.target) == 2
