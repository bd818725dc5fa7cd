"""Pictures of any size through networks of one size: in overlapping tiles with a cross-fade."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fsvfx.networks.running import FaceNetwork

F32 = NDArray[np.float32]

_SHARED = 8
"""At least one in this many parts of a tile's side is shared with its neighbor."""


def enlarged(network: FaceNetwork, picture: F32, times: int) -> F32:
    """(h, w, 3) RGB in [0, 1] -> (times h, times w, 3), by a network with tiles of the card's size.

    Smaller pictures are mirrored.
    """
    side = network.card.target.size
    height, width = picture.shape[:2]
    short = [(0, max(0, side - length)) for length in (height, width)]
    padded = np.pad(picture, (*short, (0, 0)), mode="symmetric")
    corners = [(y, x) for y in _starts(padded.shape[0], side) for x in _starts(padded.shape[1], side)]
    tiles = np.stack([padded[y : y + side, x : x + side] for y, x in corners])
    made = network.run(tiles).pictures
    whole = np.zeros((padded.shape[0] * times, padded.shape[1] * times, 3), np.float32)
    shares = np.zeros((*whole.shape[:2], 1), np.float32)
    weight = _weight(side * times)
    for tile, (y, x) in zip(made, corners, strict=True):
        at = np.s_[y * times : (y + side) * times, x * times : (x + side) * times]
        whole[at] += tile * weight
        shares[at] += weight
    return np.asarray((whole / shares)[: height * times, : width * times], np.float32)


def _starts(length: int, side: int) -> list[int]:
    """The starts of tiles, evenly spread."""
    count = 1 if length == side else int(np.ceil((length - side) / (side - side // _SHARED))) + 1
    return [round(each) for each in np.linspace(0, length - side, count)]


def _weight(side: int) -> F32:
    """(side, side, 1): 1 in a tile's center, falling toward its edges, nowhere 0."""
    ramp = np.minimum(np.arange(side), np.arange(side)[::-1]) + 1
    soft = np.clip(ramp / (side / _SHARED), 0, 1)
    return np.minimum.outer(soft, soft).astype(np.float32)[..., None]
