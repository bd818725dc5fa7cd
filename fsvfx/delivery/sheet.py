"""The contact sheet of a delivery, from what the measure stage keeps."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from fsvfx.delivery.figures import FIGURES, figures_at, measured
from fsvfx.delivery.order import Order
from fsvfx.qc.sheet import Cell, cell, contact_sheet, sampled
from fsvfx.stages.contract import Array, Data


def draw_sheet(path: Path, order: Order) -> None:
    """Write the sheet of ``order`` (a whole shot) as PNG or JPEG, by the name's ending. Raises OSError, StoreError."""
    shot = order.job.shot
    under = f"frames {shot.plate.frames}   plate | comp   {', '.join(sorted({entry.engine for entry in shot.replace}))}"
    picture = contact_sheet(f"{order.job.production}  {shot.name}", _cells(order), under=under)
    Image.fromarray(picture).save(path, quality=92)


def _cells(order: Order) -> list[Cell]:
    data = measured(order)
    if data is None:
        return []
    table = data.table(FIGURES) if data.has(FIGURES) else {}
    return [_cell(order, data, table, frame) for frame in sampled(list(data.numbers))]


def _cell(order: Order, data: Data, table: Mapping[str, Array], frame: int) -> Cell:
    plate, comp = (np.asarray(data.frame(name, frame), np.uint8) for name in ("plate_thumb", "comp_thumb"))
    if frame in order.waived:
        return Cell(frame, plate, plate, "waived")
    return cell(frame, plate, comp, figures_at(table, frame))
