"""A swap restored by a user's own network: GFPGAN, CodeFormer, GPEN and similar."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fsvfx.comp.finish.pictures import held
from fsvfx.networks.pictures import cut_faces, laid_back, reach, scaled
from fsvfx.networks.running import FaceNetwork
from schemas.network import UpscalerCard

F32 = NDArray[np.float32]

_FADE = 0.03
"""Share of the crop, at each border, over which the swap fades into the plate around it."""


def restore(
    crop: F32, landmarks: NDArray[np.floating], amount: float, network: FaceNetwork, around: F32 | None = None
) -> F32:
    """Mix ``amount`` percent of the restored ``crop`` (S, S, 3), display light, into it.

    landmarks: (468, 2) px of the crop. around: (W, W, 3), the plate's crop with a margin on every side, into which the
    swap is pasted: restorers look beyond the face, and without it would see a mirror image there. Outside the network's
    picture the crop is unchanged. Within the crop's own range.
    """
    if amount == 0:
        return crop
    card, size = network.card, crop.shape[0]
    assert not isinstance(card, UpscalerCard)
    wide = None if around is None else _laid_into(around, crop)[None]
    cut = cut_faces(crop[None].clip(0, 1), landmarks[None], card.target.cut, card.target.size, wide)
    [made] = network.run(cut.pictures).pictures
    [matrix] = scaled(cut.matrices, made.shape[0] / card.target.size)
    share = reach(matrix, made.shape[0], size)[..., None] * np.float32(amount / 100)
    return held(crop + share * (laid_back(made, matrix, size) - crop), crop)


def _laid_into(around: F32, crop: F32) -> F32:
    """The crop in the center of its surroundings."""
    size = crop.shape[0]
    margin = (around.shape[0] - size) // 2
    ramp = np.clip((np.minimum(np.arange(size), np.arange(size)[::-1]) + 0.5) / (_FADE * size), 0, 1)
    share = np.minimum.outer(ramp, ramp).astype(np.float32)[..., None]
    laid = around.copy()
    middle = laid[margin : margin + size, margin : margin + size]
    middle += share * (crop - middle)
    return np.clip(laid, 0, 1)
