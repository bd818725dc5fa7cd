"""Training's events for TensorBoard: scalars of every term, speed and waiting; previews as pictures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import numpy as np
from PIL import Image
from tensorboardX import SummaryWriter

from fsvfx.training.report import Event, Preview, Progress, Report

_FLUSH_SECONDS = 20


@contextmanager
def on_board(folder: Path, report: Report) -> Iterator[Report]:
    """``report``, and event files in ``folder`` beside it; none if nothing is told."""
    board = Board(folder)

    def both(event: Event) -> None:
        board.tell(event)
        report(event)

    try:
        yield both
    finally:
        board.close()


class Board:
    """Writes one session's event file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._first = 0

    def tell(self, event: Event) -> None:
        match event:
            case Progress():
                self._first = self._first or event.step
                told = dict(event.losses) | {"speed/iterations_per_second": event.speed, "speed/waiting": event.waiting}
                for name, value in told.items():
                    self._writer.add_scalar(name, value, event.step)
            case Preview():
                self._first = self._first or event.step
                with Image.open(event.path) as picture:
                    self._writer.add_image("preview", np.asarray(picture), event.step, dataformats="HWC")

    def close(self) -> None:
        if self._first:
            self._writer.close()

    @cached_property
    def _writer(self) -> SummaryWriter:
        """What an earlier session wrote beyond this one's start is no longer shown."""
        return SummaryWriter(str(self.folder), purge_step=self._first, flush_secs=_FLUSH_SECONDS)
