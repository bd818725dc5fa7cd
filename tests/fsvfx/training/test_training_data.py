"""Training pictures: warped as published, targets only turned, batches that can be made again."""

from __future__ import annotations

import json
import time

import cv2
import numpy as np
import pytest
import torch
from torch import Generator
from toy_facesets import faceset, frontal

from fsvfx.errors import InputError
from fsvfx.training.data import Sampler, held_out, plain
from fsvfx.training.data.ahead import Prefetch
from fsvfx.training.data.colour import changed, jitters, transfers
from fsvfx.training.data.geometry import (
    affines,
    cells,
    displacements,
    jitter,
    places,
    sample,
    truncated_normal,
    warped,
)
from fsvfx.training.data.pool import priorities
from schemas.augmentation import Augmentation

USUAL = Augmentation()
STILL = Augmentation(rotation=0, scale=1, shift=0, flip=0)


def seeded(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def sampler(settings: Augmentation = USUAL, seed: int = 5, **more) -> Sampler:
    people = {"lead": faceset("lead", held_out=4), "double": faceset("double", 9, seed=1)}
    return Sampler(people, 32, 6, settings, "cpu", seed, **more)


def equal(one, other) -> bool:
    return list(one) == list(other) and all(
        torch.equal(getattr(one[person], part), getattr(other[person], part))
        for person in one
        for part in ("warped", "target", "mask", "priority")
    )


def test_truncated_normal_numbers_are_normal_within_two_and_a_half_sigma() -> None:
    drawn = truncated_normal((200_000,), seeded()) * 2.5
    kept = torch.randn(300_000, generator=seeded(1))
    kept = kept[kept.abs() <= 2.5]
    assert drawn.abs().max() <= 2.5
    wanted = torch.tensor([0.05, 0.25, 0.5, 0.75, 0.95])
    assert torch.allclose(drawn.quantile(wanted), kept[:200_000].quantile(wanted), atol=0.02)


def test_cells_move_inner_points_only_and_as_far_as_published() -> None:
    moved = cells(3000, seeded())
    rim = torch.ones(9, 9, dtype=torch.bool)
    rim[1:-1, 1:-1] = False
    assert (moved[:, :, rim] == 0).all()
    kind = torch.where((moved[:, 0, 1, 1:-1:2] * 2 - moved[:, 0, 2, 1:-1:2]).abs().amax(1) > 1e-5, 8, 0)
    kind[kind == 0] = torch.where((moved[kind == 0, 0, 2, 2] * 2 - moved[kind == 0, 0, 4, 2]).abs() > 1e-5, 4, 2)
    for number in (2, 4, 8):
        own = moved[kind == number]
        assert len(own) == pytest.approx(1000, abs=110)
        points = own[:, :, :: 8 // number, :: 8 // number][:, :, 1:-1, 1:-1] / (2 / number)
        assert points.abs().max() <= 0.24
        assert float(points.std()) == pytest.approx(0.24 / 2.5 * 0.954, rel=0.05)  # sigma of a normal cut off at 2.5


def test_the_originals_jitter_moves_every_point_of_five_by_five() -> None:
    points = jitter(4000, seeded())[:, :, ::2, ::2]
    spread = points.std(dim=0) * 128  # in px of a picture of 256
    assert torch.allclose(spread, torch.full_like(spread, 5.0), rtol=0.06)


def test_warp_is_bilinear_on_its_grid_as_a_resized_map_is() -> None:
    size, number = 64, 4
    moved = torch.zeros(1, 2, 9, 9)
    points = torch.zeros(1, 2, number + 1, number + 1)
    points[..., 1:-1, 1:-1] = truncated_normal((1, 2, 3, 3), seeded()) * 0.24 * 2 / number
    moved = torch.nn.functional.interpolate(points, size=(9, 9), mode="bilinear", align_corners=True)
    ours = (warped(places(torch.eye(2, 3)[None], size), moved)[0] + 1) * size / 2 - 0.5
    cell = size // number
    steps = np.linspace(0, size, number + 1, dtype=np.float32)
    for axis in (0, 1):
        coarse = np.broadcast_to(steps if axis == 0 else steps[:, None], (number + 1, number + 1))
        coarse = (coarse + points[0, axis].numpy() * size / 2).astype(np.float32)
        fine = cv2.resize(coarse, (size + cell, size + cell))[cell // 2 : -cell // 2, cell // 2 : -cell // 2] - 0.5
        assert np.abs(ours[..., axis].numpy() - fine).max() < 0.02


@pytest.mark.parametrize("flip", [0.0, 1.0])
def test_affines_are_opencvs_rotation_scale_and_shift(flip: float) -> None:
    size = 65
    picture = np.random.default_rng(0).random((size, size), np.float32)
    picture = cv2.GaussianBlur(picture, (0, 0), 2)
    settings = Augmentation(flip=flip)
    matrix = affines(settings, 1, seeded(3))
    random = seeded(3)
    angle, grown, *shift = (
        float(torch.rand(1, generator=random)) * 20 - 10,
        float(torch.rand(1, generator=random)) * (1.15 - 1 / 1.15) + 1 / 1.15,
        *(torch.rand(2, generator=random) * 0.1 - 0.05).tolist(),
    )
    middle = (size - 1) / 2
    forward = cv2.getRotationMatrix2D((middle, middle), -angle, grown)
    forward[:, 2] += np.array(shift) * size
    wanted = cv2.warpAffine(picture, forward, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    wanted = wanted[:, ::-1] if flip else wanted
    got = sample(torch.from_numpy(picture)[None, None], places(matrix, size))[0, 0].numpy()
    assert np.abs(got - wanted)[4:-4, 4:-4].max() < 0.01


def test_affines_keep_within_their_bounds_and_fill_them() -> None:
    moved = affines(Augmentation(), 4000, seeded())
    mirrored = moved[:, 0, 0] < 0
    assert float(mirrored.float().mean()) == pytest.approx(0.4, abs=0.03)
    moved[mirrored, :, 0] *= -1
    scale = 1 / torch.linalg.det(moved[:, :, :2]).sqrt()
    angle = torch.rad2deg(torch.atan2(moved[:, 0, 1], moved[:, 0, 0]))
    shift = -torch.linalg.solve(moved[:, :, :2], moved[:, :, 2]) / 2
    for values, low, high in ((scale, 1 / 1.15, 1.15), (angle, -10, 10), (shift, -0.05, 0.05)):
        reach = (high - low) / 100
        assert low - 1e-4 <= values.min() < low + reach
        assert high - reach < values.max() <= high + 1e-4


def test_targets_are_the_crops_but_for_the_affine_and_inputs_are_warped_besides() -> None:
    with sampler(STILL) as still, sampler(STILL, random_warp=False) as unwarped:
        side, other = next(still)["double"], next(unwarped)["double"]
    crops = faceset("double", 9, seed=1)
    every = plain(crops, range(9), 32, "cpu")
    for target, mask, priority in zip(side.target, side.mask, side.priority):
        near = (every.target - target).abs().flatten(1).amax(1)
        assert near.min() < 1e-3
        row = int(near.argmin())
        assert torch.allclose(mask, every.mask[row], atol=1e-3)
        assert torch.allclose(priority, every.priority[row], atol=1e-3)
    assert (side.warped - side.target).abs().mean() > 0.01
    assert torch.equal(other.warped, other.target)
    assert torch.equal(other.target, side.target)


def test_what_is_turned_with_the_target_stays_on_it() -> None:
    """Pictures that show their own mask in red, eyes and mouth in green and blue: so do they when turned."""
    plain_face = faceset(count=2, size=128)
    drawn = np.stack([plain_face.mask[0] / 255, *priorities(frontal(128), 128)], axis=-1)
    pictured = plain_face.__class__(**{**plain_face.__dict__, "crops": np.repeat(drawn[None].astype(np.float16), 2, 0)})
    side = Sampler({"lead": pictured}, 96, 8, Augmentation(), "cpu", 0).make(0)["lead"]
    assert (side.target[:, :1] - side.mask).abs().mean() < 2e-3
    assert (side.target[:, 1:] - side.priority).abs().mean() < 2e-3
    assert side.mask.mean() > 0.2
    assert side.priority.mean(dim=(0, 2, 3)).min() > 0.005


def test_eyes_and_mouth_lie_where_they_should() -> None:
    eyes, mouth = priorities(frontal(256), 256)
    ys = [np.average(np.arange(256), weights=each.sum(axis=1)) for each in (eyes, mouth)]
    assert ys[0] < 128 < ys[1]
    assert eyes[:, :128].sum() == pytest.approx(eyes[:, 128:].sum(), rel=0.05)


def test_the_same_seed_gives_the_same_batches_and_another_does_not() -> None:
    with sampler() as one, sampler() as other, sampler(seed=6) as third:
        for _ in range(3):
            batch = next(one)
            assert equal(batch, next(other))
            assert not equal(batch, next(third))
    assert list(batch) == ["lead", "double"]
    assert {tuple(part.shape) for part in (batch["lead"].warped, batch["lead"].target)} == {(6, 3, 32, 32)}
    assert (batch["lead"].mask.shape, batch["lead"].priority.shape) == ((6, 1, 32, 32), (6, 2, 32, 32))
    assert all(part.min() >= 0 and part.max() <= 1 for side in batch.values() for part in vars(side).values())


def test_a_sampler_goes_on_exactly_where_another_was() -> None:
    with sampler(Augmentation(color_transfer="monge_kantorovich", light=0.2)) as one:
        for _ in range(4):
            next(one)
        kept = json.loads(json.dumps(one.state()))
        wanted = [next(one) for _ in range(3)]
        one.restore(kept)
        assert equal(next(one), wanted[0])
    with sampler(Augmentation(color_transfer="monge_kantorovich", light=0.2), seed=99) as other:
        next(other)
        other.restore(kept)
        assert all(equal(next(other), batch) for batch in wanted)
        assert other.state()["done"] == 7


def test_other_facesets_are_refused() -> None:
    other = Sampler({"lead": faceset()}, 32, 6, Augmentation(), "cpu", 5)
    with pytest.raises(InputError, match="facesets"):
        other.restore(sampler().state())


def test_held_out_faces_are_never_drawn() -> None:
    """They are white; the others are not."""
    with sampler(STILL) as one:
        batches = [next(one)["lead"] for _ in range(30)]
    assert max(float(target.min()) for batch in batches for target in batch.target) < 0.9
    with pytest.raises(InputError, match="held out"):
        Sampler({"lead": faceset(count=3, held_out=3)}, 32, 6, Augmentation(), "cpu", 5)


def test_held_out_faces_are_given_as_they_are_and_as_many_of_each_person() -> None:
    people = {"lead": faceset("lead", 12, held_out=6), "double": faceset("double", 9, held_out=3)}
    batch = held_out(people, 32, 5, "cpu")
    assert [len(side.target) for side in batch.values()] == [3, 3]
    assert all(side.target.min() == 1 and torch.equal(side.warped, side.target) for side in batch.values())
    with pytest.raises(InputError, match="lead"):
        held_out({"lead": faceset("lead")}, 32, 5, "cpu")


def test_rare_poses_are_drawn_as_often_as_usual_ones() -> None:
    many = faceset(count=108)
    many.pose[:8, 0] = 40
    drawn = torch.multinomial(
        Sampler({"lead": many}, 32, 6, Augmentation(), "cpu", 5)._weights["lead"], 20_000, replacement=True
    )
    assert float((drawn < 8).float().mean()) == pytest.approx(0.5, abs=0.02)


def test_transfer_gives_the_others_mean_and_spread_within_the_masks() -> None:
    own, other = torch.rand(2, 3, 32, 32, generator=seeded()) * 0.3, torch.rand(2, 3, 32, 32, generator=seeded(1))
    other = 0.5 + (other - 0.5) * torch.tensor([0.2, 0.4, 0.1])[:, None, None]
    mask = torch.zeros(2, 1, 32, 32)
    mask[..., 8:, 8:] = 1
    matrix, shift = transfers(own, mask, other, mask)
    got = changed(own, matrix, shift)[..., 8:, 8:].flatten(2)
    assert torch.allclose(got.mean(2), other[..., 8:, 8:].flatten(2).mean(2), atol=0.01)
    assert torch.allclose(got.std(2), other[..., 8:, 8:].flatten(2).std(2), rtol=0.05)


def test_only_the_identity_takes_the_others_colours_and_input_and_target_alike() -> None:
    with sampler(STILL) as one, sampler(STILL.model_copy(update={"color_transfer": "monge_kantorovich"})) as other:
        before, after = next(one), next(other)
    assert torch.equal(before["double"].target, after["double"].target)
    assert not torch.allclose(before["lead"].target, after["lead"].target, atol=0.01)


def test_jitter_of_light_scales_and_of_hue_keeps_grey_grey() -> None:
    grey = torch.full((50, 3, 4, 4), 0.4)
    hue = jitters(Augmentation(hue=0.3, saturation=0.5), 50, seeded())
    light = jitters(Augmentation(light=0.2), 50, seeded())
    assert hue is not None
    assert light is not None
    assert torch.allclose(changed(grey, hue), grey, atol=2e-3)
    assert 0.32 - 1e-3 <= changed(grey, light).min() < 0.34
    assert jitters(Augmentation(), 5, seeded()) is None


def test_displacements_are_of_the_kind_that_is_asked_for() -> None:
    assert torch.equal(displacements("cells", 3, seeded()), cells(3, seeded()))
    assert torch.equal(displacements("jitter", 3, seeded()), jitter(3, seeded()))


def test_batches_are_made_ahead_and_faults_reach_the_loop() -> None:
    def make(number: int) -> int:
        if number == 5:
            raise InputError("no", hint="none")
        return number

    ahead = Prefetch(make, 2, 3)
    time.sleep(0.2)
    assert [ahead.next() for _ in range(3)] == [2, 3, 4]
    assert ahead.waited < 0.1
    with pytest.raises(InputError):
        ahead.next()
    ahead.close()
