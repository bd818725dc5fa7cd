"""The transfers by name, for a run of frames."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fsvfx.comp.transfer import linear, sliced, spaces
from fsvfx.comp.transfer.footage import MOST, Map, Planes, Side, nearest, planes_of, side_of, windows
from fsvfx.comp.transfer.histograms import quantile_map, quantiles
from fsvfx.comp.transfer.linear import Moments, known, moments, with_plate_contrast
from fsvfx.comp.transfer.sliced import Grid, smooth_map
from fsvfx.comp.transfer.spaces import Light
from schemas.composite import Transfer

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

KINDS: Final[tuple[Transfer, ...]] = ("none", "rct", "lct", "mkl", "idt", "sot", "mix")

_LINEAR: Final[dict[str, Callable[[F64, F64], F64]]] = {
    "rct": linear.gains,
    "lct": linear.by_roots,
    "mkl": linear.monge_kantorovich,
}
_SLICED: Final[dict[str, tuple[Callable[[Planes, Planes], Planes], float]]] = {
    "idt": (sliced.distribution, 0.7),
    "sot": (sliced.sliced, 1.4),
}
"""How samples are moved, and how widely their movements are averaged (``smooth_map``'s blur)."""


def transfer(
    swap: F32,
    plate: F32,
    swap_share: F32,
    plate_share: F32,
    kind: Transfer,
    *,
    steady: float,
    starts: NDArray[np.bool_],
    wanted: slice,
    light: Light = "display",
) -> F32:
    """Give the swap the plate's colors. Pictures (n, S, S, 3) in time order, of any range, including negative values.

    Shares (n, S, S) in [0, 1]: each pixel's weight (the matte, or ones for the whole crop). ``steady``: standard
    deviation in frames of the Gaussian that weights neighbors' colors, within ``reach(steady)`` frames and never across
    ``starts`` (n,), where a segment begins; contrast then changes over time as the plate's does (``contrast``).
    ``light``: the light of the pictures; CIELAB, which `mix` uses, needs it.

    Returns the frames ``wanted`` (m, S, S, 3) f32, finite. A frame whose shares (and its neighbors') are nearly zero is
    unchanged. The same input gives the same bits; for methods and papers see ``linear`` and ``sliced``.
    """
    if kind == "none":
        return _changed(swap[wanted], [_same] * len(swap[wanted]))
    source, target = side_of(swap, swap_share), side_of(plate, plate_share)
    weights = windows(known(source, target), starts, steady, wanted)
    if kind == "mix":
        maps = _mix(source, target, weights, light)
    elif kind == "rct":
        lab = source.moved(spaces.ruderman), target.moved(spaces.ruderman)
        maps = _within(spaces.ruderman, spaces.from_ruderman, _linear(*lab, weights, kind))
    elif kind in _LINEAR:
        maps = _linear(source, target, weights, kind)
    else:
        maps = _sliced(source, target, weights, kind)
    return _changed(swap[wanted], _where_known(with_plate_contrast(maps, source, target, weights), weights))


def match_histograms(
    swap: F32,
    plate: F32,
    swap_share: F32,
    plate_share: F32,
    threshold: float,
    *,
    steady: float,
    starts: NDArray[np.bool_],
    wanted: slice,
) -> F32:
    """Give each channel of the swap the plate's histogram; the rest as in ``transfer``.

    ``threshold``: percent of the darkest and of the brightest pixels that are excluded, in [0, 100]; they move like the
    darkest (brightest) of the others.
    """
    source, target = side_of(swap, swap_share), side_of(plate, plate_share)
    weights = windows(known(source, target), starts, steady, wanted)
    swaps, plates = (quantiles(side, min(threshold, 49.9)) for side in (source, target))
    shifts = np.einsum("mn,ncq->mcq", weights, plates - swaps)
    maps = [quantile_map(*each) for each in zip(swaps[nearest(weights)], shifts, strict=True)]
    return _changed(swap[wanted], _where_known(with_plate_contrast(maps, source, target, weights), weights))


def _linear(source: Side, target: Side, weights: F64, kind: str) -> list[Map]:
    own, swap, plate = _moments(source, target, weights)
    return linear.linear_maps(_LINEAR[kind](swap.covariance, plate.covariance), own, swap, plate)


def _moments(source: Side, target: Side, weights: F64) -> tuple[F64, Moments, Moments]:
    """The means of the swap's single frames (m, C), and both sides' pooled moments."""
    swap = moments(source)
    return swap.mean[nearest(weights)], swap.pooled(weights), moments(target).pooled(weights)


def _sliced(source: Side, target: Side, weights: F64, kind: str) -> list[Map]:
    """Samples of every frame are moved separately; a frame's map then averages the movements by their weights."""
    move, blur = _SLICED[kind]
    own, swap, plate = _moments(source, target, weights)
    maps = linear.linear_maps(linear.monge_kantorovich(swap.covariance, plate.covariance), own, swap, plate)
    counted = np.flatnonzero(weights.any(axis=0))
    before = {i: sliced.samples(source.planes[i], source.shares[i]) for i in counted}
    after = {i: move(before[i], sliced.samples(target.planes[i], target.shares[i])) for i in counted}
    for row, near in enumerate(weights):
        frames = np.flatnonzero(near)
        if len(frames):
            at = np.concatenate([before[i] for i in frames], axis=1)
            to = np.concatenate([after[i] for i in frames], axis=1)
            share = np.repeat(near[frames], sliced.COUNT).astype(np.float32)
            grid = Grid(swap.mean[row], linear.whitening(swap.covariance[row]))
            maps[row] = smooth_map(maps[row], grid, at, to, share, blur)
    return maps


def _mix(source: Side, target: Side, weights: F64, light: Light) -> list[Map]:
    """`lct` for CIELAB's lightness, `sot` for its two chroma axes."""
    lab = [side.moved(lambda planes: spaces.cielab(planes, light)) for side in (source, target)]
    tone = _linear(lab[0].rows(slice(0, 1)), lab[1].rows(slice(0, 1)), weights, "lct")
    tint = _sliced(lab[0].rows(slice(1, 3)), lab[1].rows(slice(1, 3)), weights, "sot")

    def joined(lightness: Map, chroma: Map) -> Map:
        return lambda planes: np.concatenate([lightness(planes[:1]), chroma(planes[1:])])

    maps = [joined(*each) for each in zip(tone, tint, strict=True)]
    return _within(lambda planes: spaces.cielab(planes, light), lambda planes: spaces.from_cielab(planes, light), maps)


def _within(into: Map, back: Map, maps: Iterable[Map]) -> list[Map]:
    """The maps as seen from outside their working space."""

    def wrapped(inner: Map) -> Map:
        return lambda planes: back(inner(into(planes)))

    return [wrapped(inner) for inner in maps]


def _where_known(maps: list[Map], weights: F64) -> list[Map]:
    return [each if near.any() else _same for each, near in zip(maps, weights, strict=True)]


def _same(planes: Planes) -> Planes:
    return planes


def _changed(pictures: F32, maps: list[Map]) -> F32:
    out = np.empty(pictures.shape, np.float32)
    for picture, change, into in zip(pictures, maps, out, strict=True):
        into[...] = np.clip(change(planes_of(picture)), -MOST, MOST).T.reshape(picture.shape)
    return out
