"""Contact sheets: plate and comp of frames throughout a shot with their figures, and the tracks in a shot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from fsvfx.arrays import Array, Data
from fsvfx.qc.recognition import in_words
from fsvfx.qc.view import unpacked
from schemas.frames import FrameRange
from schemas.job import ShotJob

U8 = NDArray[np.uint8]
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
Colour = tuple[int, int, int]

AI_ALTERED = "AI-ALTERED"
MOST = 48
"""Frames on a sheet; a longer shot is sampled evenly."""
SEAM_LOOK, SEAM_BAD = 1.25, 1.6
FLICKER_LOOK, FLICKER_BAD = 0.012, 0.03
UNSEEN_LOOK, UNSEEN_BAD = 0.15, 0.35
"""Below the first, swaps of rendered heads from one picture look like those from twelve; above the second, noses and
lips are smeared (docs/deliver.md)."""
_GROUND, _PANEL, _PAPER, _QUIET = (20, 21, 24), (33, 35, 40), (238, 238, 236), (150, 153, 160)
_PAD, _BORDER, _HEAD = 14, 3, 64
_AROUND = 0.35
"""Margin shown around a face, as a share of its height."""
FIGURES = "figures"
NOT_FIGURES = frozenset({"frame", "entry"})


class Grade(Enum):
    """The verdict of the figures, and the color of its border."""

    GOOD = (88, 190, 120)
    LOOK = (236, 184, 72)
    BAD = (232, 92, 80)
    NONE = (78, 82, 90)


@dataclass(frozen=True)
class Cell:
    """One frame: thumbnails (T, T, 3) uint8 sRGB of plate and comp, two lines of text, and the border's color."""

    frame: int
    plate: U8
    comp: U8
    words: str = ""
    grade: Grade = Grade.NONE


@dataclass(frozen=True)
class TrackRow:
    """One track for ``track_sheet``: its number, some thumbnails (T, T, 3) uint8 sRGB, and its facts."""

    number: int
    thumbs: Sequence[U8]
    words: Sequence[str]


def shot_sheet(job: ShotJob, measured: Data | None, waived: FrameRange, most: int = MOST) -> NDArray[np.uint8]:
    """Up to ``most`` frames throughout the shot, plate beside comp, with their figures: (H, W, 3) u8 sRGB.

    measured: the measure stage's results of the chunks that have them. Raises StoreError.
    """
    shot = job.shot
    under = f"frames {shot.plate.frames}   plate | comp   {', '.join(sorted({entry.engine for entry in shot.replace}))}"
    under = "   ".join(filter(None, (under, in_words(job, measured))))
    return contact_sheet(f"{job.production}  {shot.name}", _cells(measured, waived, most), under=under)


def cell(frame: int, plate: U8, comp: U8, figures: Mapping[str, Sequence[float]]) -> Cell:
    """A frame's cell, from its figures by name: one value per entry, NaN if not measured (measure's table)."""
    return Cell(frame, plate, comp, _summary(figures), grade(figures))


def grade(figures: Mapping[str, Sequence[float]]) -> Grade:
    """The worst grade of any entry's figures."""
    near, far = _worst(figures, "to_identity"), _worst(figures, "to_performer", low=True)
    seam, flicker, guessed = (_worst(figures, name) for name in ("seam", "flicker", "unseen"))
    if near >= far or seam > SEAM_BAD or flicker > FLICKER_BAD or guessed > UNSEEN_BAD:
        return Grade.BAD
    if seam > SEAM_LOOK or flicker > FLICKER_LOOK or guessed > UNSEEN_LOOK:
        return Grade.LOOK
    return Grade.NONE if np.isnan([near, seam, flicker]).all() else Grade.GOOD


def sampled(numbers: Sequence[int], most: int = MOST) -> list[int]:
    """Up to ``most`` of ``numbers``, evenly spaced, including the first and the last."""
    places = np.linspace(0, len(numbers) - 1, min(most, len(numbers))).round().astype(int)
    return [numbers[place] for place in places]


