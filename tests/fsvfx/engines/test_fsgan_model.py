"""FSGAN: faces on their way to a pose, what is lost of them, and what each network may see and move."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from swaps import swapped
from torch import Tensor, nn
from torch.nn.functional import affine_grid, grid_sample
from toy_open_models import FACE, SIZE, fsgan, looks, pairs
from toy_packages import toy_package

from fsvfx.context import Context
from fsvfx.engines import registry
from fsvfx.engines.anyone.fsgan_networks import ChangeNet, from_around, holes, inner, mean_colors, solved, toned
from fsvfx.engines.anyone.turning import moved_along, on_the_way, unseen
from fsvfx.engines.exporting import LIMIT
from fsvfx.engines.fsgan import ViewSource, shut
from fsvfx.engines.onnx_graph import furthest, traced
from fsvfx.engines.samples import Known, Looks
from fsvfx.errors import InputError
from fsvfx.faces.measures import head_pose
from fsvfx.packages import Packages

pytestmark = pytest.mark.usefixtures("quarters")
Made = Callable[..., Any]


def many(*meshes: Any) -> Tensor:
    return torch.from_numpy(np.stack(meshes))


def test_a_face_is_on_its_way_in_equal_steps_of_pose(mesh: Made) -> None:
    source, target = mesh(SIZE, yaw=-30), mesh(SIZE, yaw=30, opening=2, shift=(6, -3))
    way = on_the_way(many(source), many(target), 3)
    assert torch.equal(way[-1], many(target))
    assert [round(head_pose(each[0].numpy())[0]) for each in way] == [-10, 10, 30]
    places = [float(each[0, :, 0].mean()) for each in on_the_way(many(mesh(SIZE)), many(mesh(SIZE, shift=(6, 0))), 2)]
    assert places[1] - places[0] == pytest.approx(3, abs=0.01)
    assert len(on_the_way(many(source), many(target), 1)) == 1
    still = on_the_way(many(source), many(source), 2)
    assert torch.allclose(still[0], still[1], atol=1e-3), "no turn, no axis"


def test_pictures_go_along_with_their_meshes(mesh: Made) -> None:
    """By an affine map that is known: what is moved is what a sampler finds there."""
    before = many(mesh(SIZE))
    linear, shift = torch.tensor([[0.9, -0.2], [0.15, 1.1]]), torch.tensor([4.0, -3.0])
    middle = (SIZE - 1) / 2
    after = before.clone()
    after[..., :2] = (before[..., :2] - middle) @ linear.T + middle + shift
    picture = looks(1, 4).crop
    made = moved_along(picture, before, after)
    back = torch.linalg.inv(linear)
    theta = torch.cat([back, (-back @ shift * 2 / SIZE)[:, None]], 1)[None]
    grid = affine_grid(theta, [1, 3, SIZE, SIZE], align_corners=False)
    wanted = grid_sample(picture, grid, padding_mode="border", align_corners=False)
    torch.testing.assert_close(made, wanted, atol=2e-3, rtol=0)
    point = torch.full((1, 468, 3), SIZE / 2)
    assert torch.allclose(moved_along(picture, point, point), picture, atol=1e-5), "a single point moves nothing"


@pytest.mark.parametrize(("yaw", "least", "most"), [(0, 0.0, 0.01), (-40, 0.5, 1.0)])
def test_what_was_turned_away_is_not_seen(mesh: Made, yaw: float, least: float, most: float) -> None:
    """On a face from the front: nothing is missing of one seen so, the far side of one seen from the side."""
    front, side = many(mesh(SIZE)), many(mesh(SIZE, yaw=yaw))
    lost = unseen(side, front, SIZE)[0, 0]
    far = side[0, :, 2].argmax()
    col, row = (front[0, far, :2] * 0.85 + SIZE / 2 * 0.15).round().int().tolist()
    assert least <= float(lost[row, col]) <= most
    assert float(unseen(front, front, SIZE).max()) == 0


def test_a_mouth_opens_with_its_mesh(mesh: Made) -> None:
    """What no affine map does: a picture of where each pixel is goes to where its vertex goes."""
    shut, open_ = many(mesh(SIZE)), many(mesh(SIZE, opening=2.5))
    places = torch.arange(SIZE) / SIZE
    picture = torch.stack([places.expand(SIZE, -1), places[:, None].expand(-1, SIZE), torch.zeros(SIZE, SIZE)])[None]
    made = moved_along(picture, shut, open_)
    for vertex, most in {13: 0.6, 14: 0.6, 33: 0.1, 263: 0.1, 1: 0.1}.items():
        col, row = open_[0, vertex, :2].round().int().tolist()
        off = (made[0, :2, row, col] * SIZE - shut[0, vertex, :2]).norm()
        assert off < 0.8 + most * (open_ - shut)[0, vertex, :2].norm()


def test_of_two_people_light_is_no_error() -> None:
    model, batch = fsgan(gan=0.0, identity=0.0).eval().requires_grad_(False), pairs()
    same = torch.ones(4, dtype=torch.bool)
    lit = replace(batch.target, crop=(batch.target.crop * torch.linspace(0.5, 1, SIZE)))

    def off(looks: Looks, same: Tensor) -> float:
        known = Known(looks.crop, torch.ones_like(batch.target.mask))
        return float(model(replace(batch, known=known, same=same))["reconstruction"])

    assert off(lit, ~same) < 0.6 * off(lit, same), "and noise is one"
    noise = replace(batch.target, crop=(batch.target.crop + torch.rand_like(batch.target.crop) - 0.5).clamp(0, 1))
    assert off(noise, ~same) > 0.7 * off(noise, same)


def test_holes_are_drawn_on_faces(mesh: Made) -> None:
    meshes = many(*[mesh(SIZE)] * 8)
    lost = holes(meshes, SIZE, torch.Generator().manual_seed(0))
    assert torch.equal(lost, holes(meshes, SIZE, torch.Generator().manual_seed(0)))
    assert not torch.equal(lost, holes(meshes, SIZE, torch.Generator().manual_seed(1)))
    shares = lost.mean((1, 2, 3))
    assert (lost.min(), lost.max()) == (0, 1)
    assert ((shares > 0.01) & (shares < 0.3)).all()


def test_a_tone_is_means_and_spreads_within_masks() -> None:
    one, other = looks(2, 1).crop * 0.5 + 0.25, looks(2, 2).crop * 0.5 + 0.25
    mask = FACE.expand(2, -1, -1, -1)
    made = toned(one, mask, other, mask)
    inside = [each[..., 8:-8, 8:-8] for each in (made, other)]
    torch.testing.assert_close(*[each.mean((2, 3)) for each in inside], atol=0.01, rtol=0)
    torch.testing.assert_close(*[each.std((2, 3)) for each in inside], atol=0.02, rtol=0)


def test_the_blends_truth_is_poissons() -> None:
    faces, pictures = looks(2, 1).crop, looks(2, 2).crop
    mask = inner(FACE.expand(2, -1, -1, -1))
    made, inside = solved(faces, pictures, mask), mask[0, 0] > 0.5
    assert torch.equal(made[..., ~inside], pictures[..., ~inside])

    def laplace(of: Tensor) -> Tensor:
        return nn.functional.conv2d(
            of, torch.tensor([[[[0.0, 1, 0], [1, -4, 1], [0, 1, 0]]]]).expand(3, 1, 3, 3), groups=3
        )

    clear = ((made > 0.01) & (made < 0.99)).all(1)[..., 1:-1, 1:-1]
    within = clear & inner(mask)[:, 0, 1:-1, 1:-1].bool()
    apart = (laplace(made) - laplace(faces)).abs().amax(1)
    assert float(apart[within].mean()) < 0.1 * float(laplace(faces).abs().mean())
    assert float((laplace(pictures) - laplace(faces)).abs().mean()) > float(laplace(faces).abs().mean())


def test_what_is_not_lost_and_what_is_not_face_stays(mesh: Made) -> None:
    model, batch = fsgan(gan=0.0).eval(), pairs()
    target = batch.target
    lost = holes(target.landmarks, SIZE, torch.Generator().manual_seed(0))
    filled = model.completed(
        target.crop, lost, target.mask, model.seen(target.crop, target.mask, target.landmarks)[:, 4:]
    )
    assert torch.equal(filled[(lost == 0).expand_as(filled)], target.crop[(lost == 0).expand_as(filled)])
    other = torch.where(lost == 1, 1 - target.crop, target.crop)
    again = model.completed(other, lost, target.mask, model.seen(other, target.mask, target.landmarks)[:, 4:])
    assert torch.allclose(again, filled, atol=1e-6), "what is lost is not looked at"
    made = model.swapped(batch, model.codes_in(batch)).rgb
    outside = (target.mask == 0).expand_as(made)
    assert torch.equal(made[outside], target.crop[outside])


def test_truths_reach_one_network_each_and_verdicts_all() -> None:
    model, batch = fsgan(identity=0.1), pairs()
    model.begin("cpu")
    parts = {"reconstruction": model.reenactor, "completion": model.completer, "blending": model.blender}
    reach = {
        name: {
            of
            for of, part in parts.items()
            if any(each is not None and each.abs().sum() > 0 for each in torch.autograd.grad(
                model(batch)[name], list(part.parameters()), allow_unused=True))
        }
        for name in (*parts, "identity", "gan")
    }  # fmt: skip
    assert reach == {name: {name} for name in parts} | {
        "identity": {"reconstruction", "completion"},
        "gan": set(parts),
    }


def test_steps_are_drawn_in_training_alone() -> None:
    model, batch = fsgan(gan=0.0, steps=4), pairs()
    torch.manual_seed(1)
    calls: list[int] = []
    model.reenactor.register_forward_hook(lambda *given: calls.append(1))

    def taken() -> int:
        calls.clear()
        model.codes_in(batch)
        return len(calls)

    assert {taken() for _ in range(30)} == {1, 2, 3, 4}
    model.eval()
    assert {taken() for _ in range(3)} == {4}


def test_what_is_left_of_errors_is_measured() -> None:
    model, batch = fsgan().eval().requires_grad_(False), pairs()
    model.begin("cpu")
    found = model.metrics(batch)
    assert {"holes_left", "seam_left", "completion", "blending"} < found.keys()
    assert {name: float(value) for name, value in found.items()} == {
        name: float(value) for name, value in model.metrics(batch).items()
    }, "holes are the same ones"


def test_holes_are_filled_from_around() -> None:
    """Where color changes evenly, better than by its mean; from what is kept alone."""
    even = torch.linspace(0.2, 0.8, SIZE).expand(1, 3, SIZE, SIZE)
    kept = FACE.clone()
    kept[..., 20:30, 34:46] = 0
    made, mean = from_around(even, kept), mean_colors(even, kept)
    where = (kept < FACE).expand_as(even)
    assert (made - even)[where].abs().mean() < 0.4 * (mean - even)[where].abs().mean()
    assert torch.equal(made, from_around(torch.where(kept > 0, even, 0.5), kept))
    assert torch.equal(made[(kept > 0).expand_as(made)], even[(kept > 0).expand_as(even)])


@pytest.mark.parametrize("halvings", [2, 4])
def test_its_network_says_what_changes(halvings: int) -> None:
    network = ChangeNet(5, 4, halvings)
    seen = torch.rand(2, 5, 32, 32)
    made = network(seen)
    assert made.shape == (2, 3, 32, 32)
    assert float(made.detach().abs().mean()) < 0.1, "little, at first"
    (made * seen[:, :3]).sum().backward()
    assert all(weight.grad is not None and weight.grad.abs().sum() > 0 for weight in network.parameters())


@pytest.mark.slow
def test_fsgans_networks_are_graphs_that_agree_with_torch() -> None:
    """Turned faces in, swaps out; how faces are turned is reckoned outside."""

    class Whole(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = fsgan(gan=0.0).eval()

        def forward(self, face: Tensor, lost: Tensor, target: Tensor, landmarks: Tensor) -> tuple[Tensor, ...]:
            mask = torch.nn.functional.pad(torch.ones_like(lost[..., 8:-8, 8:-8]), (8, 8, 8, 8))
            seen = self.model.seen(target, mask, landmarks)
            step = face + self.model.reenactor(torch.cat([face * 2 - 1, seen[:, 4:]], 1))
            return step, self.model.swap(seen, torch.cat([step, lost], 1)).rgb

    def given(count: int) -> dict[str, Tensor]:
        made = looks(count, count)
        lost = holes(made.landmarks, SIZE, torch.Generator().manual_seed(count))
        return {"face": made.crop.flip(3), "lost": lost, "target": made.crop, "landmarks": made.landmarks}

    whole = Whole()
    content = traced(whole, given(2), ("step", "output")).SerializeToString()
    assert furthest(content, whole, [given(1), given(3)]) < LIMIT


def test_pictures_with_open_mouths_are_left_out_where_there_are_others(mesh: Made) -> None:
    closed, opened = mesh(SIZE, opening=-0.5), mesh(SIZE, opening=3)
    assert shut(np.stack([opened, closed, opened])).tolist() == [False, True, False]
    assert shut(np.stack([opened, opened])).all()


def test_the_engine_mixes_the_views_around_a_pose(
    tmp_path: Path, mesh: Made, picture: Made, batch: Made, identity: Made
) -> None:
    _, card = toy_package(tmp_path, "fsgan")

    def engine(**said: Any) -> Any:
        settings = registry.settings_of("fsgan", {"model": "toy", "sha256": card.sha256, **said})
        return registry.engine("fsgan")(settings, Context(Packages(tmp_path)))

    turned = [(-25, 0), (0, -6), (25, 0), (0, 18), (0.5, -5.5)]
    lead = identity([picture(128, seed) for seed in range(5)], [mesh(128, *each) for each in turned])
    lead = replace(
        lead, embedding=np.tile(np.random.default_rng(1).standard_normal(128) / 8, (5, 1)).astype(np.float32)
    )
    faces = batch([picture(96, 9)] * 4, [mesh(96, *each) for each in ((-20, 2), (4, 5), (15, 0), (-20, -30))])
    made = swapped(engine(), faces, lead)
    assert (made.crops.shape, made.matte.shape) == ((4, 96, 96, 3), (4, 96, 96))
    source = engine().prepare(lead, 96)
    assert isinstance(source, ViewSource)
    assert engine().figures(source)["identity_views"] == 4, "two are turned alike"
    assert len(engine(views=2).prepare(lead, 96).pictures) == 2
    alone = swapped(engine(), replace(faces, before=1, after=1), lead)
    assert np.allclose(alone.crops, made.crops[1:3], atol=1e-4)
    same = replace(lead, embedding=np.roll(lead.embedding, 1, 1))
    assert np.array_equal(swapped(engine(), faces, same).crops, made.crops), "no vector has a say"
    crops = lead.crops.copy()
    crops[2] = 1 - crops[2]
    apart = np.abs(swapped(engine(), faces, replace(lead, crops=crops)).crops - made.crops).mean((1, 2, 3))
    assert apart[0] == apart[3] == 0 < min(apart[1], apart[2]), "a view counts near its pose"
    with pytest.raises(InputError, match="'lead' has no usable reference pictures"):
        engine().prepare(replace(lead, crops=lead.crops[:0], landmarks=lead.landmarks[:0], sharpness=lead.sharpness[:0],
                                 embedding=lead.embedding[:0]), 96)  # fmt: skip
