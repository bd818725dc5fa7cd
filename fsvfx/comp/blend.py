"""The blend of swap and plate, some frames at a time; scene-linear."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]

_KNEE = 1.0
"""Light above this, diffuse white, counts as a highlight."""


def blend(
    plate: NDArray[np.floating],
    swap: F32,
    matte: NDArray[np.floating],
    mode: Literal["seamless", "overlay"],
    device: str = "cpu",
) -> NDArray[np.float16]:
    """Lay ``swap`` (n, h, w, 3) over ``plate`` (same shape) under ``matte`` (n, h, w) in [0, 1]; all scene-linear.

    seamless: the swap is first given the plate's light at the matte's rim (``fsvfx.comp.poisson``), steadied against
    highlights and hair there; overlay: as it is. Gives (n, h, w, 3) float16, with the plate's own bits where the matte
    is zero.
    """
    under = np.nan_to_num(plate.astype(np.float32), posinf=65504.0, neginf=-65504.0)
    over = np.nan_to_num(swap, posinf=65504.0, neginf=-65504.0)
    if mode == "seamless":
        over = _seamless(over, under, matte, device)
    over = keep_highlights(over, under)
    share = matte.astype(np.float32)[..., None]
    mixed = under + share * (over - under)
    half = np.clip(mixed, -65504.0, 65504.0).astype(np.float16)
    return np.where(share > 0, half, plate.astype(np.float16))


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


def _seamless(swap: F32, plate: F32, matte: NDArray[np.floating], device: str) -> F32:
    import torch  # here: planning imports every stage, and must not wait for torch

    from fsvfx.comp.poisson import seamless

    def channels_first(picture: F32) -> torch.Tensor:
        return torch.from_numpy(np.ascontiguousarray(picture.transpose(0, 3, 1, 2))).to(device)

    mask = torch.from_numpy((matte > 0).astype(np.float32))[:, None].to(device)
    cloned = seamless(channels_first(swap), channels_first(plate), mask, steady=True)
    return np.ascontiguousarray(cloned.permute(0, 2, 3, 1).cpu().numpy())
