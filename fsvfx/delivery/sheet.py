"""The contact sheet of a delivery."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from fsvfx.delivery.order import Order
from fsvfx.delivery.report import measured
from fsvfx.qc.sheet import shot_sheet


def draw_sheet(path: Path, order: Order) -> None:
    """Write the sheet of ``order`` (a whole shot) as PNG or JPEG, by the name's ending. Raises OSError, StoreError."""
    Image.fromarray(shot_sheet(order.job, measured(order), order.waived)).save(path, quality=92)
