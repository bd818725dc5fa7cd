"""faceres: a second opinion on identity, from a network of a different kind than those used in training."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from fsvfx import models
from fsvfx.identity import tfjs_file
from fsvfx.identity.contract import Chip, IdentityNetwork, Square, mean_of

if TYPE_CHECKING:
    import torch

    from fsvfx.identity.tfjs_torch import TorchGraph

_CARD, _GRAPH = "faceres", "faceres_graph"
_POOLED = "global_pooling/Mean"
_SIZE = 224


class Faceres(IdentityNetwork):
    """A MobileNet that was trained to separate VGGFace2's people; its output after the global mean.

    The mean of many people is subtracted, then vectors are normalized: a distance d is a cosine of 1 - d ** 2 / 2. The
    wide cut includes hair and jaw, which a swap does not change: judge by both cuts, relative to an unchanged frame.
    """

    name: str = "faceres"
    summary: str = "MobileNet of HSE-FaceRec, 1024 numbers, sees hair and jaw; MIT; for judging"
    source: str = "github.com/HSE-asavchenko/HSE_FaceRec_tf, in npm's @vladmandic/human"
    weights: tuple[str, ...] = (_CARD, _GRAPH)
    chip: Chip | Square = Square(_SIZE, 1.1)
    dimensions: int = 1024
    same_person: float = 0.95
    differentiable: ClassVar[bool] = True

    def embed(self, chips: torch.Tensor) -> torch.Tensor:
        """See the contract; (n, 1024) of length 1."""
        import torch

        return torch.nn.functional.normalize(self.pooled(chips) - torch.from_numpy(self._mean).to(chips.device))

    def pooled(self, chips: torch.Tensor) -> torch.Tensor:
        """The network's raw output, (n, 1024)."""
        found: torch.Tensor = _module().to(chips.device)(chips.permute(0, 2, 3, 1) * 255)
        return found

    @cached_property
    def _mean(self) -> NDArray[np.float32]:
        return mean_of(self.name)


class FaceresTight(Faceres):
    """The same network on the face alone."""

    name: str = "faceres_tight"
    summary: str = "the same network, sees only the face"
    chip: Chip | Square = Square(_SIZE, 0.8)


@lru_cache(maxsize=1)
def _module() -> TorchGraph:
    from fsvfx.identity.tfjs_torch import TorchGraph

    return TorchGraph(tfjs_file.read(models.path(_GRAPH), models.path(_CARD)), _POOLED)
