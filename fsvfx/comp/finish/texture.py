"""The plate's own texture for the swap: pores and grain that its references did not have.

Where a swap is smoother than the skin that it replaces, enough of the plate's finest bands is added to make both
equally strong. They come from the plate, not from a generator: so they move, focus and flicker as the plate does. Plate
features stronger than skin and grain (brows, lashes, lips, wrinkles) belong to the performer's face and are left out.
"""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.colour import from_half
from fsvfx.comp.finish.pictures import gaussian, grey_of
from fsvfx.comp.highlights import scaled

F32 = NDArray[np.float32]

_SIGMAS = (1.0, 2.0)
"""In px: blurs that separate the finer and the coarser band."""
_WINDOW = 0.06
"""Half the side of the window in which strengths are compared, as a share of the matte's width."""
_NARROW = 2
"""Half the side, in px, of the window that separates the plate's texture from its features."""
_FEATURE = 2.0
"""Above this many times the usual strength, it is a feature."""
_DARKEST = np.float32(0.02)
"""Texture is relative to the light, and to this much at least."""
_SWAP = 0.9
"""Where the matte is above this share of its maximum, the swap shows fully."""
_LEAST = 200
"""With fewer pixels of swap, nothing is measured."""


def plate_texture(patch: F32, plate: NDArray[np.floating], matte: NDArray[np.floating]) -> F32:
    """Give ``patch`` (h, w, 3) the fine texture of ``plate`` (h, w, 3) that it lacks.

    Both scene-linear in the plate's own pixels; patch: the swap already over the plate by ``matte`` (h, w) in [0, 1].
    Nothing is softened. Outside the matte nothing changes.
    """
    share = np.asarray(matte, np.float32)
    inside = share > _SWAP * max(float(share.max(initial=0.0)), 1e-6)
    if inside.sum() < _LEAST:
        return patch
    wide = max(3, int(_WINDOW * np.sqrt(inside.sum())))
    swap, under = (_finite(each) for each in (patch, plate))
    ours, light = _bands(grey_of(swap))
    theirs, ground = _bands(under)
    lit, ground = np.maximum(light, _DARKEST), np.maximum(grey_of(ground), _DARKEST)
    reach = np.clip(lit / ground, 0, 2)
    reach *= share
    added = np.zeros_like(swap)
    for own, band in zip(ours, theirs, strict=True):
        wanted = _lacking(np.divide(own, lit, out=own), np.divide(grey_of(band), ground), inside, wide)
        wanted *= reach
        added += scaled(band, wanted)
    added += swap
    return np.asarray(cv2.copyTo(added, (share > 0).view(np.uint8), patch.copy()), np.float32)


def _lacking(own: F32, wanted: F32, inside: NDArray[np.bool_], wide: int) -> F32:
    """(h, w): the share of the band ``wanted`` that makes ``own`` equally strong, less where it is a feature; both
    relative to the light."""
    np.square(own, out=own)
    np.square(wanted, out=wanted)
    had, has, near = _mean(own, wide), _mean(wanted, wide), _mean(wanted, _NARROW)
    few = slice(None, None, _NARROW), slice(None, None, _NARROW)  # the window's means hardly differ between them
    most = np.float32(_FEATURE**2 * np.median(near[few][inside[few]]))
    skin = np.divide(most, np.maximum(near, _NONE, out=near), out=near)
    np.square(np.minimum(skin, 1, out=skin), out=skin)
    np.maximum(np.minimum(has, most, out=has), _NONE, out=has)
    lacking = np.subtract(1, np.divide(had, has, out=had), out=had)
    np.sqrt(np.maximum(lacking, 0, out=lacking), out=lacking)
    lacking *= skin
    return lacking


def _finite(picture: NDArray[np.floating]) -> F32:
    wide = from_half(picture) if picture.dtype == np.float16 else picture.astype(np.float32, copy=False)
    return wide if np.isfinite(wide).all() else np.nan_to_num(wide, posinf=65504.0, neginf=-65504.0)


def _bands(picture: F32) -> tuple[list[F32], F32]:
    """The bands from fine to coarse, and the remainder."""
    levels = [picture, *(gaussian(picture, sigma) for sigma in _SIGMAS)]
    return [fine - coarse for fine, coarse in pairwise(levels)], levels[-1]


def _mean(energy: F32, reach: int) -> F32:
    """In the window around each pixel."""
    side = (2 * reach + 1, 2 * reach + 1)
    mean = np.asarray(cv2.blur(energy, side, borderType=cv2.BORDER_REFLECT_101), np.float32)
    return np.maximum(mean, 0, out=mean)  # running sums may fall below zero


_NONE = np.float32(1e-18)
