"""``original``: the first deepfakes autoencoder, at 64 px."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from fsvfx.engines.autoencoder.settings import OriginalSettings
from fsvfx.engines.closed_set import ClosedSet
from fsvfx.engines.contract import EngineSettings

if TYPE_CHECKING:
    from fsvfx.engines.trainable import ClosedModel


class Original(ClosedSet):
    """One shared encoder, a decoder for each of two people; both learn to undo a random warp of their own person.

    swap = the identity's decoder of the performer's code. Structure and losses as published by deepfakes/faceswap
    (2017-18), plugin ``original``: DSSIM and squared difference under the mask, eyes and mouth weighed up.
    """

    name: ClassVar[str] = "original"
    version: ClassVar[int] = 2
    summary: ClassVar[str] = "one encoder, a decoder for each of two people, 64 px; trained"
    source: ClassVar[str] = "deepfakes/faceswap, model 'original' (2017)"
    Architecture: ClassVar[type[EngineSettings]] = OriginalSettings

    @classmethod
    def model_of(cls, architecture: EngineSettings, people: tuple[str, ...]) -> ClosedModel:
        from fsvfx.engines.autoencoder.original_model import (
            OriginalModel,
        )  # here: reading settings need not wait for torch

        assert isinstance(architecture, OriginalSettings)
        return OriginalModel(architecture, people)
