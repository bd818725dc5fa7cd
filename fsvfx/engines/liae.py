"""``liae``: DeepFaceLab's LIAE: one decoder, and two bottlenecks that separate people from what they share."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from fsvfx.engines.autoencoder.settings import LiaeSettings
from fsvfx.engines.closed_set import ClosedSet
from fsvfx.engines.contract import EngineSettings

if TYPE_CHECKING:
    from fsvfx.engines.trainable import ClosedModel


class Liae(ClosedSet):
    """One encoder, the inters AB and B, one decoder with a learned mask.

    swap = the decoder of AB twice, of the performer's code: takes light and shape differences well. Structure, variants
    (-u -d -t -c) and losses as published: Perov et al. 2020, DeepFaceLab, sections 3.1-3.2, and its SAEHD model.
    """

    name: ClassVar[str] = "liae"
    version: ClassVar[int] = 2
    summary: ClassVar[str] = (
        "one encoder, two bottlenecks, one decoder, learned masks; takes the plate's light well; trained"
    )
    source: ClassVar[str] = "DeepFaceLab SAEHD, LIAE (Perov et al. 2020)"
    Architecture: ClassVar[type[EngineSettings]] = LiaeSettings

    @classmethod
    def model_of(cls, architecture: EngineSettings, people: tuple[str, ...]) -> ClosedModel:
        from fsvfx.engines.autoencoder.liae_model import LiaeModel  # here: reading settings need not wait for torch

        assert isinstance(architecture, LiaeSettings)
        return LiaeModel(architecture, people)
