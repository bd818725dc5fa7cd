"""The blend of swap and plate, some frames at a time; scene-linear."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fsvfx.comp.choices import PYRAMIDS, SEAMLESS
from schemas.composite import CompositeSettings

F32 = NDArray[np.float32]
Half = NDArray[np.float16]

MOST = 65504.0
"""Half float's reach."""
_KNEE = 1.0
"""Light above this, diffuse white, counts as a highlight."""


def blend(
    plate: NDArray[np.floating],
    swap: F32,
    matte: NDArray[np.floating],
    settings: CompositeSettings,
    *,
    trusted: NDArray[np.bool_] | None = None,
    octaves: int = 0,
    device: str = "cpu",
) -> F32:
    """Lay ``swap`` (n, h, w, 3) over ``plate`` (same shape) under ``matte`` (n, h, w) in [0, 1]; all scene-linear.

    The swap first gets the plate's light as ``settings.mode`` says: from the matte's rim (seamless; steadied against
    highlights and hair there: ``fsvfx.comp.poisson``), by bands (``fsvfx.comp.multi_band``; ``octaves`` more than
    for a face 256 px high), or not at all. ``trusted`` (n, h, w): where the plate on the rim is the face's own, and not
    something in front of it; None: everywhere. Gives (n, h, w, 3) float32, finite.
    """
    under = np.nan_to_num(plate.astype(np.float32), posinf=MOST, neginf=-MOST)
    over = np.nan_to_num(swap, posinf=MOST, neginf=-MOST)
    share = matte.astype(np.float32)
    if settings.mode in SEAMLESS:
        over = _seamless(over, under, share, settings, trusted, device)
    elif settings.mode in PYRAMIDS:
        over = _banded(over, under, share, settings, octaves)
    if settings.keep_highlights and settings.mode != "raw":
        over = keep_highlights(over, under)
    over -= under
    over *= share[..., None]
    over += under
    return over


def sealed(patch: F32, plate: NDArray[np.floating], matte: NDArray[np.floating]) -> Half:
    """``patch`` (..., 3) as half, with the bits of ``plate`` where ``matte`` (...) is zero."""
    half = np.clip(patch, -MOST, MOST).astype(np.float16)
    return np.where(matte[..., None] > 0, half, plate.astype(np.float16))


def keep_highlights(swap: F32, plate: F32) -> F32:
    """Where the plate is brighter than diffuse white and the swap less bright, lift the swap to the plate's luminance.

    A ratio per pixel, faded in over one stop above the knee: highlights that engines can't know survive. Leaves a swap
    alone that has them already, and plates without any.
    """
    light = plate.mean(axis=-1)
    if light.max(initial=0.0) <= _KNEE:
        return swap
    weight = np.clip(light / _KNEE - 1.0, 0.0, 1.0)
    ratio = np.maximum(light / np.maximum(swap.mean(axis=-1), 1e-2), 1.0)
    return np.asarray(swap * (1.0 + weight * (ratio - 1.0))[..., None], np.float32)


def _banded(swap: F32, plate: F32, matte: F32, settings: CompositeSettings, octaves: int) -> F32:
    from fsvfx.comp.multi_band import multi_band

    count = max(2, settings.bands + octaves)
    contrast = settings.mode == "contrast-preserving"
    return np.stack([multi_band(*each, count, contrast=contrast) for each in zip(swap, plate, matte, strict=True)])


def _seamless(
    swap: F32, plate: F32, matte: F32, settings: CompositeSettings, trusted: NDArray[np.bool_] | None, device: str
) -> F32:
    import torch  # here: planning imports every stage, and must not wait for torch

    from fsvfx.comp.poisson import seamless

    def channels_first(picture: F32) -> torch.Tensor:
        return torch.from_numpy(np.ascontiguousarray(picture.transpose(0, 3, 1, 2))).to(device)

    def one_channel(mask: NDArray[np.bool_]) -> torch.Tensor:
        return torch.from_numpy(mask.astype(np.float32))[:, None].to(device)

    cloned = seamless(
        channels_first(swap),
        channels_first(plate),
        one_channel(matte > 0),
        steady=True,
        mixed=settings.mixed_gradients,
        trusted=None if trusted is None else one_channel(trusted),
    )
    return np.ascontiguousarray(cloned.permute(0, 2, 3, 1).cpu().numpy())
