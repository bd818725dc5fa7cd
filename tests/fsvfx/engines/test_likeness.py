"""Chips for losses: where they are cut, that gradients flow, and how far they are from the stages' own."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from fsvfx.engines.anyone.likeness import STILL, Disturbance, apart, chips, unit
from fsvfx.faces.embedding import cut
from fsvfx.identity.contract import Chip
from fsvfx.identity.registry import network

CHIP = Chip(32, ((0.2, 0.3), (0.8, 0.3), (0.5, 0.7)), ((0,), (1,), (2, 3)))


def mesh(angle: float, size: float, at: tuple[float, float]) -> torch.Tensor:
    """(1, 468, 2): a face turned and placed; only what the chip looks at."""
    points = torch.zeros(1, 468, 2)
    placed = [np.array(point) - 0.5 for point in CHIP.points]
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    for point, vertices in zip(placed, CHIP.mesh, strict=True):
        points[0, list(vertices)] = torch.tensor(turn @ point * size + np.array(at), dtype=torch.float32)
    return points


def smooth(side: int) -> torch.Tensor:
    y, x = torch.meshgrid(torch.linspace(0, 3, side), torch.linspace(0, 3, side), indexing="ij")
    return torch.stack([x.sin() / 2 + 0.5, y.cos() / 2 + 0.5, (x * y).sin() / 2 + 0.5])[None]


@pytest.mark.parametrize("angle", [0.0, 0.4, -1.0])
@pytest.mark.parametrize("size", [24.0, 40.0])
def test_chips_are_cut_where_the_stages_cut_them(angle: float, size: float) -> None:
    picture, points = smooth(96), mesh(angle, size, (47.0, 50.0))
    found = chips(picture, points, CHIP)[0].permute(1, 2, 0).numpy()
    rgb = np.ascontiguousarray((picture[0].permute(1, 2, 0).numpy() * 255).round().astype(np.uint8))
    wanted = cut(rgb, np.concatenate([points[0].numpy(), np.zeros((468, 1), np.float32)], 1), CHIP) / 255
    assert np.abs(found - wanted).max() < 0.02


def test_gradients_flow_to_the_pixels() -> None:
    picture = smooth(64).requires_grad_(True)
    chips(picture, mesh(0.2, 30.0, (32.0, 32.0)), CHIP).sum().backward()  # type: ignore[no-untyped-call]
    assert picture.grad is not None
    assert float(picture.grad[0, :, 32, 32].abs().sum()) > 0


def test_disturbed_chips_differ_and_can_be_had_again() -> None:
    picture, points = smooth(64), mesh(0.0, 30.0, (32.0, 32.0))
    by = Disturbance(0.1, 1.2, 0.5)
    one, again, other = (
        chips(picture, points, CHIP, by, among=torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)
    )
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
    assert not torch.equal(one, chips(picture, points, CHIP, STILL))


def test_codes_are_what_differs_from_the_mean() -> None:
    centre = torch.tensor([10.0, 0.0])
    vectors = torch.tensor([[10.0, 3.0], [10.0, -2.0]])
    assert unit(vectors, centre).tolist() == [[0.0, 1.0], [0.0, -1.0]]
    assert apart(vectors, torch.tensor([[0.0, 1.0], [0.0, 1.0]]), centre).tolist() == [0.0, 2.0]


def test_a_network_that_trains_others_passes_gradients() -> None:
    assert network("dlib").differentiable
