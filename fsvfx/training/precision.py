"""How numbers are kept and computed with: half precision, memory layout."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import fields

import torch
from torch import nn

from fsvfx.engines.trainable import Batch, Side
from fsvfx.errors import InputError
from schemas.trainer import TrainerSettings

_HALVES = {"bf16": torch.bfloat16, "fp16": torch.float16}


class Precision:
    """A device and what the settings say of numbers on it. Raises InputError where the device can't."""

    def __init__(self, settings: TrainerSettings, device: str) -> None:
        self.device = torch.device(device)
        self.half = _HALVES.get(settings.amp)
        self.layout = torch.channels_last if settings.channels_last else torch.contiguous_format
        if self.device.type == "cuda" and settings.amp == "bf16" and not torch.cuda.is_bf16_supported():
            raise InputError("This GPU has no bf16", hint="Use amp: fp16 or off")
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=settings.amp == "fp16")
        """Holds fp16's gradients in range; does nothing else. Its skipped steps are its way of finding the range."""

    def autocast(self) -> AbstractContextManager[None]:
        return torch.autocast(self.device.type, dtype=self.half, enabled=self.half is not None)

    def place(self, model: nn.Module) -> None:
        """Onto the device, in its layout."""
        model.to(self.device)
        for parameter in model.parameters():
            if parameter.ndim == 4:
                parameter.data = parameter.data.contiguous(memory_format=self.layout)

    def batch(self, batch: Batch) -> Batch:
        """Onto the device, in its layout."""
        return {person: self._side(side) for person, side in batch.items()}

    def _side(self, side: Side) -> Side:
        parts = (getattr(side, field.name) for field in fields(side))
        return Side(*(part.to(self.device, memory_format=self.layout, non_blocking=True) for part in parts))
