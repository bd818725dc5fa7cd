"""Grain: measures the plate's strength by light, its size and its correlation between channels, and makes the same for
swaps.

Second differences n(x - d) - 2 n(x) + n(x + d) cancel flat areas and linear gradients; of grain of variance v and
autocorrelation r they keep v (6 - 8 r(d) + 2 r(2 d)). Taken in the smoothest areas, away from edges (where codecs leave
mosquito noise), at several d, by robust deviations, they give v and r at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.comp.finish.pictures import gaussian, grey_of

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

_RIM = 0.1
"""Width of the rim around the matte where grain is also measured, as a share of the matte's width."""
_SWAP = 0.95
"""Above this matte value, only the swap shows."""
_STEPS = (1, 2, 3, 4)
_SIZES = np.linspace(0.0, 2.0, 41)
"""Candidate sigmas, in px, of the Gaussian that shaped the white noise."""
_SAMPLES = 4_000
"""Maximum number of places sampled."""
_FEWEST = 400
"""With fewer places, grain is not measured."""
_BINS = 6
_SMOOTH = 50
"""Percent of the area at each light level that counts as smooth."""
_EDGE = 95
"""Percentile of the gradient above which there is an edge."""
_MOSQUITO = 4
"""Pixels around an edge that are excluded: half a codec's block."""


@dataclass(frozen=True)
class Grain:
    """levels: (k,) ascending, mean of the channels, linear light. deviation: (k, 3), standard deviation at those. size:
    sigma in px of the Gaussian that shaped the white noise. alike: (3, 3) correlation of the channels."""

    levels: F64
    deviation: F64
    size: float
    alike: F64

    def at(self, light: F32) -> F32:
        """Standard deviations (n, 3) at ``light`` (n,)."""
        found = [np.interp(light, self.levels, self.deviation[:, channel]) for channel in range(3)]
        return np.stack(found, axis=-1).astype(np.float32)


def grain_seed(shot: int, frame: int, entry: int) -> int:
    """A separate seed for each frame and replace entry of a shot; the same in every run."""
    return int(np.random.SeedSequence([shot, frame, entry]).generate_state(1, np.uint64)[0])


