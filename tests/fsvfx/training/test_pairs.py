"""Pairs for open-set training: who is drawn, from where, and that batches can be made again."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from toy_crowds import collection

from fsvfx.engines.samples import Pairs
from fsvfx.errors import InputError
from fsvfx.facesets import Crowd, crowd_in
from fsvfx.training.data import PairSampler, looks_of, unseen_pairs
from schemas.augmentation import Augmentation
from schemas.train import HeldOut

STILL = Augmentation(rotation=0, scale=1, shift=0, flip=0)


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Crowd:
    folder = tmp_path_factory.mktemp("pairs") / "crowd"
    return crowd_in(folder, (), [collection(40, each=3)], 32, HeldOut(people=("p0000*",), share=0))


def equal(one: Pairs, other: Pairs) -> bool:
    sides = ((one.target, other.target), (one.source, other.source))
    return torch.equal(one.same, other.same) and all(
        torch.equal(getattr(a, column.name), getattr(b, column.name)) for a, b in sides for column in fields(a)
    )


def test_batches_follow_from_seed_and_number(crowd: Crowd) -> None:
    with PairSampler(crowd, 32, 6, Augmentation(light=0.2), "cpu", 3) as sampler:
        first, second = next(sampler), next(sampler)
        state = sampler.state()
        third = next(sampler)
    assert not equal(first, second)
    with PairSampler(crowd, 32, 6, Augmentation(light=0.2), "cpu", 3) as again:
        again.restore(state)
        assert equal(next(again), third)
        assert again.waited >= 0
    with pytest.raises(InputError, match="not the one that this training began with"):
        again.restore({**state, "crowd": "other"})


def test_a_batch_has_people_codes_crops_meshes_and_masks(crowd: Crowd) -> None:
    made = PairSampler(crowd, 24, 5, STILL, "cpu", 0).make(0)
    target = made.target
    assert len(target) == 5
    shapes = {column.name: tuple(getattr(target, column.name).shape) for column in fields(target)}
    assert shapes == {
        "person": (5,), "code": (5, 128), "crop": (5, 3, 24, 24), "landmarks": (5, 468, 3), "mask": (5, 1, 24, 24),
        "pose": (5, 3),
    }  # fmt: skip
    assert target.crop.min() >= 0
    assert target.crop.max() <= 1
    rows = target.code[:, 0].numpy().astype(int)
    assert target.person.tolist() == np.asarray(crowd.person)[rows].tolist()
    wanted = np.asarray(crowd.landmarks)[rows] * 24 / 32
    assert np.allclose(target.landmarks[..., 2], wanted[..., 2], atol=1e-4)
    assert np.allclose(target.landmarks[..., :2] + 0.5, wanted[..., :2] + 0.5 * 24 / 32, atol=1e-3)


def drawn(crowd: Crowd, **more: float) -> list[Pairs]:
    sampler = PairSampler(crowd, 8, 16, STILL, "cpu", 1, **more)
    return [sampler.make(number) for number in range(25)]


def test_nobody_who_is_held_out_is_drawn_and_everybody_else_is(crowd: Crowd) -> None:
    people = {int(one) for made in drawn(crowd) for side in (made.target, made.source) for one in side.person}
    assert people == set(range(10, 40))


def test_sources_are_of_the_same_person_by_chance(crowd: Crowd) -> None:
    share = float(torch.cat([made.same for made in drawn(crowd, same=0.25)]).float().mean())
    assert 0.17 < share < 0.33
    alone = drawn(crowd, same=1.0)
    assert all(bool(made.same.all()) for made in alone)
    assert all(bool((made.target.code[:, 0] != made.source.code[:, 0]).all()) for made in alone), "another picture"
    assert not any(bool(made.same.any()) for made in drawn(crowd, same=0.0))


def test_others_are_turned_alike_where_some_are(crowd: Crowd) -> None:
    apart = [(made.target.pose[:, 0] - made.source.pose[:, 0]).abs() for made in drawn(crowd, same=0.0, yaw=15)]
    within = float((torch.cat(apart) <= 15).float().mean())
    assert within > 0.9
    free = [(made.target.pose[:, 0] - made.source.pose[:, 0]).abs() for made in drawn(crowd, same=0.0)]
    assert float((torch.cat(free) <= 15).float().mean()) < 0.6


def test_landmarks_move_with_their_picture(tmp_path: Path) -> None:
    """A white dot at a point of the mesh is under that point when picture and mesh have been turned and scaled."""
    faces = collection(2, each=1, size=64)
    found = crowd_in(tmp_path / "crowd", (), [faces], 64, HeldOut(share=0))
    files = np.load(tmp_path / "crowd/crops.npy", mmap_mode="r+")
    x, y = np.asarray(found.landmarks[0, 4, :2]).round().astype(int)
    files[:] = 0
    files[:, y - 1 : y + 2, x - 1 : x + 2] = 255
    made = PairSampler(found, 64, 8, Augmentation(rotation=40, scale=1.3, shift=0.1, flip=0.5), "cpu", 2).make(0)
    for crop, mesh in zip(made.target.crop, made.target.landmarks, strict=True):
        weight = crop.mean(0) / crop.mean(0).sum()
        across = (weight.sum(0) * torch.arange(64)).sum()
        down = (weight.sum(1) * torch.arange(64)).sum()
        assert abs(float(across - mesh[4, 0])) < 1.2
        assert abs(float(down - mesh[4, 1])) < 1.2


def test_faces_as_they_are_for_previews(crowd: Crowd) -> None:
    looks = looks_of(crowd, crowd.unseen[:3], "cpu")
    assert looks.crop.shape == (3, 3, 32, 32)
    assert set(looks.person.tolist()) == {0}


def test_previews_are_of_people_who_are_held_out(crowd: Crowd) -> None:
    pairs = unseen_pairs(crowd, 16, 4, "cpu")
    assert len(pairs.target) == 4
    assert pairs.target.crop.shape == (4, 3, 16, 16)
    assert not pairs.same.any()
    assert max(*pairs.target.person.tolist(), *pairs.source.person.tolist()) < 10
    wanted = (np.asarray(crowd.landmarks[0, :, 0]) + 0.5) / 2 - 0.5
    assert np.allclose(pairs.target.landmarks[0, :, 0], wanted, atol=1e-3)
    alone = replace(crowd, held_out=np.arange(40) == 3)
    with pytest.raises(InputError, match="One of the crowd's people is held out, and previews need two"):
        unseen_pairs(alone, 16, 4, "cpu")
