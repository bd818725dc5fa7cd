"""Monitoring of a running training: preview pictures in the training's folder, and everything on TensorBoard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from fsvfx import extras
from fsvfx.disk import place_file
from fsvfx.training.events import Event, Notice, Preview, Progress, Report

_FLUSH_SECONDS = 20
PREVIEW = "preview.png"


def place_preview(folder: Path, step: int, sheets: Sequence[Sequence[Tensor]], most: int) -> Path:
    """``sheets``, as returned by ``Model.previews``, stacked vertically, as a PNG; returns its path.

    ``preview.png`` is the newest; ``timelapse/`` has up to ``most``, thinned evenly.
    """
    file = BytesIO()
    Image.fromarray(np.concatenate([_tiled(columns) for columns in sheets])).save(file, "PNG")
    path = folder / "timelapse" / f"step-{step:08d}.png"
    place_file(path, file.getvalue())
    place_file(folder / PREVIEW, file.getvalue())
    kept = sorted(path.parent.glob("step-*.png"))
    if len(kept) > most:
        for spare in kept[1:-1:2]:
            spare.unlink()
    return path


@contextmanager
def on_board(folder: Path, report: Report) -> Iterator[Report]:
    """``report``, plus event files for TensorBoard in ``folder``, if tensorboardX is installed."""
    if not extras.is_installed("tensorboardX"):
        report(Notice(f"No events for TensorBoard; to get them: {extras.how_to_install('tensorboardX')}"))
        yield report
        return
    board = Board(folder)

    def both(event: Event) -> None:
        board.show(event)
        report(event)

    try:
        yield both
    finally:
        board.close()


class Board:
    """Writes one session's event file: scalars of every term, speed and waiting; previews. No file if there are no
    events."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._first = 0

    def show(self, event: Event) -> None:
        if isinstance(event, Progress | Preview):
            self._first = self._first or event.step
        match event:
            case Progress():
                speed = {"speed/iterations_per_second": event.speed, "speed/waiting": event.waiting}
                for name, value in (dict(event.losses) | speed).items():
                    self._writer.add_scalar(name, value, event.step)
            case Preview():
                with Image.open(event.path) as picture:
                    self._writer.add_image("preview", np.asarray(picture), event.step, dataformats="HWC")

    def close(self) -> None:
        if self._first:
            self._writer.close()

    @cached_property
    def _writer(self) -> Any:
        """Hides what an earlier session wrote after this one's start."""
        from tensorboardX import SummaryWriter

        return SummaryWriter(str(self.folder), purge_step=self._first, flush_secs=_FLUSH_SECONDS)


def _tiled(columns: Sequence[Tensor]) -> NDArray[np.uint8]:
    """Columns of (rows, 3, R, R) in [0, 1] as one picture (H, W, 3)."""
    pictures = torch.stack([column.float() for column in columns], dim=1).clamp(0, 1)
    rows, across, channels, high, wide = pictures.shape
    laid = pictures.permute(0, 3, 1, 4, 2).reshape(rows * high, across * wide, channels)
    tiled: NDArray[np.uint8] = (laid * 255).round().to(torch.uint8).cpu().numpy()
    return tiled
