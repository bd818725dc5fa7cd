"""Quality figures over a shot, from the measure stage's tables."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from fsvfx.arrays import Data, Table
from fsvfx.entries import entry_name
from fsvfx.identity.registry import network
from fsvfx.qc.sheet import FIGURES, NOT_FIGURES
from schemas.job import ShotJob

SURE = 0.99
"""Share of frames in which a performer must not be recognized."""


def summary(measured: Data | None) -> dict[str, JsonValue]:
    """Per figure: median, lowest and highest with their frames, and how many frames have it. NaN: not taken.

    ``closer_to_identity``: the share of frames whose embedding is nearer to the identity than to the performer.
    Empty if nothing was measured.
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


def recognition(measured: Data | None, job: ShotJob, cast: Mapping[str, str]) -> dict[str, JsonValue]:
    """Of each face that a bank's member went into: who that is, and by each network how far it is from the performer.

    ``beyond``: the share of the measured frames in which the distance is above ``threshold``, below which two faces are
    usually of one person; ``unrecognizable``: whether that is so in at least 99 % of frames, by every network.
    cast: the members, by the entries' names.
    """
    names = networks_of(job)
    found: dict[str, JsonValue] = {}
    for index, entry in enumerate(job.shot.replace):
        own = entry_name(index)
        if own in cast and measured is not None and measured.has(own):
            table = measured.table(own)
            told = {name: _beyond(table, place, name) for place, name in enumerate(names)}
            shares = [one["beyond"] for one in told.values() if one["frames"]]
            found[entry.performer] = {
                "member": cast[own],
                "unrecognizable": min(shares) >= SURE if shares else None,
                "networks": {name: dict(one) for name, one in told.items()},
            }
    return found


def networks_of(job: ShotJob) -> tuple[str, ...]:
    """By which it is told whether performers can still be recognized: those of the banks that the shot uses."""
    return tuple(sorted({name for bank in job.banks for name in bank.networks}))


def _beyond(table: Table, place: int, name: str) -> dict[str, float]:
    rows = np.asarray(table["network"]) == place
    apart, frames = np.asarray(table["apart"], np.float64)[rows], np.asarray(table["frame"])[rows]
    if not len(apart):
        return {"frames": 0}
    threshold, least = network(name).same_person, int(apart.argmin())
    return {
        "frames": len(apart),
        "threshold": threshold,
        "beyond": round(float((apart > threshold).mean()), 4),
        "median": round(float(np.median(apart)), 4),
        "lowest": round(float(apart[least]), 4),
        "lowest_at": int(frames[least]),
    }


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
