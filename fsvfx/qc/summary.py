"""Quality figures over a shot, from the measure stage's tables."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from fsvfx.arrays import Data
from fsvfx.qc.sheet import FIGURES, NOT_FIGURES


def summary(measured: Data | None) -> dict[str, JsonValue]:
    """Per figure: median, lowest and highest with their frames, and how many frames have it. NaN: not measured.

    ``closer_to_identity``: the share of frames whose embedding is nearer to the identity than to the performer. Empty
    if nothing was measured.
    """
    if measured is None or not measured.has(FIGURES):
        return {}
    table = measured.table(FIGURES)
    frames = np.asarray(table["frame"], np.int64)
    found: dict[str, JsonValue] = {}
    for name in sorted(set(table) - NOT_FIGURES):
        values = table[name]
        if np.issubdtype(values.dtype, np.number) and values.ndim == 1:
            found[name] = _spread(np.asarray(values, np.float64), frames)
    if {"to_identity", "to_performer"} <= set(table):
        found["closer_to_identity"] = _share(table["to_identity"], table["to_performer"])
    return found


def _spread(values: NDArray[np.float64], frames: NDArray[np.int64]) -> JsonValue:
    there = np.isfinite(values)
    if not there.any():
        return {"frames": 0}
    values, frames = values[there], frames[there]
    low, high = int(values.argmin()), int(values.argmax())
    return {
        "frames": int(there.sum()),
        "median": round(float(np.median(values)), 5),
        "lowest": round(float(values[low]), 5),
        "lowest_at": int(frames[low]),
        "highest": round(float(values[high]), 5),
        "highest_at": int(frames[high]),
    }


def _share(identity: NDArray[np.generic], performer: NDArray[np.generic]) -> JsonValue:
    one, other = np.asarray(identity, np.float64), np.asarray(performer, np.float64)
    both = np.isfinite(one) & np.isfinite(other)
    return round(float(np.mean(one[both] < other[both])), 4) if both.any() else None
