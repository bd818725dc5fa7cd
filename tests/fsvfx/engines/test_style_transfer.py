"""Style transfer: its network, nearest patches, which photographs it looks at, what it lowers, and whom it makes."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from swaps import nobody
from torch import nn
from toy_facesets import faceset, frontal
from toy_features import Edges
from toy_packages import SMALL, toy_package

from fsvfx.actors.body import normals
from fsvfx.context import Context
from fsvfx.engines import registry
from fsvfx.engines.exporting import LIMIT
from fsvfx.engines.onnx_export import difference, graph_of
from fsvfx.engines.style import style_model
from fsvfx.engines.style.light import LightNet, light_net
from fsvfx.engines.style.networks import StyleNet
from fsvfx.engines.style.patches import apart, nearest
from fsvfx.engines.style.settings import StyleSettings
from fsvfx.engines.style.style_model import StyleModel
from fsvfx.engines.style_transfer import StyleTransfer
from fsvfx.engines.trainable import Side
from fsvfx.errors import InputError
from fsvfx.faces.raster import rasterise
from fsvfx.faces.topology import CANONICAL, TRIANGLES
from fsvfx.packages import Packages
from fsvfx.training import rng
from fsvfx.training.data import held_out, photos_of
from fsvfx.training.loop import Loop, Precision
from schemas.trainer import TrainerSettings

PEOPLE = ("ada", "bea", "cem")
TOY: dict[str, Any] = SMALL["style_transfer"]


@pytest.fixture(autouse=True)
def edges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(style_model, "judge", lambda name: Edges())


def begun(people: tuple[str, ...] = PEOPLE, **values: Any) -> StyleModel:
    """Ready to learn ``ada``, of toy faces."""
    rng.seed(3)
    model = StyleModel(StyleSettings(**{**TOY, **values}), people)
    model.keep(photos_of(faceset("ada", count=16, held_out=4), model.resolution, model.most_photos))
    model.begin("cpu")
    return model


def batch(people: tuple[str, ...] = PEOPLE) -> dict[str, Side]:
    return held_out({each: faceset(each, held_out=11, seed=9 + len(each)) for each in people}, 64, 2, "cpu") | {
        each: photos_of(faceset(each, count=2, seed=20 + place), 64, 2) for place, each in enumerate(people)
    }


@pytest.mark.parametrize(("resolution", "published"), [(64, 612_771), (128, 1_112_099), (256, 1_825_731)])
def test_a_million_parameters_at_128_px(resolution: int, published: int) -> None:
    """The paper says 1 M; what is added for each size is our own count."""
    with torch.device("meta"):
        assert sum(weight.numel() for weight in StyleNet(resolution, 32).parameters()) == published


@pytest.mark.parametrize("size", [64, 128])
def test_pictures_come_out_as_large_as_they_went_in(size: int) -> None:
    given = torch.rand(2, 3, size, size, generator=torch.Generator().manual_seed(0))
    made = StyleNet(size, 2)(given)
    assert made.shape == given.shape
    assert 0 < (made - given).abs().mean() < 0.2, "nearly the same at first"


@pytest.mark.parametrize("reach", [0, 1, 2])
def test_the_nearest_patch_is_that_of_the_largest_cosine(reach: int) -> None:
    numbers = torch.Generator().manual_seed(reach)
    made, others = torch.rand(2, 4, 5, 6, generator=numbers), torch.rand(2, 3, 4, 5, 6, generator=numbers)
    found = nearest(made, others, reach)
    moved = range(-reach, reach + 1)
    for row, down, across in product(range(2), range(5), range(6)):
        near = [
            other[:, min(max(down + y, 0), 4), min(max(across + x, 0), 5)]
            for other, y, x in product(others[row], moved, moved)
        ]
        here = made[row, :, down, across]
        best = max(near, key=lambda patch: float(torch.cosine_similarity(here, patch, 0)))
        assert torch.equal(found[row, :, down, across], best)


def test_maps_differ_where_it_counts() -> None:
    one, other = torch.zeros(1, 2, 4, 4), torch.zeros(1, 2, 4, 4)
    other[..., :2] = 3
    left = torch.zeros(1, 1, 8, 8)
    left[..., :4] = 1
    assert float(apart(one, other)) == pytest.approx(4.5)
    assert float(apart(one, other, left)) == pytest.approx(9)
    assert float(apart(one, other, 1 - left)) == 0


def test_photographs_that_lie_and_are_lit_alike_are_looked_at() -> None:
    model = begun(photos=16)
    [(_, lights, album)] = model._looks
    photos = photos_of(faceset("ada", count=16, held_out=4), 64, 16)
    assert len(album.pictures) == 12, "none that is held out"
    chosen = album.like(photos, lights(photos.target), 3)
    assert chosen.shape == (12, 3)
    assert chosen[:, 0].tolist() == list(range(12)), "itself before all"
    shifted = Side(*(each.roll(8, -1) for each in (photos.warped, photos.target, photos.mask, photos.priority)))
    assert album.like(shifted, lights(photos.target), 20).shape == (12, 12), "no more than there are"


def test_every_weight_is_moved() -> None:
    model = begun()
    terms = model(batch())
    assert terms.keys() == {"content", "style", "light", "variation"}
    sum(terms.values()).backward()  # type: ignore[union-attr]
    norms = tuple(f".{place}.bias" for place in (0, 3, 6))  # biases of convolutions, which normalisation takes away
    without = [
        name
        for name, weight in model.named_parameters()
        if not name.endswith(norms) and (weight.grad is None or not weight.grad.abs().sum() > 0)
    ]
    assert not without


def test_one_batch_is_learned_by_heart() -> None:
    model, fed = begun(width=4), batch()
    settings = TrainerSettings(iterations=40, lr=5e-3, optimiser="adam")
    loop = Loop(model, settings, Precision(settings, "cpu"))
    with torch.no_grad():
        before = model.metrics(fed)
    for step in range(40):
        loop.iterate(fed, step)
    with torch.no_grad():
        after = model.metrics(fed)
    assert float(after["style"]) < 0.7 * float(after["style_of_plate"])
    assert float(after["style"]) < 0.7 * float(before["style"])
    assert torch.equal(after["style_of_plate"], before["style_of_plate"])


@pytest.mark.parametrize("term", ["content", "style", "light", "variation"])
def test_a_term_without_weight_is_left_out(term: str) -> None:
    assert term not in begun(**{term: 0})(batch())


def test_what_it_looks_with_is_in_no_weights() -> None:
    model = begun()
    assert {name.partition(".")[0] for name in model.state_dict()} == {"network"}
    assert [[each.shape for each in sheet] for sheet in model.previews(batch(), 3)] == [[(3, 3, 64, 64)] * 3]


@torch.no_grad()
def test_after_pretraining_it_begins_with_the_plate() -> None:
    model = begun()
    nn.init.ones_(model.network.end.weight)
    given = batch()["bea"].target
    far = float((model.network(given) - given).abs().mean())
    model.restart()
    assert float((model.network(given) - given).abs().mean()) < 0.2 * far


def test_it_makes_the_identity_alone(tmp_path: Path) -> None:
    _, card = toy_package(tmp_path, "style_transfer")
    engine = StyleTransfer(
        registry.settings_of("style_transfer", {"model": "toy", "sha256": card.sha256}), Context(Packages(tmp_path))
    )
    assert engine.prepare(nobody("ada"), 64) == "ada"
    with pytest.raises(InputError, match=r"has learned ada, not 'bea'"):
        engine.prepare(nobody("bea"), 64)
    with pytest.raises(InputError, match="makes only 'ada'"):
        begun().predict(torch.zeros(1, 3, 64, 64), "bea")


@pytest.mark.slow
def test_its_graph_gives_what_it_gives() -> None:
    model = StyleModel(StyleSettings(**TOY), PEOPLE).eval()
    assert difference(graph_of(model, "ada").SerializeToString(), model, "ada") <= LIMIT


def lit(albedo: tuple[float, ...], side: float) -> torch.Tensor:
    """(3, 64, 64): the mesh of a face, plain, under a lamp from its left or right."""
    towards = np.array([side, 0.3, 0.8]) / np.linalg.norm([side, 0.3, 0.8])
    facing = np.clip(normals(CANONICAL, TRIANGLES) @ towards, 0, 1)
    raster = rasterise(frontal(64), TRIANGLES, 64)
    linear = raster.at_pixels(np.outer(0.8 * facing + 0.12, albedo).astype(np.float32)).clip(0, 1)
    picture = raster.picture(np.sqrt(linear), np.full((64, 64, 3), 0.25, np.float32))
    return torch.from_numpy(picture).permute(2, 0, 1)


def test_light_is_seen_whoever_is_lit() -> None:
    fair, dark = (0.6, 0.4, 0.3), (0.35, 0.22, 0.15)
    codes = light_net()(torch.stack([lit(skin, side) for side in (-1.2, -0.4, 0.4, 1.2) for skin in (fair, dark)]))
    apart = torch.cdist(codes, codes)
    same = torch.arange(8)[:, None] // 2 == torch.arange(8) // 2
    assert float(apart[same].max()) < 0.5 * float(apart[~same].min())


def test_light_is_seen_at_any_size() -> None:
    assert light_net()(torch.rand(1, 3, 128, 128)).shape == LightNet()(torch.rand(1, 3, 64, 64)).shape == (1, 16)
