"""Losses on their way from the device; a NaN or infinity among them stops the training and is told."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from fsvfx.errors import InputError


class DivergedError(InputError):
    """A loss or gradient is no number any more."""

    def __init__(self, step: int, term: str, value: float, resume: int | None) -> None:
        kept = f"The checkpoint at iteration {resume} is untouched" if resume else "No checkpoint was made yet"
        super().__init__(
            f"Iteration {step} of training: {term} is {value}",
            hint=f"{kept}. Lower lr, set clip, or use amp: bf16 or off, and start again",
        )
        self.step, self.term = step, term


class Pending:
    """Losses of iterations that nobody read yet: reading waits for the device, so they are read several at once."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, Mapping[str, Tensor]]] = []

    def add(self, step: int, terms: Mapping[str, Tensor]) -> None:
        """Scalars of the iteration that made ``step`` of them."""
        self._rows.append((step, terms))

    def __len__(self) -> int:
        return len(self._rows)

    def read(self, resume: int | None) -> list[tuple[int, dict[str, float]]]:
        """All of them, by step. ``resume``: the last checkpoint's step, to tell. Raises DivergedError."""
        rows, self._rows = self._rows, []
        every = [value.float() for _, terms in rows for value in terms.values()]
        values = iter(torch.stack(every).tolist() if every else ())
        read = [(step, {name: next(values) for name in terms}) for step, terms in rows]
        for step, terms in read:
            for name, value in terms.items():
                if not math.isfinite(value):
                    raise DivergedError(step, name, value, resume)
        return read
