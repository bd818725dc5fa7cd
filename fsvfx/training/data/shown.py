"""Pictures of sources' faces on targets' meshes, for models with such an input: made for each pair."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fsvfx.engines.priors import LinearPrior, Showing, laid_over, photographed
from fsvfx.engines.samples import Looks
from fsvfx.engines.supervision import Prior
from fsvfx.facesets.crowd import Crowd
from fsvfx.training.data.faces import Faces


class Shown:
    """Makes them from a crowd's faces.

    A linear prior's estimates come from one that was fitted without the source.
    """

    def __init__(self, crowd: Crowd, kind: Prior) -> None:
        """Raises InputError if there are too few faces to fit a linear prior."""
        self._faces = Faces(crowd)
        self._priors = self._faces.priors() if kind == "linear" else None

    @property
    def prior(self) -> LinearPrior | None:
        """Fitted to all people that training sees."""
        return self._priors.prior if self._priors else None

    def over(self, target: Looks, sources: NDArray[np.int64]) -> Tensor:
        """(b, 3, R, R): the targets with the faces of these rows."""
        crops = np.ascontiguousarray(target.crop.permute(0, 2, 3, 1).cpu().numpy())
        laid = laid_over(crops, target.landmarks.cpu().numpy(), self._showing(sources, crops.shape[1]))
        return torch.from_numpy(laid).to(target.crop).permute(0, 3, 1, 2).contiguous()

    def _showing(self, rows: NDArray[np.int64], size: int) -> Iterator[Showing]:
        for face in map(self._faces.of, rows.tolist()):
            yield self._priors.of(face) if self._priors else photographed(face, size)
