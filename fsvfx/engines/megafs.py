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
    """An encoder inverts a face into a style generator: a structure map and a code for each layer. A swap has the
    target's structure and low codes, bit for bit; upper ones are transferred from the source's by a module that is
    trained last, with the rest frozen. Without it they are the source's.

    Zhu, Li, Wang, Xu and Sun 2021, "One Shot Face Swapping on Megapixels" (arXiv 2105.04932), rebuilt from its abstract
    and second-hand notes. What differs: the generator is not a pretrained one (StyleGAN2 on photographs of people), but
    this project's own, trained together with the encoder by rebuilding pictures: one core has no time to train one
    after the other. So it has no mapping of random numbers, which only makes up people, and no noise, which flickers.
    The structure map may have few channels, so that it can't hold the face itself. Codes of two faces are already mixed
    in the first stage, with a ground truth if there is one. In a transfer, codes begin near the source's. The models'
    docstrings say what replaces the losses of networks that are not available (LPIPS, landmarks). Weights are this
    project's, except the transfer's, which are recalled from the paper. The source's codes are the mean over all of a
    person's pictures.
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
