"""Grain for the swap, as the plate has it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.comp.finish.grain_measure import Grain, measure_grain
from fsvfx.comp.finish.pictures import gaussian, grey_of

F32 = NDArray[np.float32]

_RIM = 0.1
"""Width of the rim about the matte where grain is measured too, as a share of the matte's breadth."""
_SWAP = 0.95
"""Where the matte is above this, all is swap."""


def grain_seed(shot: int, frame: int, entry: int) -> int:
    """A seed of its own for each frame and replace entry of a shot; the same at every run."""
    return int(np.random.SeedSequence([shot, frame, entry]).generate_state(1, np.uint64)[0])


def regrain(patch: F32, plate: NDArray[np.floating], matte: NDArray[np.floating], amount: float, seed: int) -> F32:
    """Give ``patch`` (h, w, 3) ``amount`` percent of the grain of ``plate`` (h, w, 3), where the swap lacks it.

    Both scene-linear in the plate's own pixels; patch: the swap already over the plate by ``matte`` (h, w) in [0, 1].
    Measured in the plate under and around the matte, made anew from ``seed``, and added so that plate's, swap's and new
    grain together have the plate's strength, through the soft edge too. What the swap has of its own counts. Outside
    the matte, and in plates without grain, nothing changes.
    """
    if amount == 0 or not (matte > 0).any():
        return patch
    wanted = measure_grain(_finite(plate), _around(matte))
    if wanted is None:
        return patch
    swap = _finite(patch)
    own = measure_grain(swap, np.asarray(matte > _SWAP, np.bool_))
    inside = matte > 0
    light = gaussian(grey_of(swap), wanted.size)[inside]
    lacking = _lacking(wanted, own, light, matte[inside].astype(np.float32), amount / 100)
    grained = np.array(patch, np.float32)
    grained[inside] += lacking * _noise(wanted, matte.shape, seed)[inside]
    return grained


def _around(matte: NDArray[np.floating]) -> NDArray[np.bool_]:
    """The matte and a rim about it: the backdrop's grain may be another, or gone in the codec."""
    inside = (matte > 0).astype(np.float32)
    side = 2 * int(_RIM * np.sqrt(inside.sum())) + 1
    wide: NDArray[np.bool_] = cv2.boxFilter(inside, -1, (side, side), borderType=cv2.BORDER_CONSTANT) > 1e-6
    return wide


def _lacking(wanted: Grain, own: Grain | None, light: F32, matte: F32, share: float) -> F32:
    """The standard deviations (n, 3) that are to be added, at ``light`` (n,) under ``matte`` (n,).

    Plate's grain comes through by 1 - matte, the swap's by matte; independent variances add.
    """
    weight = matte[:, None]
    plate = wanted.at(light) ** 2
    swap = np.float32(0) if own is None else own.at(light) ** 2
    target = plate * (1 - weight + np.float32(share) * weight) ** 2
    lacking: F32 = np.sqrt(np.maximum(target - plate * (1 - weight) ** 2 - swap * weight**2, 0))
    return lacking


def _noise(grain: Grain, shape: tuple[int, ...], seed: int) -> F32:
    """(h, w, 3) of unit variance, as coarse and as alike in the channels as ``grain``."""
    white = np.random.Generator(np.random.Philox(seed)).standard_normal((*shape, 3), np.float32)
    values, vectors = np.linalg.eigh(grain.alike)
    mix = vectors * np.sqrt(np.maximum(values, 0.0))
    mix /= np.maximum(np.linalg.norm(mix, axis=1, keepdims=True), 1e-6)
    return np.asarray(cv2.transform(_coarse(white, grain.size), mix), np.float32)


def _coarse(white: F32, size: float) -> F32:
    if size <= 0:
        return white
    reach = int(np.ceil(4 * size))
    line = cv2.getGaussianKernel(2 * reach + 1, size, cv2.CV_32F)
    blurred = cv2.sepFilter2D(white, -1, line, line, borderType=cv2.BORDER_REFLECT_101)
    return np.asarray(blurred / np.float32((line**2).sum()), np.float32)


def _finite(picture: NDArray[np.floating]) -> F32:
    return np.nan_to_num(picture.astype(np.float32), nan=0.0, posinf=65504.0, neginf=-65504.0)