def regrain(patch: F32, plate: NDArray[np.floating], matte: NDArray[np.floating], amount: float, seed: int) -> F32:
    """Give ``patch`` (h, w, 3) ``amount`` percent of the grain of ``plate`` (h, w, 3), where the swap lacks it.

    Both scene-linear in the plate's own pixels; patch: the swap already over the plate by ``matte`` (h, w) in [0, 1].
    Grain is measured in the plate under and around the matte, generated from ``seed``, and added so that the grain of
    plate and swap and the new grain together have the plate's strength, also in the soft edge. The swap's own grain
    counts. Outside the matte, and in plates without grain, nothing changes.
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


def measure_grain(linear: F32, where: NDArray[np.bool_]) -> Grain | None:
    """The grain of ``linear`` (h, w, 3), scene-linear and finite, within ``where`` (h, w); None if there is no
    measurable grain."""
    grey = grey_of(linear)
    places = _smooth_places(grey, where)
    if len(places) < _FEWEST:
        return None
    differences = _second_differences(linear, places)
    light = np.tile(gaussian(grey, 2.0).reshape(-1)[places], 2)
    bins = _bins(light)
    variances = np.stack([_variances(differences[..., rows].reshape(-1, len(rows))) for rows in bins], axis=1)
    variances = variances.reshape(len(_STEPS), 3, len(bins)).transpose(0, 2, 1)
    if not (variances[0] > 0).any():
        return None
    size, found = _fit(variances)
    grain = Grain(np.array([np.median(light[rows]) for rows in bins]), np.sqrt(found), size, np.eye(3))
    even = differences[0] / np.maximum(grain.at(light).T, 1e-12)
    return replace(grain, alike=_alike(even))


def _around(matte: NDArray[np.floating]) -> NDArray[np.bool_]:
    """The matte and a rim around it: the background may have different grain, or the codec may have removed it
    there."""
    inside = (matte > 0).astype(np.float32)
    side = 2 * int(_RIM * np.sqrt(inside.sum())) + 1
    wide: NDArray[np.bool_] = cv2.boxFilter(inside, -1, (side, side), borderType=cv2.BORDER_CONSTANT) > 1e-6
    return wide


def _lacking(wanted: Grain, own: Grain | None, light: F32, matte: F32, share: float) -> F32:
    """The standard deviations (n, 3) to add, at ``light`` (n,) under ``matte`` (n,).

    The plate's grain shows with weight 1 - matte, the swap's with weight matte; independent variances add.
    """
    weight = matte[:, None]
    plate = wanted.at(light) ** 2
    swap = np.float32(0) if own is None else own.at(light) ** 2
    target = plate * (1 - weight + np.float32(share) * weight) ** 2
    lacking: F32 = np.sqrt(np.maximum(target - plate * (1 - weight) ** 2 - swap * weight**2, 0))
    return lacking


def _noise(grain: Grain, shape: tuple[int, ...], seed: int) -> F32:
    """(h, w, 3) of unit variance, with the size and the channel correlation of ``grain``."""
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


def _bins(light: F32) -> list[NDArray[np.int64]]:
    """Rows in bins of about equal size, from dark to bright; a large group of identical values falls in one bin."""
    edges = np.quantile(light, np.linspace(0, 1, _BINS + 1))
    bins = np.clip(np.searchsorted(edges, light, side="right") - 1, 0, _BINS - 1)
    rows = [np.flatnonzero(bins == each) for each in range(_BINS)]
    return [each for each in rows if len(each) >= _FEWEST // _BINS]


def _smooth_places(grey: F32, where: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Flat indices of the smoothest pixels at each light level, away from edges, and far enough from the border for the
    differences."""
    calm = gaussian(grey, 3.0)
    slope = np.hypot(cv2.Sobel(calm, cv2.CV_32F, 1, 0), cv2.Sobel(calm, cv2.CV_32F, 0, 1))
    inner = np.zeros(where.shape, np.bool_)
    reach = _STEPS[-1]
    inner[reach:-reach, reach:-reach] = where[reach:-reach, reach:-reach]
    if inner.sum() < _FEWEST:
        return np.zeros(0, np.int64)
    edge = (inner & (slope >= np.percentile(slope[inner], _EDGE))).astype(np.uint8)
    near = cv2.dilate(edge, np.ones((2 * _MOSQUITO + 1, 2 * _MOSQUITO + 1), np.uint8)) > 0
    places = np.flatnonzero(inner & ~near)
    places = places[:: max(1, len(places) * _SMOOTH // 100 // _SAMPLES)]
    slopes = slope.reshape(-1)[places]
    rows = [each[slopes[each] <= np.percentile(slopes[each], _SMOOTH)] for each in _bins(calm.reshape(-1)[places])]
    return places[np.concatenate(rows)] if rows else np.zeros(0, np.int64)


def _second_differences(linear: F32, places: NDArray[np.int64]) -> F32:
    """At each of ``_STEPS``, horizontally, then vertically: (steps, 3, 2 n)."""
    planes = np.ascontiguousarray(linear.reshape(-1, 3).T)
    twice = 2 * planes[:, places]
    width = linear.shape[1]
    found = np.empty((len(_STEPS), 3, 2, len(places)), np.float32)
    for step, here in zip(_STEPS, found):
        for way, by in enumerate((step, step * width)):
            here[:, way] = twice - planes[:, places - by] - planes[:, places + by]
    return found.reshape(len(_STEPS), 3, -1)


def _variances(values: F32) -> F64:
    """Robust variance of each row of (k, n) around zero: of values within three deviations by the median. 0 if most are
    0."""
    sizes = np.abs(values)
    inside = sizes <= 3 * 1.4826 * np.median(sizes, axis=1, keepdims=True)
    count = np.maximum(inside.sum(axis=1), 1)
    # A normal distribution truncated at three deviations has 0.9733 of its variance.
    variances: F64 = (np.where(inside, sizes, 0) ** 2).sum(axis=1, dtype=np.float64) / count / 0.9733
    return variances


def _kept(size: float) -> F64:
    """The factors that second differences at each of ``_STEPS`` apply to the variance of grain of that size."""
    apart = np.array(_STEPS, np.float64)
    if size == 0:
        return np.full(len(apart), 6.0)
    near, far = (np.exp(-((times * apart) ** 2) / (4 * size * size)) for times in (1, 2))
    kept: F64 = 6 - 8 * near + 2 * far
    return kept


def _fit(variances: F64) -> tuple[float, F64]:
    """Size, and variances (k, 3), from those of the differences (steps, k, 3).

    The picture's own curvature adds to them with the fourth power of the step: it is fitted too, and left out.
    """
    pooled = (variances / np.maximum(variances.mean(axis=0), 1e-20)).mean(axis=(1, 2))
    _, off = _split(_KEPT, pooled[None])
    best = int(off.argmin())
    found, _ = _split(_KEPT[best : best + 1], variances.reshape(len(_STEPS), -1).T)
    return float(_SIZES[best]), found.reshape(variances.shape[1:])


def _split(kept: F64, wanted: F64) -> tuple[F64, F64]:
    """``wanted`` (n, steps) as the grain's variance times ``kept`` (n or 1, steps) plus curvature, both at least zero.

    Least squares, relative to ``wanted``. Returns the grain's variances (n,) and the residual sums of squares (n,).
    """
    one = kept / np.maximum(wanted, 1e-20)
    other = np.array(_STEPS, np.float64) ** 4 / np.maximum(wanted, 1e-20)
    aa, ab, bb = (one * one).sum(axis=1), (one * other).sum(axis=1), (other * other).sum(axis=1)
    a, b = one.sum(axis=1), other.sum(axis=1)
    curvature = np.maximum((aa * b - ab * a) / np.maximum(aa * bb - ab * ab, 1e-30), 0.0)
    grain = np.maximum((a - ab * curvature) / aa, 0.0)
    left = grain[:, None] * one + curvature[:, None] * other - 1
    return grain, (left * left).sum(axis=1)


def _alike(values: F32) -> F64:
    """Correlation of the rows of (3, n), from robust variances of sums and differences."""
    unit = values / np.sqrt(np.maximum(_variances(values), 1e-20)).astype(np.float32)[:, None]
    ones, others = unit[[0, 0, 1]], unit[[1, 2, 2]]
    joint, apart = _variances(ones + others), _variances(ones - others)
    alike = np.eye(3)
    alike[[0, 0, 1], [1, 2, 2]] = alike[[1, 2, 2], [0, 0, 1]] = (joint - apart) / np.maximum(joint + apart, 1e-20)
    return alike


_KEPT = np.stack([_kept(size) for size in _SIZES])
