"""The order in which a swap is finished.

DeepFaceLab's merger super-resolves first, then sharpens, blurs along the motion, denoises, degrades. Here the order is
that of a camera:

1. denoise: noise is added last in a camera, so it is removed first; later steps would sharpen or smear it.
2. restoration, super_resolution, then sharpen: back toward the scene.
3. motion_blur: the shutter.
4. match_resolution: lens and sensor; measured after the shutter, whose blur the plate has too: nothing is added twice.
5. degrade: what happened to the picture after the camera.

Grain comes after all that, in the plate's own pixels and in linear light: ``fsvfx.comp.finish.grain``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fsvfx.comp.finish.detail import denoise, sharpen
from fsvfx.comp.finish.motion_blur import motion_blur
from fsvfx.comp.finish.resolution import degrade, match_resolution
from fsvfx.comp.finish.restoring import restore
from fsvfx.comp.finish.super_resolvers import SuperResolver, super_resolve
from fsvfx.networks.running import FaceNetwork
from schemas.composite import CompositeSettings

F32 = NDArray[np.float32]


def finish(
    crop: F32,
    plate_crop: F32,
    share: NDArray[np.floating],
    settings: CompositeSettings,
    *,
    landmarks: NDArray[np.floating],
    before: NDArray[np.floating] | None = None,
    after: NDArray[np.floating] | None = None,
    scale: float,
    restorer: FaceNetwork | None = None,
    resolver: SuperResolver | None = None,
    around: F32 | None = None,
) -> F32:
    """Finish one frame's swap.

    crop: (S, S, 3) float32, the swap, display light, finite. plate_crop: (S, S, 3) float32, the same part of the plate.
    share: (S, S) in [0, 1], where the face is: both are measured there. landmarks: (468, 2) px of this crop; before,
    after: the same face's one frame before and after, in px of this frame's crop; None if there is none. scale: crop px
    per plate px. restorer, resolver: users' own, if the settings name them. around: (W, W, 3), the plate's crop with a
    margin, if the restorer looks beyond the crop.

    Returns (S, S, 3) float32 within the range of ``crop``; with neutral settings ``crop`` itself.
    Raises InputError for an unknown super-resolver.
    """
    swap = denoise(crop, settings.denoise)
    if restorer is not None:
        swap = restore(swap, landmarks, settings.restoration, restorer, around)
    swap = super_resolve(swap, settings.super_resolution, resolver or settings.super_resolver)
    swap = sharpen(swap, settings.sharpen, settings.sharpen_kernel)
    swap = motion_blur(swap, share, settings.motion_blur, landmarks=landmarks, before=before, after=after)
    swap = match_resolution(swap, plate_crop, share, settings.match_resolution, scale=scale)
    return degrade(swap, settings.degrade, scale=scale)
