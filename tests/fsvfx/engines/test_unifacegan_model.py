"""UniFaceGAN's losses: what has a truth, and what must not change from a moment to the next."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from pydantic import ValidationError
from toy_open_models import SIZE, looks, pairs, unifacegan

from fsvfx.engines.anyone.settings import UniFaceGanSettings
from fsvfx.engines.samples import Later, Pairs
from fsvfx.training.loop import Loop, Precision
from schemas.trainer import TrainerSettings

pytestmark = pytest.mark.usefixtures("quarters")
ALONE = {"gan": 0.0, "identity": 0.0}


def moved(batch: Pairs, by: int = 4) -> Pairs:
    """With the face ``by`` px further right a moment later, and its surroundings where they were."""
    later = batch.later
    assert later is not None
    shown = replace(later.portrayed, **{name: each.roll(by, 3) for name, each in vars(later.portrayed).items()})
    at = later.at.clone()
    at[..., 0] -= 2 * by / SIZE
    return replace(batch, later=Later(later.target, shown, at, shown.cover, torch.zeros(len(at), dtype=torch.bool)))


def test_on_a_still_mesh_nothing_flickers() -> None:
    model = unifacegan(**ALONE).eval().requires_grad_(False)
    assert float(model.flicker(pairs())) < 1e-6
    assert float(model.flicker(moved(pairs()))) > 1e-4


def test_the_temporal_loss_is_what_the_face_changes_by() -> None:
    model, batch = unifacegan(**ALONE, temporal=3.0).eval(), moved(pairs())
    torch.testing.assert_close(model(batch)["temporal"], 3 * model.flicker(batch), atol=1e-4, rtol=0.05)
    assert "temporal" not in unifacegan(**ALONE, temporal=0.0)(batch)
    assert "temporal" not in model(replace(batch, later=None))


def test_it_lowers_the_flicker() -> None:
    def trained(temporal: float) -> float:
        model, batch = unifacegan(**ALONE, temporal=temporal), moved(pairs())
        settings = TrainerSettings(iterations=20, lr=2e-3, optimiser="adam")
        loop = Loop(model, settings, Precision(settings, "cpu"))
        for step in range(20):
            loop.iterate(batch, step)
        return float(model.eval().requires_grad_(False).flicker(batch))

    assert trained(20.0) < 0.7 * trained(0.0)


def test_of_strangers_the_surroundings_are_known_and_a_still_in_motion_tells_no_more() -> None:
    model, batch = unifacegan(**ALONE, temporal=0.0).eval(), pairs()
    assert batch.later is not None
    nobody = replace(batch, same=torch.zeros(4, dtype=torch.bool))
    changed = replace(nobody, target=replace(batch.target, crop=looks(4, 9).crop))
    inside = batch.target.mask > 0
    mixed = replace(
        nobody, target=replace(batch.target, crop=torch.where(inside, changed.target.crop, batch.target.crop))
    )

    def lost(given: Pairs) -> float:
        return float(model(replace(given, later=None))["reconstruction"])

    assert lost(nobody) != pytest.approx(lost(changed))
    assert lost(nobody) == pytest.approx(lost(mixed), rel=0.3)
    assert lost(batch) > 2 * lost(nobody)

    def lost_later(photographed: bool) -> float:
        later = replace(batch.later, photographed=torch.full((2,), photographed))
        return float(model(replace(batch, later=later))["reconstruction"])

    assert lost_later(True) != pytest.approx(lost_later(False))


def test_previews_show_what_is_seen() -> None:
    columns = unifacegan().eval().previews(pairs(), 2)[0]
    assert [each.shape for each in columns] == [(2, 3, SIZE, SIZE)] * 4
    assert torch.equal(columns[0], pairs().target.crop[:2])
    assert not torch.equal(columns[2], columns[3])


@pytest.mark.parametrize("given", [{"prior": "linear"}, {"swaps": 3}])
def test_it_is_shown_nothing_else(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="remove prior and swaps"):
        UniFaceGanSettings.model_validate(given)
