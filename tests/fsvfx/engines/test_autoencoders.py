"""The autoencoder family: sizes, losses, and that each of them learns."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity

from fsvfx.engines.autoencoder import losses
from fsvfx.engines.autoencoder.comb_model import CombModel, Stage, stage_at
from fsvfx.engines.autoencoder.df_model import DfModel
from fsvfx.engines.autoencoder.liae_model import LiaeModel
from fsvfx.engines.autoencoder.original_model import OriginalModel
from fsvfx.engines.autoencoder.settings import CombSettings, DfSettings, LiaeSettings, OriginalSettings
from fsvfx.engines.trainable import Batch, ClosedModel, Side

PAIR = ("ada", "bea")
TINY = {"resolution": 64, "ae_dims": 32, "e_dims": 8, "d_dims": 8}
VARIANTS = ["", "u", "d", "t", "c", "ud", "udt", "udtc"]
OPTIONS = {"gan_power": 0.1, "face_style": 5, "background_style": 5, "eyes_mouth_priority": True}


def side(count: int, size: int, seed: int) -> Side:
    """Smooth colours, so that there is something to learn."""
    made = torch.Generator().manual_seed(seed)
    small = torch.rand(count, 3, 4, 4, generator=made)
    target = torch.nn.functional.interpolate(small, (size, size), mode="bicubic").clamp(0, 1)
    mask = torch.zeros(count, 1, size, size)
    mask[..., size // 6 : -size // 6, size // 6 : -size // 6] = 1
    priority = torch.zeros(count, 2, size, size)
    priority[:, 0, size // 3 : size // 2, size // 4 : -size // 4] = 1
    priority[:, 1, size // 2 : -size // 4, size // 3 : -size // 3] = 1
    return Side(target, target, mask, priority)


def batch(model: ClosedModel, count: int = 2) -> Batch:
    return {person: side(count, model.resolution, seed) for seed, person in enumerate(model.people)}


def model_of(kind: str, **values: object) -> ClosedModel:
    torch.manual_seed(0)
    if kind == "original":
        return OriginalModel(OriginalSettings(**values), PAIR)  # type: ignore[arg-type]
    if kind == "comb":
        return CombModel(CombSettings(**values), (*PAIR, "cleo"))  # type: ignore[arg-type]
    if kind == "df":
        return DfModel(DfSettings(**values), PAIR)  # type: ignore[arg-type]
    return LiaeModel(LiaeSettings(**values), PAIR)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "values", "published"),
    [
        ("original", {}, 82_062_470),
        ("df", {}, 57_538_432),
        ("df", {"variant": "ud"}, 54_470_998),
        ("liae", {"variant": "ud"}, 82_376_555),
    ],
)
def test_as_many_parameters_as_published(kind: str, values: dict[str, object], published: int) -> None:
    with torch.device("meta"):
        assert sum(weight.numel() for weight in model_of(kind, **values).parameters()) == published


@pytest.mark.parametrize("kind", ["df", "liae"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant_gives_pictures_and_finite_losses_at_every_turn(kind: str, variant: str) -> None:
    model = model_of(kind, variant=variant, **TINY, **OPTIONS, **({"true_face": 0.1} if kind == "df" else {}))
    fed = batch(model)
    for person in model.people:
        made = model.predict(fed[person].warped, person)
        assert made.rgb.shape == (2, 3, 64, 64)
        assert made.mask is not None
        assert made.mask.shape == (2, 1, 64, 64)
        assert 0 <= made.rgb.min() <= made.rgb.max() <= 1
    for turn in model.turns():
        terms = model(fed, turn)
        assert terms
        assert all(term.ndim == 0 and torch.isfinite(term) for term in terms.values())
        sum(terms.values()).backward()
        assert all(weight.grad is not None for weight in model.parameters_of(turn))


def test_turns_move_parameters_of_their_own() -> None:
    model = model_of("df", **TINY, gan_power=0.1, true_face=0.1)
    assert model.turns() == ("generator", "patches", "codes")
    owned = [{id(weight) for weight in model.parameters_of(turn)} for turn in model.turns()]
    assert not owned[0] & owned[1]
    assert not owned[0] & owned[2]
    assert not owned[1] & owned[2]
    assert set.union(*owned) == {id(weight) for weight in model.parameters()}


@pytest.mark.parametrize(("kind", "rests"), [("df", False), ("liae", True)])
def test_liae_rests_the_shared_inter_without_random_warp(kind: str, rests: bool) -> None:
    model = model_of(kind, **TINY)
    fewer = len(model.parameters_of("generator", random_warp=False))
    assert (fewer < len(model.parameters_of("generator"))) is rests


def test_style_reaches_the_decoder_only() -> None:
    model = model_of("df", **TINY, face_style=100)
    assert isinstance(model, DfModel)
    model(batch(model))["face_style"].backward()
    assert all(weight.grad is None for part in (model.encoder, model.inter) for weight in part.parameters())
    assert any(weight.grad is not None and weight.grad.abs().sum() > 0 for weight in model.decoders[0].parameters())


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (kind, {**TINY, "ae_dims": 16, "d_mask_dims": 4, "variant": variant})
        for kind in ("df", "liae")
        for variant in VARIANTS
    ]
    + [("comb", {"resolution": 32, "first": 32, "width": 0.05})],
)
def test_each_overfits_one_batch(kind: str, values: dict[str, object]) -> None:
    model = model_of(kind, **values)
    fed = batch(model, count=1)
    rate = 1e-3 if "c" in str(values.get("variant", "")) else 3e-3  # x cos(x) bears less
    optimiser = torch.optim.Adam(model.parameters_of("generator"), rate, fused=True)
    losses_ = []
    for _ in range(30):
        optimiser.zero_grad()
        loss = sum(model(fed).values())
        loss.backward()
        optimiser.step()
        losses_.append(loss.item())
    assert min(losses_[-5:]) < 0.5 * losses_[0]


@pytest.mark.slow
def test_original_overfits_one_batch() -> None:
    model = model_of("original")
    fed = batch(model, count=1)
    optimiser = torch.optim.Adam(model.parameters(), 1e-4, fused=True)
    first = float(sum(model(fed).values()))
    for _ in range(9):
        optimiser.zero_grad()
        sum(model(fed).values()).backward()
        optimiser.step()
    assert float(sum(model(fed).values())) < 0.7 * first


@pytest.mark.parametrize("size", [64, 128, 256, 512])
def test_dssim_is_the_published_one(size: int) -> None:
    one, other = (torch.rand(1, 3, size, size, generator=torch.Generator().manual_seed(n)) for n in (1, 2))
    mixed = 0.7 * one + 0.3 * other
    _, places = structural_similarity(
        one[0].permute(1, 2, 0).numpy(), mixed[0].permute(1, 2, 0).numpy(), channel_axis=2, gaussian_weights=True,
        sigma=1.5, use_sample_covariance=False, data_range=1, full=True,
    )  # fmt: skip
    valid = np.mean(places[5:-5, 5:-5])
    assert float(losses.dssim(one, mixed, 11)) == pytest.approx((1 - valid) / 2, abs=1e-5)
    assert float(losses.dssim(one, one, 11)) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(("size", "windows"), [(64, [(10, 5)]), (128, [(10, 11)]), (256, [(5, 22), (5, 11)])])
def test_picture_loss_weighs_as_published(size: int, windows: list[tuple[int, int]]) -> None:
    one, other = (torch.rand(1, 3, size, size, generator=torch.Generator().manual_seed(n)) for n in (1, 2))
    wanted = sum(weight * losses.dssim(one, other, window) for weight, window in windows)
    wanted = wanted + 10 * (one - other).square().mean()
    assert float(losses.structure_and_level(one, other)) == pytest.approx(float(wanted), abs=1e-5)


def test_blurred_mask_keeps_the_inside_whole() -> None:
    mask = side(1, 128, 0).mask
    soft = losses.blurred_mask(mask)
    assert soft[mask > 0].min() > 0.99 * 0.5
    assert soft[..., 64, 64] == pytest.approx(1)
    assert float(soft.sum() - mask.sum()) > 0


@pytest.mark.parametrize(
    ("step", "stage"),
    [(0, Stage(8, 1.0)), (99, Stage(8, 1.0)), (100, Stage(16, 0.0)), (125, Stage(16, 0.5)), (150, Stage(16, 1.0)),
     (225, Stage(32, 0.5)), (10_000, Stage(32, 1.0))],
)  # fmt: skip
def test_comb_grows_level_by_level(step: int, stage: Stage) -> None:
    assert stage_at(step, CombSettings(resolution=32, first=8, level_steps=100)) == stage


def test_comb_fades_from_the_level_below() -> None:
    """A level that is not faded in yet shows just what the level below did."""
    model = model_of("comb", resolution=16, first=8, level_steps=10, width=0.05)
    pictures = batch(model)["ada"].warped
    model.advance(9)
    before = model.predict(pictures, "ada").rgb
    model.advance(10)
    nearest = torch.nn.functional.interpolate
    assert model.stage == Stage(16, 0.0)  # type: ignore[attr-defined]
    shown = model.predict(pictures, "ada").rgb
    small = nearest(before, (8, 8), mode="bilinear", antialias=True)
    assert torch.allclose(nearest(shown, (8, 8), mode="bilinear", antialias=True), small, atol=0.02)


def test_comb_gives_every_person_a_loss() -> None:
    model = model_of("comb", resolution=16, width=0.05)
    assert list(model(batch(model))) == ["ada", "bea", "cleo"]


def test_restart_changes_only_what_carries_identity() -> None:
    model = model_of("liae", **TINY)
    before = {name: weight.clone() for name, weight in model.named_parameters()}
    model.restart()
    changed = {name.split(".")[0] for name, weight in model.named_parameters() if not torch.equal(weight, before[name])}
    assert changed == {"inter_ab", "inter_b"}


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (DfSettings, {"resolution": 80, "variant": "d"}),
        (DfSettings, {"resolution": 650}),
        (DfSettings, {"variant": "du"}),
        (DfSettings, {"variant": "x"}),
        (LiaeSettings, {"true_face": 0.1}),
        (CombSettings, {"first": 512, "resolution": 64}),
    ],
)
def test_impossible_settings_are_refused(kind: type, values: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        kind(**values)
