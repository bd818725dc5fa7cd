"""Training data: facesets as batches, varied on the device, ready before the loop asks for them."""

from fsvfx.training.data.pool import plain
from fsvfx.training.data.sampler import Sampler

__all__ = ["Sampler", "plain"]
