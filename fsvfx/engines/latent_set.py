"""Open-set engines that encode the identity from the reference pictures themselves, as latents of the faces in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fsvfx.engines.contract import Identity
from fsvfx.engines.open_set import OpenSet, Source, worth_of
from fsvfx.faces.resizing import resized

if TYPE_CHECKING:
    from fsvfx.engines.anyone.latent_model import LatentModel


@dataclass(frozen=True, kw_only=True)
class LatentSource(Source):
    """latent: (latent,) float32, the mean over the pictures, weighted by how much each says about the identity."""

    latent: NDArray[np.float32]


class LatentSet(OpenSet):
    """Its model is a ``LatentModel``."""

    @property
    def networks(self) -> LatentModel:
        """The package's."""
        from fsvfx.engines.anyone.latent_model import LatentModel

        assert isinstance(self.model, LatentModel)
        return self.model

    def prepare(self, identity: Identity, size: int) -> LatentSource:
        """Adds the latent of the pictures."""
        import torch

        source = super().prepare(identity, size)
        crops = torch.from_numpy(identity.crops).to(self.device).permute(0, 3, 1, 2)
        with torch.inference_mode():
            pictures = resized(crops, self.networks.resolution)
            masks = self.masks(identity.landmarks, identity.crops.shape[1])
            latents = self.networks.latents(pictures, masks).cpu().numpy()
        mean = np.average(latents, axis=0, weights=worth_of(identity)).astype(np.float32)
        return LatentSource(source.mean, identity, source.showing, latent=mean)
