"""``faceshifter``: FaceShifter: attributes and identity laid over each other, pixel by pixel; trained on a crowd."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from fsvfx.engines.anyone.settings import FaceShifterSettings
from fsvfx.engines.contract import EngineSettings
from fsvfx.engines.open_set import OpenSet

if TYPE_CHECKING:
    from fsvfx.engines.anyone.open_model import OpenModel


class FaceShifter(OpenSet):
    """The target's attributes from a U-Net; a generator that decides by learned masks where they, and where the
    identity's code, set the look.

    Li et al. 2019 (arXiv 1912.13457), the first stage, AEI-Net. What differs: codes come from an identity network that
    a production may use (128 numbers, taken about many people's mean) in place of ArcFace.
    """

    name: ClassVar[str] = "faceshifter"
    version: ClassVar[int] = 1
    summary: ClassVar[str] = "anybody for anybody: identity and attributes joined by learned masks; trained"
    source: ClassVar[str] = "FaceShifter (Li et al. 2019)"
    Architecture: ClassVar[type[EngineSettings]] = FaceShifterSettings

    @classmethod
    def model_of(cls, architecture: EngineSettings, people: tuple[str, ...]) -> OpenModel:
        from fsvfx.engines.anyone.aei_model import AeiModel  # here: reading settings need not wait for torch

        assert isinstance(architecture, FaceShifterSettings)
        return AeiModel(architecture, people)
