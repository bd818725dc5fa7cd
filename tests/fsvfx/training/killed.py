"""A training that a test kills: run in a process of its own."""

from __future__ import annotations

from pathlib import Path

import torch
from toys import ToyFeed, settings, toy_model

from fsvfx.training.trainer import train


def work(folder: Path, iterations: int) -> None:
    torch.set_num_threads(1)
    values = settings(iterations=iterations, checkpoint_iterations=1, checkpoints_kept=2, ema=0.9)
    with (folder / "said.txt").open("a") as said:
        train(toy_model(64), ToyFeed(), values, folder, report=lambda event: print(event, file=said, flush=True))
