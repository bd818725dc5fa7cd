"""What the trainer asks of its data."""

from __future__ import annotations

from typing import Any, Protocol

from fsvfx.engines.trainable import Batch


class Feed(Protocol):
    """An endless iterator of batches that can be taken up again: samplers are."""

    def __next__(self) -> Batch: ...

    def state(self) -> Any:
        """Where it is after the batches that were handed out: dicts, lists, numbers, text, tensors, arrays."""

    def restore(self, state: Any) -> None:
        """Go on from there: the same batches come, bit for bit."""
