"""Sorted views of a faceset as contact sheets: by yaw, by sharpness, and excluded faces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from fsvfx.facesets.build import THUMB
from fsvfx.facesets.faceset import DEGREES, Faceset, Stored
from fsvfx.facesets.footage import resized
from fsvfx.facesets.selection import Reason
from fsvfx.printable import counted
from fsvfx.qc.sheet import TrackRow, sampled, track_sheet

U8 = NDArray[np.uint8]
_COLUMNS = 8
_STEPS = 6
"""Number of rows in the sheet by sharpness, with the same number of faces each."""


def view(faceset: Faceset, name: str) -> U8:
    """One of ``VIEWS`` as a sheet (H, W, 3) uint8 sRGB. Raises StoreError."""
    rows = VIEWS[name](faceset)
    faces = f"{counted(len(faceset), 'face')}, {int(faceset.held_out.sum())} held out"
    return track_sheet(
        f"{faceset.person}  {name}", rows, under=f"{faces}   {', '.join(faceset.names)}", columns=_COLUMNS
    )


def by_yaw(faceset: Faceset) -> list[TrackRow]:
    """A row for each bin of poses that faces are balanced by, with its center in degrees."""
    bins = np.floor(faceset.pose[:, 0] / DEGREES + 0.5).astype(int)
    shown = [(round(which * DEGREES), np.flatnonzero(bins == which)) for which in np.unique(bins)]
    return [_row(faceset, degrees, rows, ["degrees yaw", _counted(faceset, rows)]) for degrees, rows in shown]


def by_sharpness(faceset: Faceset) -> list[TrackRow]:
    """From the softest to the sharpest."""
    order = np.argsort(faceset.sharpness, kind="stable")
    edges = np.linspace(0, len(order), min(_STEPS, len(order)) + 1).round().astype(int)
    shown = [(place + 1, order[start:stop]) for place, (start, stop) in enumerate(pairwise(edges))]
    return [
        _row(faceset, step, rows, [_span(faceset.sharpness[rows]), _counted(faceset, rows)]) for step, rows in shown
    ]


def left_out(faceset: Faceset) -> list[TrackRow]:
    """A row for each reason, with the number of faces."""
    found = []
    for stored in _stored(faceset):
        table = {name: np.asarray(column) for name, column in stored.data.table("culled").items()}
        for reason in Reason:
            rows = np.flatnonzero(table["reason"] == reason).tolist()
            if rows:
                thumbs = [np.asarray(table["thumb"][row], np.uint8) for row in sampled(rows, _COLUMNS)]
                found.append(TrackRow(int(table["of"][rows[0]]), thumbs, [reason.name.lower()]))
    return found


OF_COLLECTIONS = ("by yaw", "by sharpness")
"""The views available for picture collections."""
VIEWS: dict[str, Callable[[Faceset], list[TrackRow]]] = {
    "by yaw": by_yaw,
    "by sharpness": by_sharpness,
    "left out": left_out,
}


def _stored(faceset: Faceset) -> list[Stored]:
    parts = getattr(faceset.crops, "parts", (faceset.crops,))
    return [part for part in parts if isinstance(part, Stored)]


def _row(faceset: Faceset, number: int, rows: NDArray[np.integer], words: Sequence[str]) -> TrackRow:
    shown = sampled(rows.tolist(), _COLUMNS)
    return TrackRow(number, [_thumb(faceset, row) for row in shown], words)


def _thumb(faceset: Faceset, row: int) -> U8:
    small = resized(np.asarray(faceset.crops[row], np.float32), THUMB)
    return np.asarray(np.rint(small.clip(0, 1) * 255), np.uint8)


def _counted(faceset: Faceset, rows: NDArray[np.integer]) -> str:
    held_out = int(faceset.held_out[rows].sum())
    return counted(len(rows), "face") + (f", {held_out} held out" if held_out else "")


def _span(sharpness: NDArray[np.float32]) -> str:
    return f"{sharpness.min():.3f} to {sharpness.max():.3f}"
