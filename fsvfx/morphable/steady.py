"""Smooths fits of successive frames over time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fsvfx.faces.trails import filtered, segments
from fsvfx.morphable.fit import Fits, FittedPerson
from fsvfx.morphable.model import Morphable
from fsvfx.morphable.placing import Doubles, Placing

_TURN, _GROWTH, _SHIFT = 0.02, 0.01, 0.12
"""Radians, log scale and units: larger deviations of a head from its neighbors' mean are movement."""
_MOVE = 0.12
"""The same for an expression's coefficient; less for a lid, which blinks within three frames."""
_LID = 0.05
_LIGHT = 0.1
"""The same for light, as a share of its mean."""


def steady(model: Morphable, fits: Fits, numbers: NDArray[np.int64], starts: NDArray[np.bool_], sigma: float) -> Fits:
    """Frames ``numbers`` (n,) filtered like landmarks (``fsvfx.faces.trails``): jitter is removed, movement stays.

    sigma: standard deviation in frames, 0: unchanged. Never across ``starts`` (n,) of a segment, or missing frames.
    """
    if sigma <= 0 or not len(numbers):
        return fits
    placing, expression, light = fits.placing, fits.expression.copy(), fits.light.copy()
    unit = float(np.median(placing.scale))
    rotation, growth, shift = placing.rotation.copy(), np.log(placing.scale), placing.shift.copy()
    lid = np.array([_LID if name.startswith("eye") else _MOVE for name in model.names])
    level = max(float(np.abs(light[:, 0]).mean()), 1e-6)
    for rows in segments(numbers, starts):
        rotation[rows] = _orthogonal(_calm(rotation[rows].reshape(len(rows), 1, 9), sigma, _TURN).reshape(-1, 3, 3))
        growth[rows] = _calm(growth[rows, None, None], sigma, _GROWTH)[:, 0, 0]
        shift[rows] = _calm(shift[rows][:, None], sigma, _SHIFT * unit)[:, 0]
        light[rows] = _calm(light[rows].reshape(len(rows), 1, -1), sigma, _LIGHT * level).reshape(-1, 9, 3)
        for name, tolerance in enumerate(lid.tolist()):
            expression[rows, name] = _calm(expression[rows, name, None, None], sigma, tolerance)[:, 0, 0]
    calm = Placing(rotation, np.exp(growth), shift, placing.nearness)
    return replace(fits, placing=calm, expression=expression, light=light)


def _calm(values: NDArray[np.floating], sigma: float, tolerance: float) -> Doubles:
    return filtered(values.astype(np.float64), sigma, np.full(len(values), tolerance))


def _orthogonal(matrices: Doubles) -> Doubles:
    """The rotations nearest to (n, 3, 3)."""
    left, _, right = np.linalg.svd(matrices)
    made: Doubles = left @ right
    return made


def jitter(
    model: Morphable,
    person: FittedPerson,
    fits: Fits,
    numbers: NDArray[np.int64],
    starts: NDArray[np.bool_],
) -> float:
    """RMS second difference over time of the projected points, share of the face's width; 0 for fewer than three
    frames."""
    seen = (
        fits.placing.seen(model.landmarks(person.identity, fits.expression))[..., :2]
        / (fits.placing.scale * model.width)[:, None, None]
    )
    bends = [np.diff(seen[rows], 2, axis=0).ravel() for rows in segments(numbers, starts) if len(rows) > 2]
    return float(np.sqrt(np.mean(np.concatenate(bends) ** 2))) if bends else 0.0
