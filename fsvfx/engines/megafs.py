"""``megafs``: MegaFS: a face found in a style generator, and its upper codes exchanged; trained on a crowd."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from fsvfx.engines.anyone.settings import MegaFsSettings
from fsvfx.engines.contract import EngineSettings, FaceBatch
from fsvfx.engines.latent_set import LatentSet, LatentSource
from fsvfx.engines.open_set import Source

if TYPE_CHECKING:
    import torch

    from fsvfx.engines.anyone.megafs_model import MegaFsModel
    from fsvfx.engines.trainable import Prediction


class MegaFs(LatentSet):
    """An encoder finds a face in a style generator, as a map of its structure and a code for each layer. A swap has the
    target's structure and low codes, bit by bit; upper ones are transferred from the source's by a module that is
    trained when the rest is finished, and rests. Without it they are the source's.

    Zhu, Li, Wang, Xu and Sun 2021, "One Shot Face Swapping on Megapixels" (arXiv 2105.04932), rebuilt from its abstract
    and second-hand notes. What differs: the generator is none that somebody has trained (StyleGAN2 on photographs of
    people), but this project's own, and it learns beside the encoder, by rebuilding: one core has no time for both, one
    after the other. So it has no mapping of random numbers, which only makes up people; and no noise, which flickers.
    The map of structure may have few channels, lest it hold the face itself. Codes of two faces are mixed in the first
    stage already, with a truth where there is one. In a transfer, codes begin near the source's. What stands in for the
    losses of networks that are not at hand (LPIPS, landmarks) the models say. Weights are this project's, but for the
    transfer's, which are recalled of the paper. The source's codes are the mean over all of a person's pictures.
    """

    name: ClassVar[str] = "megafs"
    version: ClassVar[int] = 1
    summary: ClassVar[str] = "anybody for anybody: faces found in a style generator, upper codes exchanged; trained"
    source: ClassVar[str] = "One Shot Face Swapping on Megapixels (Zhu et al. 2021)"
    Architecture: ClassVar[type[EngineSettings]] = MegaFsSettings

    @classmethod
    def model_of(cls, architecture: EngineSettings, people: tuple[str, ...]) -> MegaFsModel:
        from fsvfx.engines.anyone.megafs_model import MegaFsModel  # here: reading settings need not wait for torch
        from fsvfx.engines.anyone.transfer_model import TransferModel

        assert isinstance(architecture, MegaFsSettings)
        return TransferModel(architecture, people) if architecture.transfer else MegaFsModel(architecture, people)

    @classmethod
    def is_second_stage(cls, architecture: EngineSettings) -> bool:
        assert isinstance(architecture, MegaFsSettings)
        return architecture.transfer is not None

    def predict(self, pictures: torch.Tensor, faces: FaceBatch, prepared: Source) -> Prediction:
        import torch

        assert isinstance(prepared, LatentSource)
        wanted = pictures[faces.wanted]
        latent = torch.from_numpy(prepared.latent)[None].to(wanted)
        return self.networks.swap(wanted, latent.expand(len(wanted), -1))
