"""``simswap``: SimSwap: the identity injected into an encoder's features; anybody, once trained on a crowd."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from fsvfx.engines.anyone.settings import SimSwapSettings
from fsvfx.engines.contract import EngineSettings
from fsvfx.engines.open_set import OpenSet

if TYPE_CHECKING:
    from fsvfx.engines.anyone.open_model import OpenModel


class SimSwap(OpenSet):
    """One encoder and decoder for everybody; between them nine blocks whose normalizations are set by the identity's
    code.

    Chen et al. 2020 (arXiv 2106.06340). What differs: codes come from an identity network that a production may use
    (128 numbers, relative to many people's mean) instead of ArcFace; the adversaries' features are normalized per
    picture, as batch norm and a gradient penalty don't go together.
    """

    name: ClassVar[str] = "simswap"
    version: ClassVar[int] = 2
    summary: ClassVar[str] = "anybody for anybody: the identity's code injected between encoder and decoder; trained"
    source: ClassVar[str] = "SimSwap (Chen et al. 2020)"
    Architecture: ClassVar[type[EngineSettings]] = SimSwapSettings

    @classmethod
    def model_of(cls, architecture: EngineSettings, people: tuple[str, ...]) -> OpenModel:
        from fsvfx.engines.anyone.simswap_model import SimSwapModel  # here: reading settings need not wait for torch

        assert isinstance(architecture, SimSwapSettings)
        return SimSwapModel(architecture, people)
