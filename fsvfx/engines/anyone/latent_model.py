"""Base of models whose codes are latents of faces in pictures, not vectors of the identity network."""

from __future__ import annotations

from abc import abstractmethod

from torch import Tensor

from fsvfx.engines.anyone.open_model import OpenModel
from fsvfx.engines.anyone.settings import OpenSettings
from fsvfx.engines.samples import Looks


class LatentModel(OpenModel):
    """The identity network is used only in training, if at all."""

    def __init__(self, settings: OpenSettings, people: tuple[str, ...], latent: int) -> None:
        """latent: length of a code."""
        super().__init__(settings, people)
        self._latent = latent

    @property
    def code_length(self) -> int:
        return self._latent

    @abstractmethod
    def latents(self, pictures: Tensor, masks: Tensor) -> Tensor:
        """(b, latent), for faces in pictures (b, 3, R, R), within their masks (b, 1, R, R)."""

    def codes_of(self, looks: Looks) -> Tensor:
        return self.latents(looks.crop, looks.mask)


def face_in(pictures: Tensor, masks: Tensor) -> Tensor:
    """(b, 3, R, R): only the faces, in [-1, 1], gray around them."""
    return (pictures * 2 - 1) * masks


def around(pictures: Tensor, masks: Tensor) -> Tensor:
    """(b, 3, R, R): everything but the faces, in [-1, 1], gray inside."""
    return (pictures * 2 - 1) * (1 - masks)
