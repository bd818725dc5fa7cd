"""Whether performers whose faces are replaced from a bank can still be recognized, by identity networks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from pydantic import JsonValue

from fsvfx.arrays import Data, Table
from fsvfx.entries import entry_name
from fsvfx.identity.registry import network
from schemas.job import ShotJob

SURE = 0.99
"""Share of frames in which a performer must not be recognized."""


def recognition(measured: Data | None, job: ShotJob, cast: Mapping[str, str]) -> dict[str, JsonValue]:
    """For each face replaced by a bank's member: who that is, and its distance from the performer by each network.

    ``beyond``: the share of the measured frames in which the distance is above ``threshold``, below which two faces
    usually belong to one person; ``unrecognizable``: whether that is so in at least 99 % of frames, by every network.
    cast: the members, by the entries' names.
    """
    names = networks_of(job)
    found: dict[str, JsonValue] = {}
    for index, table in _tables(job, measured):
        told = {name: _beyond(table, place, name) for place, name in enumerate(names)}
        shares = [one["beyond"] for one in told.values() if one["frames"]]
        if shares:
            found[job.shot.replace[index].performer] = {
                "member": cast.get(entry_name(index), ""),
                "unrecognizable": min(shares) >= SURE,
                "networks": {name: dict(one) for name, one in told.items()},
            }
    return found


def networks_of(job: ShotJob) -> tuple[str, ...]:
    """The networks that check whether performers can still be recognized: those of the banks that the shot uses."""
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


def in_words(job: ShotJob, measured: Data | None) -> str:
    """``unrecognizable in 100 % (dlib), 98 % (faceres)``: for each network the face with the smallest share of frames.

    Empty for shots without banks, and without measurements.
    """
    least: dict[str, float] = {}
    for _, table in _tables(job, measured):
        for place, name in enumerate(networks_of(job)):
            told = _beyond(table, place, name)
            if told["frames"]:
                least[name] = min(least.get(name, 1.0), told["beyond"])
    shares = ", ".join(f"{100 * share:.3g} % ({name})" for name, share in least.items())
    return f"unrecognizable in {shares}" if shares else ""


def _tables(job: ShotJob, measured: Data | None) -> Iterator[tuple[int, Table]]:
    """By entry, the measurements of those replaced by a bank's member."""
    for index in range(len(job.shot.replace)):
        if measured is not None and measured.has(entry_name(index)):
            yield index, measured.table(entry_name(index))
