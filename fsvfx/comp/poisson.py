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
_DARK = 0.5
"""Below this share of the swap's median light on the rim (or 1.5 times the correction), correction becomes a gain."""


def seamless(swap: Tensor, plate: Tensor, mask: Tensor, *, cycles: int = 2, steady: bool = False) -> Tensor:
    """Clone ``swap`` (n, C, h, w) float32 into ``plate`` (same shape) where ``mask`` (n, 1, h, w) is above zero.

    Any range of values, scene-linear. At the picture's edges, where the mask reaches them, the swap is left free; a
    mask that covers all gives the swap as it is. Each cycle leaves about a fifth of the error (after two: some 1e-4 of
    the difference). Outside of the mask the result is the plate. Neither picture may hold NaN or infinity.

    steady: not the pure solution, but one that is safe on film. Differences on the rim that stand out (a specular
    highlight, a strand of hair, a hand) are held near the rim's median, so that they don't bleed into the face or
    flicker. And in the dark the correction is a gain, so that pupils, nostrils and open mouths neither turn milky nor
    fall below black. The seam is then not quite closed at such pixels: leave it to the matte's feather.
    """
    inside = (mask > 0).to(swap.dtype)
    difference = plate - swap
    rim = rim_of(inside) > 0 if steady else None
    if rim is not None:
        difference = _held(difference, rim)
    membrane = harmonic(difference, inside, cycles)
    if rim is not None:
        level = torch.maximum(_DARK * _medians(swap, rim), 1.5 * membrane.abs()).clamp_min(1e-6)
        membrane *= (swap / level).clamp(0, 1)
    return torch.where(inside > 0, membrane.add_(swap), plate)


def _held(difference: Tensor, rim: Tensor) -> Tensor:
    """``difference``, held within ``_OUTLIER`` robust deviations of its median on ``rim`` (n, 1, h, w) bool."""
    middle = _medians(difference, rim)
    spread = _medians((difference - middle).abs(), rim) * (1.4826 * _OUTLIER)
    return torch.clamp(difference, middle - spread, middle + spread)


def _medians(picture: Tensor, rim: Tensor) -> Tensor:
    """Of each frame and channel on the rim: (n, C, 1, 1); zero where there is no rim."""
    found = picture.new_zeros(*picture.shape[:2], 1, 1)
    for median, frame, here in zip(found, picture, rim[:, 0]):
        if here.any():
            median[:, 0, 0] = frame[:, here].median(dim=1).values
    return found
