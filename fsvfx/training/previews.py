"""Previews: held-out pictures beside what the model makes of them, as a grid and as a timelapse of grids."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from fsvfx.disk import place_file
from fsvfx.engines.trainable import Batch, Model

U8 = NDArray[np.uint8]


@torch.no_grad()
def grid(model: Model, held_out: Batch, rows: int) -> U8:
    """(H, W, 3) uint8. Of two people: identity, rebuilt; performer, rebuilt, swap. Of more: each, then made all."""
    if len(model.people) == 2:
        columns = _pair(model, held_out, rows)
        return _tiled(columns)
    blocks = [_among_all(model, held_out, person, rows) for person in model.people]
    return np.concatenate([_tiled(columns) for columns in blocks])


def place(folder: Path, step: int, picture: U8, most: int) -> Path:
    """``preview.png`` is the newest; ``timelapse/`` has up to ``most``, thinned evenly. Returns the latter's."""
    file = BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    path = folder / "timelapse" / f"step-{step:08d}.png"
    place_file(path, file.getvalue())
    place_file(folder / "preview.png", file.getvalue())
    kept = sorted(path.parent.glob("step-*.png"))
    if len(kept) > most:
        for spare in kept[1:-1:2]:
            spare.unlink()
    return path


def _pair(model: Model, held_out: Batch, rows: int) -> list[Tensor]:
    identity, performer = model.people
    mine, theirs = (held_out[person].target[:rows] for person in (identity, performer))
    count = min(len(mine), len(theirs))
    mine, theirs = mine[:count], theirs[:count]
    rebuilt = model.predict(mine, identity).rgb
    return [mine, rebuilt, theirs, model.predict(theirs, performer).rgb, model.predict(theirs, identity).rgb]


def _among_all(model: Model, held_out: Batch, person: str, rows: int) -> list[Tensor]:
    pictures = held_out[person].target[:rows]
    return [pictures, *(model.predict(pictures, other).rgb for other in model.people)]


def _tiled(columns: list[Tensor]) -> U8:
    """Columns of (rows, 3, R, R) to one picture."""
    pictures = torch.stack([column.float() for column in columns], dim=1).clamp(0, 1)
    rows, across, channels, high, wide = pictures.shape
    laid = pictures.permute(0, 3, 1, 4, 2).reshape(rows * high, across * wide, channels)
    tiled: U8 = (laid * 255).round().to(torch.uint8).cpu().numpy()
    return tiled
