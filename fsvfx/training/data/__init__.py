"""Training data: facesets as batches, varied on the device, ready before the loop asks for them."""

from fsvfx.training.data.pairs import PairSampler, looks_of, unseen_pairs
from fsvfx.training.data.pool import held_out, plain
from fsvfx.training.data.sampler import Sampler

__all__ = ["PairSampler", "Sampler", "held_out", "looks_of", "plain", "unseen_pairs"]
