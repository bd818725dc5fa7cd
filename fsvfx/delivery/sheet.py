"""The contact sheet: plate and comp of frames through the shot, with their figures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from fsvfx.delivery.burnin import AI_ALTERED
from fsvfx.delivery.figures import FIGURES, measured
from fsvfx.delivery.order import Order
from fsvfx.stages.contract import Data

U8 = NDArray[np.uint8]
MOST = 24
_COLUMNS, _GAP, _CAPTION, _HEAD = 4, 8, 20, 40
_GROUND, _PAPER, _QUIET, _GOOD, _BAD = (24, 24, 26), (235, 235, 235), (150, 150, 150), (120, 210, 130), (255, 150, 90)


@dataclass(frozen=True)
class Cell:
    """One frame: thumbnails of plate and comp (T, T, 3) uint8 sRGB, and what stands below them."""

    frame: int
    plate: U8
    comp: U8
    caption: str
    colour: tuple[int, int, int] = _QUIET


def draw_sheet(path: Path, order: Order) -> None:
    """Write the sheet of ``order`` (a whole shot) as PNG or JPEG, by the name's ending. Raises OSError."""
    shot = order.job.shot
    told = f"{order.job.production}  {shot.name}  {shot.plate.frames}   plate | comp   {AI_ALTERED}"
    Image.fromarray(drawn(_cells(order), told)).save(path, quality=92)


def drawn(cells: list[Cell], title: str) -> U8:
    """The picture (H, W, 3) uint8 sRGB of ``cells``, four to a row."""
    side = max((cell.plate.shape[0] for cell in cells), default=160)
    wide, high = 2 * side + _GAP, side + _CAPTION + _GAP
    columns = max(1, min(_COLUMNS, len(cells)))
    rows = -(-len(cells) // columns)
    sheet = Image.new("RGB", (_GAP + columns * wide, _HEAD + rows * high), _GROUND)
    draw = ImageDraw.Draw(sheet)
    draw.text((_GAP, _HEAD / 2), title, fill=_PAPER, font=ImageFont.load_default(15), anchor="lm")
    for number, cell in enumerate(cells):
        x, y = _GAP + number % columns * wide, _HEAD + number // columns * high
        sheet.paste(Image.fromarray(cell.plate), (x, y))
        sheet.paste(Image.fromarray(cell.comp), (x + side, y))
        draw.text((x, y + side + 3), cell.caption, fill=cell.colour, font=ImageFont.load_default(12))
    return np.asarray(sheet)


def _cells(order: Order) -> list[Cell]:
    """Frames through the shot, evenly; none where nothing was measured."""
    data = measured(order)
    if data is None:
        return []
    numbers = list(data.numbers)
    chosen = {numbers[row] for row in np.linspace(0, len(numbers) - 1, min(MOST, len(numbers))).astype(int)}
    return [_cell(order, data, frame) for frame in sorted(chosen)]


def _cell(order: Order, data: Data, frame: int) -> Cell:
    plate, comp = (np.asarray(data.frame(name, frame), np.uint8) for name in ("plate_thumb", "comp_thumb"))
    if frame in order.waived:
        return Cell(frame, plate, plate, f"{frame}  waived", _BAD)
    near, far = (_least(data, name, frame) for name in ("to_identity", "to_performer"))
    if np.isnan(near) or np.isnan(far):
        return Cell(frame, plate, comp, str(frame))
    words = f"{frame}  to identity {near:.2f}  to performer {far:.2f}"
    return Cell(frame, plate, comp, words, _GOOD if near < far else _BAD)


def _least(data: Data, name: str, frame: int) -> float:
    table = data.table(FIGURES)
    values = np.asarray(table.get(name, ()), np.float64)
    values = values[np.asarray(table["frame"]) == frame] if len(values) else values
    return float(np.nanmin(values)) if np.isfinite(values).any() else float("nan")
