"""``ipgan``: IPGAN: a picture made of a code and a target's attributes; anybody, once trained on a crowd."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from fsvfx.engines.anyone.settings import IpGanSettings
from fsvfx.engines.contract import EngineSettings
from fsvfx.engines.open_set import OpenSet

if TYPE_CHECKING:
    from fsvfx.engines.anyone.open_model import OpenModel


class IpGan(OpenSet):
    """A variational encoder makes a latent of the target's attributes: pose, expression, light, background; a generator
    makes the whole picture from that and the identity's code.

    Bao, Chen, Wen, Li and Hua 2018, "Towards Open-Set Identity Preserving Face Synthesis" (arXiv 1803.11182). What
    differs: codes come from an identity network that a production may use (128 numbers, relative to many people's
    mean). It is already trained, and replaces the paper's identity encoder and classifier: no softmax over known people
    is needed, and every picture is used like the paper's unlabeled ones. Two photographs of one person count in full,
    not only a photograph with itself. The attribute encoder also learns from the feature losses. Adversaries use the
    hinge loss, and look at patches. Sizes and weights, except ``strangers``, are this project's.
    """

    name: ClassVar[str] = "ipgan"
    version: ClassVar[int] = 1
    summary: ClassVar[str] = "anybody for anybody: made from an identity's code and the target's attributes; trained"
    source: ClassVar[str] = "IPGAN (Bao et al. 2018)"
    Architecture: ClassVar[type[EngineSettings]] = IpGanSettings

    @classmethod
    def model_of(cls, architecture: EngineSettings, people: tuple[str, ...]) -> OpenModel:
        from fsvfx.engines.anyone.ipgan_model import IpGanModel  # here: reading settings need not wait for torch

        assert isinstance(architecture, IpGanSettings)
        return IpGanModel(architecture, people)
