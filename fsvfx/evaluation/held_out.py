"""A faceset's held-out faces, as engines take them."""

from __future__ import annotations

import numpy as np
import torch

from fsvfx.engines.contract import FaceBatch
from fsvfx.facesets.faceset import Faceset

_RUN = 8
"""Faces in a row, for figures over time."""


def held_out_faces(faceset: Faceset, most: int = 64) -> FaceBatch:
    """Up to ``most`` faces that no training saw, in runs spread evenly over the faceset; of all its footage.

    Frames are the production's numbers; where footage follows footage they may begin anew.
    """
    rows = np.flatnonzero(faceset.held_out)
    if len(rows) > most:
        runs = max(1, most // _RUN)
        starts = np.linspace(0, len(rows) - min(_RUN, most), runs).round().astype(int)
        rows = rows[np.unique((starts[:, None] + np.arange(min(_RUN, most))).ravel())]
    crops = [np.asarray(faceset.crops[int(row)], np.float32) for row in rows]
    pictures = np.array(crops, np.float32).reshape(-1, faceset.size, faceset.size, 3)
    return FaceBatch(
        torch.from_numpy(pictures).permute(0, 3, 1, 2).contiguous(),
        torch.from_numpy(np.asarray(faceset.landmarks[rows], np.float32)),
        tuple(faceset.frame[rows].tolist()),
    )
