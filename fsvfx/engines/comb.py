"""``comb``: Disney's multi-way comb: one encoder, a decoder for each of many people."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from fsvfx.engines.autoencoder.settings import CombSettings
from fsvfx.engines.closed_set import ClosedSet
from fsvfx.engines.contract import EngineSettings

if TYPE_CHECKING:
    from fsvfx.engines.trainable import ClosedModel


class Comb(ClosedSet):
    """One shared encoder, and a decoder ("tooth") for each person, grown level by level up to a megapixel.

    swap = the identity's decoder of the performer's code; any of the people may be the identity. Structure, growth with
    fade-in and masked SSIM after Naruniec et al. 2020, High-Resolution Neural Face Swapping for Visual Effects.
    """

    name: ClassVar[str] = "comb"
    version: ClassVar[int] = 2
    summary: ClassVar[str] = "one encoder, a decoder for each of many people, grown up to 1024 px; trained"
    source: ClassVar[str] = "Naruniec et al. 2020 (Disney Research)"
    Architecture: ClassVar[type[EngineSettings]] = CombSettings
    most_people: ClassVar[int] = 32

    @classmethod
    def model_of(cls, architecture: EngineSettings, people: tuple[str, ...]) -> ClosedModel:
        from fsvfx.engines.autoencoder.comb_model import CombModel  # here: reading settings need not wait for torch

        assert isinstance(architecture, CombSettings)
        return CombModel(architecture, people)
