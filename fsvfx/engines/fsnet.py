"""``fsnet``: FSNet: a face's latent put into the surroundings of another; anybody, once trained on a crowd."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from fsvfx.comp.matte import hull
from fsvfx.engines.anyone.settings import FsNetSettings
from fsvfx.engines.contract import EngineSettings, FaceBatch, Identity
from fsvfx.engines.open_set import OpenSet, Source, worth_of
from fsvfx.faces.resizing import resized

if TYPE_CHECKING:
    import torch

    from fsvfx.engines.anyone.fsnet_model import FsNetModel
    from fsvfx.engines.trainable import Prediction


@dataclass(frozen=True, kw_only=True)
class LatentSource(Source):
    """latent: (latent,) float32, the mean over the pictures, by how much each says of who it is."""

    latent: NDArray[np.float32]


class FsNet(OpenSet):
    """A variational autoencoder makes a latent of the source's face, kept together by triplets; a U-Net makes the
    picture of it, of the target's surroundings and of its drawn landmarks. No pixel of the target's face is seen.

    Natsume, Yatagawa and Morishima 2018, "FSNet: An Identity-Aware Generative Model for Image-based Face Swapping"
    (arXiv 1811.12666), rebuilt from its abstract and second-hand notes. What differs, or is this project's own: sizes
    and weights; the latent's decoder makes the face alone; landmarks are FaceMesh's, drawn as dots, a plane for each
    part of the face; adversaries look at patches of two sizes; an identity network may judge, late and little. The
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

    @property
    def _networks(self) -> FsNetModel:
        from fsvfx.engines.anyone.fsnet_model import FsNetModel

        assert isinstance(self.model, FsNetModel)
        return self.model

    def prepare(self, identity: Identity, size: int) -> LatentSource:
        """With the latent of the pictures."""
        import torch

        source = super().prepare(identity, size)
        model = self._networks
        crops = torch.from_numpy(identity.crops).to(self.device).permute(0, 3, 1, 2)
        with torch.inference_mode():
            masks = self._masks(identity.landmarks, identity.crops.shape[1])
            latents = model.latents(resized(crops, model.resolution), masks).cpu().numpy()
        mean = np.average(latents, axis=0, weights=worth_of(identity)).astype(np.float32)
        return LatentSource(source.mean, identity, latent=mean)

    def predict(self, pictures: torch.Tensor, faces: FaceBatch, prepared: Source) -> Prediction:
        import torch

        assert isinstance(prepared, LatentSource)
        model, wanted = self._networks, pictures[faces.wanted]
        meshes, size = faces.landmarks[faces.wanted], faces.crops.shape[1]
        seen = model.seen(wanted, self._masks(meshes, size), torch.from_numpy(self._scaled(meshes, size)).to(wanted))
        latent = torch.from_numpy(prepared.latent)[None].to(wanted)
        return model.swap(seen, latent.expand(len(wanted), -1))

    def _masks(self, meshes: NDArray[np.float32], size: int) -> torch.Tensor:
        """(n, 1, R, R): faces with their foreheads, of meshes (n, 468, 3) in crops of ``size`` px."""
        import torch

        hulls = [hull(mesh, self.model.resolution) for mesh in self._scaled(meshes, size)]
        return torch.from_numpy(np.stack(hulls))[:, None].to(self.device)

    def _scaled(self, meshes: NDArray[np.float32], size: int) -> NDArray[np.float32]:
        from fsvfx.engines.mesh.references import scaled

        return scaled(meshes, self.model.resolution / size)
