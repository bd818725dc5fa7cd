"""Seamless cloning (Perez, Gangnet, Blake: "Poisson Image Editing", 2003) in scene-linear float.

The swap keeps its gradients inside the matte and takes the plate's values around it. In the membrane form (Farbman et
al., "Coordinates for Instant Image Cloning", 2009): result = swap + the harmonic function that equals plate - swap on
the rim; solved by ``fsvfx.comp.multigrid.harmonic``.
"""

from __future__ import annotations

import torch
from torch import Tensor

from fsvfx.comp.multigrid.harmonic import harmonic

TOLERANCE = 1e-5
"""Of the rim's range of differences: how far the result may be from the exact solution."""
_OUTLIER = 3.0
"""How many standard deviations off the rim's median a difference may lie before it is held there."""
_DARK = 0.5
"""Below this share of the swap's median light on the rim (or 1.5 times what is taken away), correction is a gain."""


def seamless(
    swap: Tensor,
    plate: Tensor,
    mask: Tensor,
    *,
    steady: bool = False,
    mixed: bool = False,
    trusted: Tensor | None = None,
    tolerance: float = TOLERANCE,
) -> Tensor:
    """Clone ``swap`` (n, C, h, w) float32 into ``plate`` (same shape) where ``mask`` (n, 1, h, w) is above zero.

    Any range of values, scene-linear; on the tensors' device. At the picture's edges, where the mask reaches them, the
    swap is left free; a mask that covers all gives the swap as it is. Outside of the mask the result is the plate.
    Neither picture may hold NaN or infinity.

    steady: not the pure solution, but one that is safe on film. Differences on the rim that stand out (a specular
    highlight, a strand of hair, a hand) are held near the rim's median, so that they don't bleed into the face or
    flicker. And in the dark the correction is a gain, so that pupils, nostrils and open mouths neither turn milky nor
    fall below black. The seam is then not quite closed at such pixels: leave it to the matte's feather.
    mixed: between any two neighbours the plate's gradient holds where it is stronger than the swap's, in each channel
    (Perez's mixed gradients): marks on the plate's skin shine through.
    trusted: (n, 1, h, w); the pixels around the mask where it is 0 (something in front of the face) give no value: the
    swap is free there, as at the picture's edges. Where a part of the mask has no other, it has the swap as it is.
    tolerance: the error, as a share of the range of plate - swap on the rim. Raises MachineError if it is not reached.
    """
    inside = mask > 0
    box = _box(inside)
    if box is None:
        return plate.clone()
    result = plate.clone()
    gives = ~inside if trusted is None else ~inside & (trusted > 0)
    rows, columns = box
    swap, plate, inside, gives = (each[:, :, rows, columns] for each in (swap, plate, inside, gives))
    result[:, :, rows, columns] = _cloned(swap, plate, inside, gives, steady, mixed, tolerance)
    return result


def _cloned(
    swap: Tensor, plate: Tensor, inside: Tensor, gives: Tensor, steady: bool, mixed: bool, tolerance: float
) -> Tensor:
    rim = _rim(inside, gives)
    frame, row, column = rim[:, 0].nonzero(as_tuple=True)
    values = plate - swap
    if steady:
        light = swap[frame, :, row, column]
        values[frame, :, row, column] = _held(values[frame, :, row, column], frame, len(swap))
    source = _mixed_source(swap, plate, inside | gives) if mixed else None
    membrane = harmonic(values, inside, rim, source, tolerance)
    if steady:
        level = torch.maximum(_DARK * _medians(light, frame, len(swap))[..., None, None], -1.5 * membrane)
        membrane *= (swap / level.clamp_min_(1e-6)).clamp_(0, 1)
    return torch.where(inside, membrane.add_(swap), plate)


def _box(inside: Tensor) -> tuple[slice, slice] | None:
    """The rows and columns that the mask touches in any frame, and one more on each side."""
    found = []
    for other in (3, 2):
        at = inside.any(other).flatten(0, 1).any(0).nonzero()
        if not len(at):
            return None
        found.append(slice(max(int(at[0]) - 1, 0), int(at[-1]) + 2))
    return found[0], found[1]


def _rim(inside: Tensor, gives: Tensor) -> Tensor:
    """Which pixels that give a value touch the mask, by an edge."""
    near = torch.zeros_like(inside)
    for dim in (2, 3):
        length = inside.shape[dim] - 1
        near.narrow(dim, 0, length).logical_or_(inside.narrow(dim, 1, length))
        near.narrow(dim, 1, length).logical_or_(inside.narrow(dim, 0, length))
    return near.logical_and_(gives)


def _held(values: Tensor, frame: Tensor, frames: int) -> Tensor:
    """``values`` (pixels, C), held within ``_OUTLIER`` robust deviations of their frame's median."""
    middle = _medians(values, frame, frames)[frame]
    spread = _medians((values - middle).abs(), frame, frames)[frame] * (1.4826 * _OUTLIER)
    return torch.clamp(values, middle - spread, middle + spread)


def _medians(values: Tensor, frame: Tensor, frames: int) -> Tensor:
    """Of each frame's ``values`` (pixels, C): (frames, C); zero where a frame has none."""
    found = values.new_zeros(frames, values.shape[1])
    for index in range(frames):
        here = values[frame == index]
        if len(here):
            found[index] = here.median(dim=0).values
    return found


def _mixed_source(swap: Tensor, plate: Tensor, known: Tensor) -> Tensor:
    """What the plate's gradients, where they are the stronger ones, add to the equation of plate - swap."""
    source = torch.zeros_like(swap)
    for dim in (2, 3):
        ours, theirs = swap.diff(dim=dim), plate.diff(dim=dim)
        length = swap.shape[dim] - 1
        linked = known.narrow(dim, 0, length) & known.narrow(dim, 1, length)
        flow = torch.where((theirs.abs() > ours.abs()) & linked, theirs - ours, 0.0)
        source.narrow(dim, 1, length).add_(flow)
        source.narrow(dim, 0, length).sub_(flow)
    return source
