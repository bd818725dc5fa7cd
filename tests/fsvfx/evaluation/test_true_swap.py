"""The true swap lies in the crop as the performer's face does; footage that does not fit is told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from fsvfx.actors import actor, perform
from fsvfx.colour import DEFAULT_CONFIG
from fsvfx.errors import InputError
from fsvfx.evaluation.actors import ActedFootage, Performed, acted, true_swap, true_swap_of
from fsvfx.facesets import Footage
from schemas.actors import ActedClip
from schemas.job import ShotJob
from schemas.manifest import Plate, Shot

SIZE = 96


@dataclass(frozen=True)
class Aligned:
    """As the align stage leaves it."""

    performed: Performed

    def frame(self, name: str, number: int) -> np.ndarray:
        row = self.performed.faces.frames.index(number)
        crops = self.performed.faces.crops
        return {"r0/crops": crops, "r0/matrix": self.performed.matrices}[name][row]


def clip_of(seed: int, performed: Performed) -> dict[str, ActedFootage]:
    plate = Plate(path="/ada.####.png", frames="1001-1002", color_space="sRGB")
    shot = ShotJob(
        production="actors", shot=Shot(name="ada_1", plate=plate), people={}, deliver=(), store="memory://",
        colour_config=DEFAULT_CONFIG.name, manifest="/train.yaml",
    )  # fmt: skip
    clip = ActedClip(actor="ada", frames=2, seed=seed, size=2 * SIZE)
    return {"ada_1": ActedFootage(clip, Footage("ada_1", "/ada", 1001, Aligned(performed), frozenset(), ()), shot)}


@pytest.mark.usefixtures("head")
def test_the_true_swap_of_footage_is_that_of_its_performance() -> None:
    performed = acted(actor("ada"), perform(2, seed=5), SIZE)
    sources = [("ada_1", number) for number in performed.faces.frames]
    found = true_swap_of("cem", clip_of(5, performed), sources, performed.faces.crops)
    truth = true_swap(actor("cem"), performed)
    assert found.shape == performed.faces.crops.shape
    assert np.abs(found - truth).mean() < 0.004
    assert np.abs(found - performed.faces.crops).mean() > 0.04
    with pytest.raises(InputError, match=r"match actors\.yaml: frame 1001"):
        true_swap_of("cem", clip_of(6, performed), sources, performed.faces.crops)
