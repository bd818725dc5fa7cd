"""``cihn``: CIHN: context and identity, divided by a map that the network learns; anybody, once trained on a crowd."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from fsvfx.engines.anyone.settings import CihnSettings
from fsvfx.engines.contract import EngineSettings
from fsvfx.engines.open_set import OpenSet

if TYPE_CHECKING:
    from fsvfx.engines.anyone.open_model import OpenModel


class Cihn(OpenSet):
    """One stage: at every scale the decoder has a path for the context, one for the identity, and a hallucination map
    that blends them. The last map is the learned matte; nothing is pasted back.

    Liu, Xiang, Shi and Mei 2021, "One-stage Context and Identity Hallucination Network", ACM Multimedia
    (10.1145/3474085.3475257), rebuilt from its abstract: a multi-level context encoder, two cascaded AdaINs for the
    identity, a series of maps, a reconstruction loss weighted by them, so that unpaired pictures can be learned from.
    This project's own, as the rest of the paper was not available: sizes and weights; that the first AdaIN takes the
    context's statistics and the second the code's; that the map's mean costs a little; the hinge adversaries. Codes
    come from an identity network that a production may use (128 numbers, relative to many people's mean).
    """

    name: ClassVar[str] = "cihn"
    version: ClassVar[int] = 1
    summary: ClassVar[str] = "anybody for anybody: context and identity divided by a learned map; trained"
    source: ClassVar[str] = "One-stage Context and Identity Hallucination Network (Liu et al. 2021)"
    Architecture: ClassVar[type[EngineSettings]] = CihnSettings

    @classmethod
    def model_of(cls, architecture: EngineSettings, people: tuple[str, ...]) -> OpenModel:
        from fsvfx.engines.anyone.cihn_model import CihnModel  # here: reading settings need not wait for torch

        assert isinstance(architecture, CihnSettings)
        return CihnModel(architecture, people)
