"""A basis of textures: how people's skin differs, and an estimate of the parts of a face that no picture shows.

Probabilistic principal components with a weight per texel (Tipping and Bishop, "Probabilistic Principal Component
Analysis", 1999; unseen texels are left out, as in Roweis, "EM Algorithms for PCA and SPCA", 1997, section 3), made
robust by lower weights where a texel fits badly (a strand of hair, glasses). Values are display values of albedo
relative to the mean of bare skin, so that distances match perception.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from fsvfx.faces.raster import blur
from fsvfx.morphable.model import Floats, Ints
from fsvfx.morphable.placing import Doubles

SIDE = 128
"""px of the layout."""
_ODD, _STRANGE = 0.12, 0.22
"""Deviation in display value above which a texel shows something other than skin: among many people, and for one
person, whose own brows and lips no basis represents well."""
_SPOT = 2.0
"""Texels, sigma: outliers are as large as a strand of hair; a mole belongs to the person."""
_WORTH, _ALIKE = 0.15, 0.01
"""Weight of a texel, relative to one with independent errors, as neighbors' errors are correlated: among many people,
and for one person, large parts of whom are to be estimated from similar people."""
_LEAST = 0.02
"""Minimum deviation in display value, even of the best known texel."""
_LOOKS = 4
_PASSES = 8


@dataclass(frozen=True, eq=False)
class TextureBasis:
    """pixels: (p,) flat index of the texels in (SIDE, SIDE), the UV's layout, top row first. mean: (p, 3); modes: (k,
    p, 3) the effect of a standard deviation, by decreasing strength; noise: (p,) deviation not explained by the modes.
    known: (p,) 0..1, how many of the people show a texel."""

    pixels: Ints
    mean: Floats
    modes: Floats
    noise: Floats
    known: Floats

    def told(self, values: Floats, weights: Floats) -> tuple[Floats, Floats]:
        """The estimate for all texels (p, 3), from people with similar values, and how plausible each value is (p,),
        0..1.

        values: (p, 3), weights: (p,) 0..1, how well each is visible. Outliers have little weight.
        """
        flat, k = self.modes.reshape(len(self.modes), -1), len(self.modes)
        sure = np.float32(_ALIKE) / (self.noise**2 + np.float32(_LEAST**2))
        ordinary = np.ones(len(weights), np.float32)
        for _ in range(_LOOKS):
            trust = np.repeat(np.clip(weights, 0, 1) * ordinary * sure, 3)
            inner = (flat * trust) @ flat.T + np.eye(k, dtype=np.float32)
            aim = flat @ (trust * (values - self.mean).ravel())
            made = self.mean + (np.linalg.solve(inner, aim) @ flat).reshape(-1, 3)
            ordinary = self._ordinary(values - made, weights)
        return np.asarray(made, np.float32), ordinary

    def _ordinary(self, off: Floats, weights: Floats) -> Floats:
        """(p,): from the deviations around each texel."""
        shown = np.clip(weights, 0, 1)
        held = self.picture(np.column_stack([off * shown[:, None], shown]).astype(np.float32))
        soft = blur(held, _SPOT).reshape(-1, 4)[self.pixels]
        about = np.abs(soft[:, :3]).mean(axis=1) / np.maximum(soft[:, 3], 0.05)
        return np.asarray(1 / (1 + (about / np.float32(_STRANGE)) ** 2) ** 2, np.float32)

    def picture(self, values: Floats) -> Floats:
        """(SIDE, SIDE, c) of values (p, c); 0 elsewhere."""
        held = np.zeros((SIDE * SIDE, values.shape[1]), np.float32)
        held[self.pixels] = values
        return held.reshape(SIDE, SIDE, -1)

    def spread_out(self, values: Floats) -> Floats:
        """(SIDE, SIDE, c) of values (p, c), with those at the layout's edge extended beyond it."""
        held = self.picture(np.column_stack([values, np.ones(len(values), np.float32)]))
        for _ in range(3):
            wide = cv2.blur(held, (3, 3))
            wide = wide / np.maximum(wide[..., -1:], 1e-6) * (wide[..., -1:] > 0)
            held = np.where(held[..., -1:] > 0, held, wide)
        return np.asarray(held[..., :-1], np.float32)


