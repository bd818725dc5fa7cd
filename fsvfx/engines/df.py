"""``df``: DeepFaceLab's DF: both people through one encoder and one bottleneck."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from fsvfx.engines.autoencoder.settings import DfSettings
from fsvfx.engines.closed_set import ClosedSet
from fsvfx.engines.contract import EngineSettings

if TYPE_CHECKING:
    from fsvfx.engines.trainable import ClosedModel


class Df(ClosedSet):
    """One encoder, one inter, a decoder with a learned mask for each of two people.

    swap = the identity's decoder of the performer's code: keeps the identity's features well. Structure, variants
    (-u -d -t -c) and losses as published: Perov et al. 2020, DeepFaceLab, sections 3.1-3.2, and its SAEHD model.
    """

    name: ClassVar[str] = "df"
    version: ClassVar[int] = 2
    summary: ClassVar[str] = (
        "one encoder and bottleneck, two decoders, learned masks; keeps the identity's features; trained"
    )
    source: ClassVar[str] = "DeepFaceLab SAEHD, DF (Perov et al. 2020)"
    Architecture: ClassVar[type[EngineSettings]] = DfSettings

    @classmethod
    def model_of(cls, architecture: EngineSettings, people: tuple[str, ...]) -> ClosedModel:
        from fsvfx.engines.autoencoder.df_model import DfModel  # here: reading settings need not wait for torch

        assert isinstance(architecture, DfSettings)
        return DfModel(architecture, people)
