"""Engines at work on made-up batches, without a shot."""

from __future__ import annotations

from typing import Any

import numpy as np

from fsvfx.engines.contract import Engine, FaceBatch, Identity, SwapBatch


def swapped(engine: Engine[Any], faces: FaceBatch, identity: Identity) -> SwapBatch:
    """As the swap stage does it."""
    return engine.swap(faces, engine.prepare(identity, faces.crops.shape[1]))


def nobody(name: str = "nobody") -> Identity:
    """Somebody of whom there are no pictures."""
    return Identity(name, *(np.zeros((0, *shape), np.float32) for shape in ((8, 8, 3), (468, 3), ())))
