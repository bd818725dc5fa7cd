"""The contact sheet of a shot, from what the measure stage keeps."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from fsvfx.arrays import Array, Data
from fsvfx.qc.sheet import MOST, Cell, cell, contact_sheet, sampled
from schemas.frames import FrameRange
from schemas.job import ShotJob

FIGURES = "figures"
NOT_FIGURES = frozenset({"frame", "entry"})


def shot_sheet(job: ShotJob, measured: Data | None, waived: FrameRange, most: int = MOST) -> NDArray[np.uint8]:
    """Up to ``most`` frames through the shot, plate beside comp, with their figures: (H, W, 3) u8 sRGB.

    measured: the measure stage's results of the chunks that have them. Raises StoreError.
    """
    shot = job.shot
    under = f"frames {shot.plate.frames}   plate | comp   {', '.join(sorted({entry.engine for entry in shot.replace}))}"
    return contact_sheet(f"{job.production}  {shot.name}", _cells(measured, waived, most), under=under)


def _cells(data: Data | None, waived: FrameRange, most: int) -> list[Cell]:
    if data is None:
        return []
    table = data.table(FIGURES) if data.has(FIGURES) else {}
    return [_cell(data, table, waived, frame) for frame in sampled(list(data.numbers), most)]


def _cell(data: Data, table: Mapping[str, Array], waived: FrameRange, frame: int) -> Cell:
    plate, comp = (np.asarray(data.frame(name, frame), np.uint8) for name in ("plate_thumb", "comp_thumb"))
    if frame in waived:
        return Cell(frame, plate, plate, "waived")
    return cell(frame, plate, comp, _figures_at(table, frame))


def _figures_at(table: Mapping[str, Array], frame: int) -> dict[str, list[float]]:
    """The figures of one frame by name, one value per entry."""
    if not table:
        return {}
    rows = np.asarray(table["frame"]) == frame
    return {name: np.asarray(table[name], np.float64)[rows].tolist() for name in set(table) - NOT_FIGURES}
