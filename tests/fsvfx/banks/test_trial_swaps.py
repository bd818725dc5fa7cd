"""Trial swaps: what is measured is the delivered face."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest
import toy_banks

from fsvfx.banks.bank import Bank
from fsvfx.banks.looks import vectors_by
from fsvfx.banks.trial import Trial
from fsvfx.colour import DEFAULT_CONFIG, PlateColour
from fsvfx.context import Context
from fsvfx.engines.contract import Engine, EngineSettings, FaceBatch, Identity, SwapBatch
from fsvfx.faces.geometry import crop_matrix, move_points
from fsvfx.faces.topology import CANONICAL

SIDE = 128
UPRIGHT = (CANONICAL * [1, -1, -1]).astype(np.float32)
MESH = move_points(crop_matrix(UPRIGHT, SIDE), UPRIGHT)
COLOUR = PlateColour("sRGB", DEFAULT_CONFIG, 0.0)
NOISE = np.random.default_rng(0).random((2, SIDE, SIDE, 3)).astype(np.float32)
PERFORMER = np.float32(0.3) + np.float32(0.3) * NOISE


class Toy(Engine[Identity]):
    """Shows the member's picture, as far as the settings say."""

    name: ClassVar[str] = "toy"
    version: ClassVar[int] = 1

    class Settings(EngineSettings):
        share: float = 1.0

    settings: Settings

    def prepare(self, identity: Identity, size: int) -> Identity:
        return identity

    def swap(self, faces: FaceBatch, prepared: Identity) -> SwapBatch:
        made = faces.crops + np.float32(self.settings.share) * (prepared.crops - faces.crops)
        return SwapBatch(made, np.ones(faces.crops.shape[:3], np.float32))


def trial(*shares: float, **more: Any) -> Trial:
    """A frame for each share."""
    batches = [FaceBatch(PERFORMER[row : row + 1], MESH[None], (1001 + row,)) for row in range(len(shares))]
    parts = tuple((Toy(Toy.Settings(share=one), Context()), each) for one, each in zip(shares, batches, strict=True))
    meshes = np.repeat(MESH[None], len(shares), 0)
    return Trial(parts, vectors_by(("dlib",), PERFORMER[: len(shares)], meshes), COLOUR, **more)


@pytest.fixture(scope="module")
def bank() -> Bank:
    """Of one member, soft and bright."""
    plain = toy_banks.bank(np.zeros((1, 12)), np.zeros((1, 128)))
    ramp = np.linspace(40, 220, SIDE, dtype=np.uint8)[:, None, None]
    crops = np.broadcast_to(ramp, (1, SIDE, SIDE, 3)).copy()
    return Bank(plain.card, crops, MESH[None], plain.sharpness, plain.look, plain.code, plain.vectors)


def test_a_swap_that_shows_the_performer_hides_nobody(bank: Bank) -> None:
    assert trial(0.0, texture=False).of(bank, 0)["dlib"] < 0.1
    assert trial(1.0, texture=False).of(bank, 0)["dlib"] > 0.3


def test_the_worst_frame_counts(bank: Bank) -> None:
    alone = trial(0.0, texture=False).of(bank, 0)["dlib"]
    assert trial(0.0, 1.0, texture=False).of(bank, 0)["dlib"] == pytest.approx(alone, abs=1e-5)


def test_a_composite_that_gives_soft_swaps_the_plates_texture_hides_less(bank: Bank) -> None:
    assert trial(1.0).of(bank, 0)["dlib"] < trial(1.0, texture=False).of(bank, 0)["dlib"]
