"""``rsgan``: RSGAN: one picture of two latents, a face's and its surroundings'; anybody, once trained on a crowd."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from fsvfx.engines.anyone.settings import RsGanSettings
from fsvfx.engines.contract import EngineSettings, FaceBatch
from fsvfx.engines.latent_set import LatentSet, LatentSource
from fsvfx.engines.open_set import Source

if TYPE_CHECKING:
    import torch

    from fsvfx.engines.anyone.rsgan_model import RsGanModel
    from fsvfx.engines.trainable import Prediction


class RsGan(LatentSet):
    """Two variational autoencoders split pictures into the face and what is around it; a composer makes a picture from
    both latents. A swap is composed of the source's face and the target's surroundings.

    Natsume, Yatagawa and Morishima 2018, "RSGAN: Face Swapping and Editing using Face and Hair Representation in Latent
    Spaces" (arXiv 1804.03447), rebuilt from its abstract and second-hand notes. What differs, or is this project's own:
    sizes and weights; the face is the mesh's hull with its forehead, and "hair" is everything around it, including the
    background, as there are no hair labels in training; attributes, by which the paper edits faces, and their
    classifier are left out; adversaries use the hinge loss; an identity loss may be added late, with a small weight.

    As published, the face's latent includes the source's pose and expression, here their mean over all pictures. With
    ``prior`` it is computed from the source's face on the target's mesh, and includes the performer's.
    """

    name: ClassVar[str] = "rsgan"
    version: ClassVar[int] = 1
    summary: ClassVar[str] = "anybody for anybody: one picture of two latents, a face's and its surroundings'; trained"
    source: ClassVar[str] = "RSGAN (Natsume et al. 2018)"
    Architecture: ClassVar[type[EngineSettings]] = RsGanSettings

    @classmethod
    def model_of(cls, architecture: EngineSettings, people: tuple[str, ...]) -> RsGanModel:
        from fsvfx.engines.anyone.rsgan_model import RsGanModel  # here: reading settings need not wait for torch

        assert isinstance(architecture, RsGanSettings)
        return RsGanModel(architecture, people)

    def predict(self, pictures: torch.Tensor, faces: FaceBatch, prepared: Source) -> Prediction:
        import torch

        from fsvfx.engines.anyone.latent_model import around

        assert isinstance(prepared, LatentSource)
        wanted = pictures[faces.wanted]
        masks = self.masks(faces.landmarks[faces.wanted], faces.crops.shape[1])
        prior = self.shown(wanted, faces, prepared)
        if prior is None:
            latents = torch.from_numpy(prepared.latent)[None].to(wanted).expand(len(wanted), -1)
        else:
            latents = self.networks.latents(prior, masks)
        return self.networks.swap(around(wanted, masks), latents)
