"""A bank as a picture: its members side by side, with their names."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw

from fsvfx.banks.bank import Bank
from fsvfx.qc.sheet import font_of

_SIDE, _LINE, _COLUMNS, _HEAD = 96, 14, 16, 30


def sheet(bank: Bank, rows: Sequence[int] | None = None) -> bytes:
    """A JPEG of all members, or of those in ``rows``."""
    shown = list(range(len(bank.crops))) if rows is None else list(rows)
    down = -(-len(shown) // _COLUMNS)
    page = Image.new("RGB", (_COLUMNS * _SIDE, _HEAD + down * (_SIDE + _LINE)), (20, 21, 24))
    draw = ImageDraw.Draw(page)
    draw.text((6, 6), f"{bank.card.bank}: {len(shown)} people who do not exist", fill=(238, 238, 236), font=font_of(16))
    draw.text((page.width - 6, 8), "MADE UP", fill=(150, 153, 160), font=font_of(14), anchor="ra")
    for place, row in enumerate(shown):
        left, top = place % _COLUMNS * _SIDE, _HEAD + place // _COLUMNS * (_SIDE + _LINE)
        page.paste(Image.fromarray(bank.crops[row]).resize((_SIDE, _SIDE)), (left, top))
        draw.text((left + 2, top + _SIDE), bank.card.members[row][:15], fill=(150, 153, 160), font=font_of(11))
    out = io.BytesIO()
    page.save(out, "JPEG", quality=88)
    return out.getvalue()
