"""The contact sheet that Prefect's UI shows: plate over comp, frames through the shot."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from flows.standing import Standing
from fsvfx.store import open_data, open_store

MOST = 12
ACROSS = 6


def sheet_of(standing: Standing) -> NDArray[np.uint8] | None:
    """(H, W, 3) sRGB, from the thumbnails of measure; None while there are none. Raises StoreError."""
    receipts = [receipt for step, receipt in standing.receipts.items() if step.stage == "measure"]
    if not receipts:
        return None
    numbers = sorted(number for one in receipts if one.unit.chunk for number in one.unit.chunk.frames)
    chosen = [numbers[round(i)] for i in np.linspace(0, len(numbers) - 1, min(MOST, len(numbers)))]
    data = open_data(open_store(standing.job), receipts, numbers=chosen)
    pairs = [np.concatenate([data.frame("plate_thumb", n), data.frame("comp_thumb", n)]) for n in chosen]
    return _grid([np.asarray(pair, dtype=np.uint8) for pair in pairs])


def _grid(pictures: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    across = min(ACROSS, len(pictures))
    empty = np.zeros_like(pictures[0])
    pictures = pictures + [empty] * (-len(pictures) % across)
    rows = [np.concatenate(pictures[i : i + across], axis=1) for i in range(0, len(pictures), across)]
    return np.concatenate(rows)