def contact_sheet(title: str, cells: Sequence[Cell], *, under: str = "", columns: int = 6) -> U8:
    """The sheet (H, W, 3) uint8 sRGB; ``under``: a second line in the head."""
    side = max((each.plate.shape[0] for each in cells), default=128)
    wide, high = 2 * side + 2 * _BORDER + _PAD, side + 2 * _BORDER + 26 + _PAD
    columns = max(3, min(columns, len(cells)))
    rows = -(-len(cells) // columns)
    sheet, draw = _page(columns * wide + _PAD, _HEAD + rows * high + _PAD, title, under)
    for place, each in enumerate(cells):
        _draw_cell(sheet, draw, (_PAD + place % columns * wide, _HEAD + _PAD + place // columns * high), side, each)
    _legend(draw, sheet.width)
    return np.asarray(sheet)


def track_sheet(title: str, tracks: Sequence[TrackRow], *, under: str = "", columns: int = 8) -> U8:
    """The tracks of a shot, one per row, with their numbers: for choosing performers. (H, W, 3) uint8 sRGB."""
    side = max((thumb.shape[0] for row in tracks for thumb in row.thumbs), default=128)
    label, high = 190, side + _PAD
    sheet, draw = _page(
        label + columns * (side + 4) + 2 * _PAD, _HEAD + max(1, len(tracks)) * high + _PAD, title, under
    )
    for place, row in enumerate(tracks):
        top = _HEAD + _PAD + place * high
        draw.rectangle((_PAD, top, sheet.width - _PAD, top + side), fill=_PANEL)
        draw.text((_PAD + 14, top + 8), str(row.number), fill=_PAPER, font=font_of(44))
        for line, words in enumerate(row.words):
            draw.text((_PAD + 14, top + 64 + 18 * line), words, fill=_QUIET, font=font_of(13))
        for column, thumb in enumerate(row.thumbs[:columns]):
            sheet.paste(Image.fromarray(thumb), (label + _PAD + column * (side + 4), top))
    if not tracks:
        draw.text((_PAD, _HEAD + _PAD), "No face was found.", fill=_QUIET, font=font_of(18))
    return np.asarray(sheet)


def face_thumb(picture: U8, box: Sequence[float], side: int = 192) -> U8:
    """The face in ``box`` (x0, y0, x1, y1) of ``picture`` (H, W, 3) sRGB, with its surroundings: (side, side, 3)."""
    x0, y0, x1, y1 = map(float, box)
    x, y, reach = (x0 + x1) / 2, (y0 + y1) / 2, (y1 - y0) * (0.5 + _AROUND)
    area = (round(x - reach), round(y - reach), round(x + reach), round(y + reach))
    return np.asarray(Image.fromarray(np.ascontiguousarray(picture)).crop(area).resize((side, side)), np.uint8)


@lru_cache(maxsize=32)
def font_of(size: int) -> Font:
    """Pillow's own, so that it is the same everywhere."""
    return ImageFont.load_default(size)


def _page(width: int, height: int, title: str, under: str) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    sheet = Image.new("RGB", (width, height), _GROUND)
    draw = ImageDraw.Draw(sheet)
    draw.text((_PAD, 10), title, fill=_PAPER, font=font_of(22))
    draw.text((_PAD, 40), under, fill=_QUIET, font=font_of(13))
    return sheet, draw


def _draw_cell(sheet: Image.Image, draw: ImageDraw.ImageDraw, at: tuple[int, int], side: int, each: Cell) -> None:
    x, y = at
    right, bottom = x + 2 * side + 2 * _BORDER, y + side + 2 * _BORDER
    draw.rectangle((x, y, right - 1, bottom - 1 + 24), fill=_PANEL)
    draw.rectangle((x, y, right - 1, bottom - 1), fill=each.grade.value)
    for picture, left in ((each.plate, x + _BORDER), (each.comp, x + _BORDER + side)):
        sheet.paste(Image.fromarray(picture), (left, y + _BORDER))
    draw.text((x + 6, bottom + 4), str(each.frame), fill=_PAPER, font=font_of(14))
    draw.text((right - 6, bottom + 6), each.words, fill=_QUIET, font=font_of(12), anchor="ra")


def _legend(draw: ImageDraw.ImageDraw, width: int) -> None:
    """AI-ALTERED, and the meaning of the borders, at the right of the head."""
    font = font_of(18)
    left = width - _PAD - draw.textlength(AI_ALTERED, font) - 16
    draw.rounded_rectangle((left, 8, width - _PAD, 34), 5, fill=_PAPER)
    draw.text((left + 8, 21), AI_ALTERED, fill=_GROUND, font=font, anchor="lm")
    x = float(width - _PAD)
    small = font_of(12)
    for one, words in ((Grade.NONE, "not measured"), (Grade.BAD, "fix"), (Grade.LOOK, "look"), (Grade.GOOD, "good")):
        x -= draw.textlength(words, small)
        draw.text((x, 48), words, fill=_QUIET, font=small, anchor="lm")
        x -= 16
        draw.rectangle((x, 43, x + 10, 53), fill=one.value)
        x -= 12


def _summary(figures: Mapping[str, Sequence[float]]) -> str:
    """``id 0.41 / 0.70  seam 0.98  flicker 0.2 %``: distances to identity, performer; flicker of the display range.

    If flicker is good and ``unseen 20 %`` is notable, that is shown instead: there is no room for both.
    """
    parts = []
    near, far = _worst(figures, "to_identity"), _worst(figures, "to_performer", low=True)
    if np.isfinite([near, far]).all():
        parts.append(f"id {near:.2f} / {far:.2f}")
    if np.isfinite(seam := _worst(figures, "seam")):
        parts.append(f"seam {seam:.2f}")
    flicker, guessed = _worst(figures, "flicker"), _worst(figures, "unseen")
    if guessed > UNSEEN_LOOK and not flicker > FLICKER_LOOK:
        parts.append(f"unseen {100 * guessed:.0f} %")
    elif np.isfinite(flicker):
        parts.append(f"flicker {100 * flicker:.1f} %")
    return "   ".join(parts)


def _worst(figures: Mapping[str, Sequence[float]], name: str, *, low: bool = False) -> float:
    values = np.asarray(figures.get(name, ()), np.float64)
    values = values[np.isfinite(values)]
    if not len(values):
        return float("nan")
    return float(values.min() if low else values.max())


def _cells(data: Data | None, waived: FrameRange, most: int) -> list[Cell]:
    if data is None:
        return []
    table = data.table(FIGURES) if data.has(FIGURES) else {}
    return [_cell(data, table, waived, frame) for frame in sampled(list(data.numbers), most)]


def _cell(data: Data, table: Mapping[str, Array], waived: FrameRange, frame: int) -> Cell:
    plate, comp = unpacked(np.asarray(data.frame("thumbs", frame), np.uint8))
    if frame in waived:
        return Cell(frame, plate, plate, "waived")
    return cell(frame, plate, comp, _figures_at(table, frame))


def _figures_at(table: Mapping[str, Array], frame: int) -> dict[str, list[float]]:
    """The figures of one frame by name, one value per entry."""
    if not table:
        return {}
    rows = np.asarray(table["frame"]) == frame
    return {name: np.asarray(table[name], np.float64)[rows].tolist() for name in set(table) - NOT_FIGURES}
