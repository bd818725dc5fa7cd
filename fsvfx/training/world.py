"""The processes that train one model together, as started by torchrun; usually a single one.

Each uses its own batches; gradients are averaged (torch's DistributedDataParallel). The first decides and writes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import distributed
from torch.nn.parallel import DistributedDataParallel

from fsvfx.engines.trainable import Model
from fsvfx.training.loop import Losses


class World:
    """This process and those that train with it."""

    def __init__(self, device: str) -> None:
        self.rank = int(os.environ.get("RANK", "0"))
        self.size = int(os.environ.get("WORLD_SIZE", "1"))
        self.device = device
        if self.size > 1 and device == "cuda":
            self.device = f"cuda:{os.environ.get('LOCAL_RANK', self.rank)}"

    @property
    def leads(self) -> bool:
        return self.rank == 0

    @contextmanager
    def joined(self) -> Iterator[None]:
        """Connected to the others, unless the caller already is. Once per process: torch hangs the second time."""
        if self.size == 1 or distributed.is_initialized():
            yield
            return
        on_gpu = self.device.startswith("cuda")
        if on_gpu:
            torch.cuda.set_device(self.device)
        distributed.init_process_group("nccl" if on_gpu else "gloo")
        try:
            yield
        finally:
            distributed.destroy_process_group()

    def losses_of(self, model: Model[Any]) -> Losses:
        """The model's forward; with several processes, one that synchronizes initial weights and gradients."""
        if self.size == 1:
            return model
        # a turn uses only a part of the weights, and models grow
        return DistributedDataParallel(model, find_unused_parameters=True)

    def leaders(self, mine: Any) -> Any:
        """The first process's value, in all of them. Small and plain."""
        if self.size == 1:
            return mine
        values = [mine]
        distributed.broadcast_object_list(values, device=torch.device(self.device))
        return values[0]

    def gathered(self, mine: Any) -> list[Any]:
        """Each process's value, by rank."""
        if self.size == 1:
            return [mine]
        values: list[Any] = [None] * self.size
        distributed.all_gather_object(values, mine)
        return values
