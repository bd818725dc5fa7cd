"""Seamless cloning (Perez, Gangnet, Blake: "Poisson Image Editing", 2003) in scene-linear float.

The swap keeps its gradients inside the matte and takes the plate's values around it. In the membrane form (Farbman et
al., "Coordinates for Instant Image Cloning", 2009): result = swap + the harmonic function that equals plate - swap on
the rim. That function is smooth, so that coarse grids do the work; see ``fsvfx.comp.multigrid``.
"""

from __future__ import annotations

import torch
from torch import Tensor

from fsvfx.comp.multigrid import harmonic, rim_of

_OUTLIER = 3.0
"""How many standard deviations off the rim's median a difference may lie before it is held there."""


def seamless(swap: Tensor, plate: Tensor, mask: Tensor, *, cycles: int = 2, steady: bool = False) -> Tensor:
    """Clone ``swap`` (n, C, h, w) float32 into ``plate`` (same shape) where ``mask`` (n, 1, h, w) is above zero.

    Any range of values, scene-linear. At the picture's edges, where the mask reaches them, the swap is left free; a
    mask that covers all gives the swap as it is. Each cycle leaves about a fifth of the error (after two: some 1e-4 of
    the difference).
    steady: hold differences on the rim that stand out (a specular highlight, a strand of hair, a hand) near the rim's
    median, so that they don't bleed into the face or flicker; the seam is then not closed at such pixels.
    Outside of the mask the result is the plate. Neither picture may hold NaN or infinity.
    """
    inside = (mask > 0).to(swap.dtype)
    difference = plate - swap
    if steady:
        difference = hold(difference, rim_of(inside))
    cloned = harmonic(difference, inside, cycles).add_(swap)
    return torch.where(inside > 0, cloned, plate)


def hold(difference: Tensor, rim: Tensor) -> Tensor:
    """``difference`` (n, C, h, w), held within ``_OUTLIER`` robust deviations of its median on ``rim`` (n, 1, h, w)."""
    held = difference.clone()
    for frame, here in zip(held, rim[:, 0] > 0):
        values = frame[:, here]
        if values.shape[1] == 0:
            continue
        middle = values.median(dim=1).values[:, None, None]
        spread = (values - middle[:, 0]).abs().median(dim=1).values[:, None, None] * (1.4826 * _OUTLIER)
        frame.copy_(torch.minimum(torch.maximum(frame, middle - spread), middle + spread))
    return held
