"""The blend of swap and plate, several frames at a time; scene-linear."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.colour import from_half, to_half
from fsvfx.comp.choices import PYRAMIDS, SEAMLESS
from fsvfx.comp.highlights import MOST, glare, held, keep_highlights, scaled
from schemas.composite import CompositeSettings

F32 = NDArray[np.float32]
Half = NDArray[np.float16]


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

    First, ``settings.mode`` gives the swap the plate's light: from the matte's rim (seamless; robust to highlights and
    hair there: ``fsvfx.comp.poisson``), by bands (``fsvfx.comp.multi_band``; ``octaves`` more than for a face 256 px
    high), or not at all. ``raw`` is the unchanged swap. ``trusted`` (n, h, w): where the plate on the rim is the face
    itself and not something in front of it; None: everywhere. Returns (n, h, w, 3) float32, finite.
    """
    under, over, share = _finite(plate), _finite(swap), _finite(matte)
    if settings.mode != "raw":
        over = _lit(over, under, share, settings, trusted, octaves, device)
        over = keep_highlights(over, under) if settings.keep_highlights else over
    over = scaled(np.subtract(over, under), share)
    over += under
    return over


def sealed(patch: F32, plate: NDArray[np.floating], matte: NDArray[np.floating]) -> Half:
    """``patch`` (..., 3) as half, with the bits of ``plate`` where ``matte`` (...) is zero."""
    half = to_half(patch)
    outside = (matte <= 0).reshape(-1, 1).view(np.uint8)
    bits, own = (each.view(np.int16).reshape(-1, 1, 3) for each in (half, to_half(plate)))
    cv2.copyTo(own, outside, bits)
    return half


def _finite(values: NDArray[np.floating]) -> F32:
    """As float32; NaN replaced, and infinities clipped to the range of half float."""
    wide = from_half(values) if values.dtype == np.float16 else values.astype(np.float32, copy=False)
    return wide if np.isfinite(wide).all() else np.nan_to_num(wide, posinf=MOST, neginf=-MOST)


def _lit(
    swap: F32,
    plate: F32,
    matte: F32,
    settings: CompositeSettings,
    trusted: NDArray[np.bool_] | None,
    octaves: int,
    device: str,
) -> F32:
    """The swap in the plate's light; glints in either are excluded from that, and the swap's own stay as they are."""
    if settings.mode not in SEAMLESS + PYRAMIDS:
        return swap
    most = glare(plate, matte)
    calm, light = held(swap, most), held(plate, most)
    if settings.mode in SEAMLESS:
        lit = _seamless(calm, light, matte, settings, trusted, device)
    else:
        lit = _banded(calm, light, matte, settings, octaves)
    return lit if calm is swap else lit + (swap - calm)


def _banded(swap: F32, plate: F32, matte: F32, settings: CompositeSettings, octaves: int) -> F32:
    from fsvfx.comp.multi_band import multi_band

    count = max(2, settings.bands + octaves)
    contrast = settings.mode == "contrast-preserving"
    return np.stack([multi_band(*each, count, contrast=contrast) for each in zip(swap, plate, matte, strict=True)])


def _seamless(
    swap: F32, plate: F32, matte: F32, settings: CompositeSettings, trusted: NDArray[np.bool_] | None, device: str
) -> F32:
    from fsvfx.comp.poisson import seamless

    trust: list[NDArray[np.bool_] | None] = [None] * len(swap) if trusted is None else list(trusted)
    each = zip(swap, plate, matte > 0, trust, strict=True)
    return np.stack(
        [
            seamless(
                *pictures,
                steady=True,
                mixed=settings.mixed_gradients,
                trusted=here,
                tolerance=_TOLERANCE,
                finest=_FINEST,
                device=device,
            )
            for *pictures, here in each
        ]
    )


_TOLERANCE = 1e-4
"""As a share of the rim's range."""
_FINEST = 2.0**-11
"""As a share of the swap's light on the rim: patches are kept in half float, which has steps of 2^-11 to 2^-10 of the
light. The solver stops when its error estimate is below this."""
