"""``fsnet``: FSNet: a face's latent put into the surroundings of another; anybody, once trained on a crowd."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from fsvfx.engines.anyone.settings import FsNetSettings
from fsvfx.engines.contract import EngineSettings, FaceBatch
from fsvfx.engines.latent_set import LatentSet, LatentSource
from fsvfx.engines.open_set import Source

if TYPE_CHECKING:
    import torch

    from fsvfx.engines.anyone.fsnet_model import FsNetModel
    from fsvfx.engines.trainable import Prediction


class FsNet(LatentSet):
    """A variational autoencoder makes a latent of the source's face, with triplets to keep people together; a U-Net
    makes the picture from it, the target's surroundings and its drawn landmarks. No pixel of the target's face is seen.

    Natsume, Yatagawa and Morishima 2018, "FSNet: An Identity-Aware Generative Model for Image-based Face Swapping"
    (arXiv 1811.12666), rebuilt from its abstract and second-hand notes. What differs, or is this project's own: sizes
    and weights; the latent's decoder makes only the face; landmarks are FaceMesh's, drawn as dots, one plane per part
    of the face; adversaries look at patches of two sizes; an identity loss may be added late, with a small weight. The
    latent is the mean over all of a person's pictures.
    """

    name: ClassVar[str] = "fsnet"
    version: ClassVar[int] = 1
    summary: ClassVar[str] = "anybody for anybody: a face's latent put into the target's surroundings; trained"
    source: ClassVar[str] = "FSNet (Natsume et al. 2018)"
    Architecture: ClassVar[type[EngineSettings]] = FsNetSettings

    @classmethod
    def model_of(cls, architecture: EngineSettings, people: tuple[str, ...]) -> FsNetModel:
        from fsvfx.engines.anyone.fsnet_model import FsNetModel  # here: reading settings need not wait for torch

        assert isinstance(architecture, FsNetSettings)
        return FsNetModel(architecture, people)

    def predict(self, pictures: torch.Tensor, faces: FaceBatch, prepared: Source) -> Prediction:
        import torch

        from fsvfx.engines.anyone.fsnet_model import FsNetModel

        model, wanted = self.networks, pictures[faces.wanted]
        assert isinstance(model, FsNetModel)
        assert isinstance(prepared, LatentSource)
        meshes, size = faces.landmarks[faces.wanted], faces.crops.shape[1]
        seen = model.seen(wanted, self.masks(meshes, size), torch.from_numpy(self.scaled(meshes, size)).to(wanted))
        latent = torch.from_numpy(prepared.latent)[None].to(wanted)
        return model.swap(seen, latent.expand(len(wanted), -1))