def symmetric(pixels: Ints, values: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """People, followed by their mirror images: (2 n, p, 3) and (2 n, p), for a layout that is its own mirror image,
    except for a few texels, which the images lack."""
    row, column = np.divmod(pixels, SIDE)
    place = np.full(SIDE * SIDE, -1, np.int64)
    place[pixels] = np.arange(len(pixels))
    other = place[row * SIDE + SIDE - 1 - column]
    return np.concatenate([values, values[:, other]]), np.concatenate([weights, weights[:, other] * (other >= 0)])


def learned(
    pixels: Ints,
    values: Floats,
    weights: Floats,
    count: int,
    report: Callable[[int, int], None] = lambda done, of: None,
) -> TextureBasis:
    """From n people: values (n, p, 3), weights (n, p) 0..1. At most ``count`` modes; deterministic.

    For a symmetric basis, include each person's mirror image.
    """
    n, p = weights.shape
    count = min(count, n - 1)
    shown = np.clip(weights, 0, 1).astype(np.float32)
    trust = shown
    mean = _mean(values, trust)
    modes = _start(values - mean, trust, count)
    noise = np.full(p, 0.1, np.float32)
    for done in range(_PASSES):
        codes, spread = _codes(values - mean, trust, modes, noise)
        mean, modes = _modes(values, trust, codes, spread)
        off = values - mean - (codes @ modes.reshape(count, -1)).reshape(n, p, 3)
        trust = shown / (1 + (np.abs(off).mean(axis=2) / np.float32(_ODD)) ** 2)
        left = (trust * (off**2).mean(axis=2)).sum(axis=0) / (trust.sum(axis=0) + 1)
        noise = np.sqrt(left + np.float32(_LEAST**2)).astype(np.float32)
        report(done + 1, _PASSES)
    return TextureBasis(pixels, mean, _ordered(modes, codes, spread), noise, np.clip(shown.mean(axis=0) * 4, 0, 1))


def _mean(values: Floats, trust: Floats) -> Floats:
    """(p, 3); for texels that hardly anybody shows, the overall mean."""
    weight = trust.sum(axis=0)[:, None]
    total = np.einsum("np,npc->pc", trust, values)
    overall = total.sum(axis=0) / max(float(weight.sum()), 1e-6)
    return np.asarray((total + overall) / (weight + 1), np.float32)


def _start(off: Floats, trust: Floats, count: int) -> Floats:
    """(k, p, 3): from the people's own differences, with unseen texels set to the mean."""
    held = (off * trust[..., None]).reshape(len(off), -1)
    squares, left = np.linalg.eigh((held @ held.T).astype(np.float64))
    first = np.argsort(-squares)[:count]
    return np.asarray((left[:, first].T @ held) / np.sqrt(len(off)), np.float32).reshape(count, -1, 3)


def _codes(off: Floats, trust: Floats, modes: Floats, noise: Floats) -> tuple[Floats, Floats]:
    """Each person's coefficients (n, k), and their covariances (n, k, k)."""
    n, k = len(off), len(modes)
    sure = trust * (np.float32(_WORTH) / noise**2)
    grams = np.einsum("kpc,lpc->pkl", modes, modes, optimize=True).reshape(-1, k * k)
    inner = (sure @ grams).reshape(n, k, k) + np.eye(k, dtype=np.float32)
    aim = (off * sure[..., None]).reshape(n, -1) @ modes.reshape(k, -1).T
    spread = np.linalg.inv(inner.astype(np.float64))
    return np.einsum("nkl,nl->nk", spread, aim).astype(np.float32), spread.astype(np.float32)


def _modes(values: Floats, trust: Floats, codes: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """The mean (p, 3) and modes (k, p, 3) that explain the values best; a ridge with the weight of one person keeps
    them small."""
    n, k = codes.shape
    wide = np.column_stack([codes, np.ones(n, np.float32)])
    second = wide[:, :, None] * wide[:, None, :]
    second[:, :k, :k] += spread
    inner = (trust.T @ second.reshape(n, -1)).reshape(-1, k + 1, k + 1)
    inner += np.diag(np.append(np.ones(k), 1e-3)).astype(np.float32)
    aim = np.stack([(trust * values[..., channel]).T @ wide for channel in range(values.shape[2])], axis=-1)
    solved = np.linalg.solve(inner.astype(np.float64), aim.astype(np.float64)).astype(np.float32)
    return solved[:, k], np.ascontiguousarray(solved[:, :k].swapaxes(0, 1))


def _ordered(modes: Floats, codes: Floats, spread: Floats) -> Floats:
    """The same space by its principal axes, each with the length of a standard deviation, its largest component
    positive."""
    second = (codes.T @ codes + spread.sum(axis=0)).astype(np.float64) / len(codes)
    flat = np.linalg.cholesky(second).T @ modes.reshape(len(modes), -1)
    squares, left = np.linalg.eigh(flat @ flat.T)
    made: Doubles = left[:, np.argsort(-squares)].T @ flat
    sign = np.sign(made[np.arange(len(made)), np.abs(made).argmax(axis=1)])
    return np.asarray(made * sign[:, None], np.float32).reshape(len(made), -1, 3)
