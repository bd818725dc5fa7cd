"""What the contract gives every identity network."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch

from fsvfx.identity.contract import Chip, IdentityNetwork


class Means(IdentityNetwork):
    """A face is its mean color."""

    dimensions = 3
    chip = Chip(8, (), ())
    differentiable: ClassVar[bool] = True

    def __init__(self) -> None:
        self.asked: list[int] = []

    def embed(self, chips: torch.Tensor) -> torch.Tensor:
        self.asked.append(len(chips))
        return chips.mean((2, 3))


def test_any_number_of_faces_goes_through_a_few_at_a_time() -> None:
    network, chips = Means(), np.random.default_rng(0).integers(0, 256, (50, 8, 8, 3), np.uint8)
    np.testing.assert_allclose(network.vectors(chips), chips.mean((1, 2)) / 255, rtol=1e-5)
    assert max(network.asked) <= 16
    assert network.vectors(chips[:0]).shape == (0, 3)
