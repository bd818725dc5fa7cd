"""Seamless cloning (Perez, Gangnet, Blake: "Poisson Image Editing", 2003) in scene-linear float.

The swap keeps its gradients inside the matte and takes the plate's values around it. In the membrane form (Farbman et
al., "Coordinates for Instant Image Cloning", 2009): result = swap + the harmonic function that equals plate - swap on
the rim; solved by ``fsvfx.comp.multigrid.harmonic``.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.comp.multigrid.harmonic import harmonic

F32 = NDArray[np.float32]
Bool = NDArray[np.bool_]

TOLERANCE = 1e-5
"""As a share of the rim's range of differences: how far the result may be from the exact solution."""
_OUTLIER = 3.0
"""Differences more than this many standard deviations from the rim's median are clipped."""
_DARK = 0.5
"""Below this share of the swap's median light on the rim (or 1.5 times what is subtracted), the correction is a
gain."""


def seamless(
    swap: F32,
    plate: F32,
    mask: Bool,
    *,
    steady: bool = False,
    mixed: bool = False,
    trusted: Bool | None = None,
    tolerance: float = TOLERANCE,
    finest: float = 0.0,
    device: str = "cpu",
) -> F32:
    """Clone ``swap`` (h, w, C) float32 into ``plate`` (same shape) where ``mask`` (h, w) is set: (h, w, C) float32.

    Any range of values, scene-linear. Where the mask reaches the picture's edges, the swap is left free; a mask that
    covers everything returns the swap unchanged. Outside the mask the result is the plate. Neither picture may contain
    NaN or infinity.

    steady: not the exact solution, but one that is safe on film. Outlying differences on the rim (a specular highlight,
    a strand of hair, a hand) are clipped near the rim's median, so that they don't bleed into the face or flicker. And
    in dark areas the correction is a gain, so that pupils, nostrils and open mouths neither turn milky nor fall below
    black. The seam is then not quite closed at such pixels: leave it to the matte's feather.
    mixed: between any two neighbors the plate's gradient is used where it is stronger than the swap's, in each channel
    (Perez's mixed gradients): marks on the plate's skin shine through.
    trusted: (h, w); pixels around the mask where it is not set (something in front of the face) give no value: the swap
    is free there, as at the picture's edges. A part of the mask without any other pixels keeps the swap unchanged.
    tolerance: the error, as a share of the range of plate - swap on the rim. Raises MachineError if it is not reached.
    finest: an error that is always good enough, as a share of the swap's median light on the rim.
    device: where torch solves it; the CPU needs no torch.
    """
    result = plate.copy()
    where = _box(mask)
    if where is not None:
        gives = ~mask if trusted is None else ~mask & trusted
        cloned = _cloned(
            swap[where], plate[where], mask[where], gives[where], steady, mixed, (tolerance, finest), device
        )
        cv2.copyTo(cloned, mask[where].view(np.uint8), result[where])
    return result


def _cloned(
    swap: F32,
    plate: F32,
    inside: Bool,
    gives: Bool,
    steady: bool,
    mixed: bool,
    errors: tuple[float, float],
    device: str,
) -> F32:
    """Valid inside the mask only."""
    rim = _rim(inside, gives)
    if not rim.any():
        return swap.copy()
    tolerance, finest = errors
    ours = swap[rim]
    values, light = plate[rim] - ours, np.maximum(np.median(ours, axis=0), 0).astype(np.float32)
    source = _mixed_source(swap, plate, inside | gives) if mixed else None
    added = harmonic(_held(values) if steady else values, inside, rim, source, tolerance, finest * light, device)
    for plane, membrane, middle in zip(cv2.split(swap), added, light, strict=True):
        if steady:
            membrane *= _gain(np.asarray(plane, np.float32), membrane, middle)
        membrane += plane
    return np.asarray(cv2.merge(list(added)), np.float32).reshape(swap.shape)


def _gain(swap: F32, added: F32, light: np.float32) -> F32:
    """In [0, 1]: how much of ``added`` is applied; ``light`` is the swap's on the rim."""
    level = added * np.float32(-1.5)
    np.maximum(level, max(np.float32(_DARK) * light, np.float32(1e-6)), out=level)
    np.divide(swap, level, out=level)
    return np.clip(level, 0, 1, out=level)


def _box(inside: Bool) -> tuple[slice, slice] | None:
    """The rows and columns that the mask touches, plus one on each side."""
    rows, columns = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return None
    first, last = (slice(max(int(at[0]) - 1, 0), int(at[-1]) + 2) for at in (rows, columns))
    return first, last


def _rim(inside: Bool, gives: Bool) -> Bool:
    """The pixels with a value that share an edge with the mask."""
    near = np.zeros_like(inside)
    near[1:] |= inside[:-1]
    near[:-1] |= inside[1:]
    near[:, 1:] |= inside[:, :-1]
    near[:, :-1] |= inside[:, 1:]
    return near & gives


def _held(values: F32) -> F32:
    """``values`` (pixels, C), clipped to ``_OUTLIER`` robust deviations from their median."""
    middle = np.median(values, axis=0)
    spread = np.median(np.abs(values - middle), axis=0) * np.float32(1.4826 * _OUTLIER)
    return np.clip(values, middle - spread, middle + spread)


def _mixed_source(swap: F32, plate: F32, known: Bool) -> F32:
    """The contribution of the plate's gradients, where they are stronger, to the equation of plate - swap: (C, h,
    w)."""
    source = np.zeros_like(swap)
    for axis in (0, 1):
        ours, theirs = np.diff(swap, axis=axis), np.diff(plate, axis=axis)
        low, high = (slice(None),) * axis + (slice(-1),), (slice(None),) * axis + (slice(1, None),)
        linked = (known[low] & known[high])[..., None]
        flow = np.where((np.abs(theirs) > np.abs(ours)) & linked, theirs - ours, np.float32(0))
        source[high] += flow
        source[low] -= flow
    return np.ascontiguousarray(np.moveaxis(source, -1, 0))
