"""What is read off pictures of a face: its mesh, what the mesh says, and whom it looks like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fsvfx.evaluation.motion import measures, meshes
from fsvfx.faces.embedding import SIZE, embeddings

F32 = NDArray[np.float32]


@dataclass(frozen=True)
class Seen:
    """meshes (n, 468, 3) px, measures by name (n,), embeddings (n, 128); NaN where no face was found."""

    meshes: F32
    measures: Mapping[str, NDArray[np.float64]]
    embeddings: F32

    @property
    def lost(self) -> int:
        return int(np.isnan(self.meshes[:, 0, 0]).sum())

    @classmethod
    def of(cls, pictures: NDArray[np.uint8], landmarks: F32) -> Seen:
        """Look for faces in pictures (n, S, S, 3), near known landmarks (n, 468, 3). Raises ModelError."""
        found = meshes(pictures, landmarks)
        taken = np.full((len(pictures), SIZE), np.nan, np.float32)
        for place in np.flatnonzero(np.isfinite(found[:, 0, 0])):
            taken[place] = embeddings(pictures[place], found[place : place + 1])[0]
        return cls(found, measures(found), taken)
