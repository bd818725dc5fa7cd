"""Training data: facesets as batches, augmented on the device, ready before the loop needs them."""

from fsvfx.training.data.exchanged import Exchanged, exchanged_in, open_exchanged
from fsvfx.training.data.fitted import FittedCrowd, fits_in, open_fits
from fsvfx.training.data.made import MadeSwaps, open_swaps, swaps_in
from fsvfx.training.data.occluders import CoveredSampler, Pasted, occluders_of
from fsvfx.training.data.pairs import PairSampler, looks_of, pairs_of, unseen_pairs
from fsvfx.training.data.pool import held_out, photos_of, plain
from fsvfx.training.data.portrayed import Portraits, PortrayedSampler, unseen_portrayed
from fsvfx.training.data.retouches import RetouchSampler, unseen_retouches
from fsvfx.training.data.sampler import Sampler
from fsvfx.training.data.shown import Shown
from fsvfx.training.data.supervised import SupervisedSampler

__all__ = [
    "CoveredSampler",
    "Exchanged",
    "FittedCrowd",
    "MadeSwaps",
    "PairSampler",
    "Pasted",
    "Portraits",
    "PortrayedSampler",
    "RetouchSampler",
    "Sampler",
    "Shown",
    "SupervisedSampler",
    "exchanged_in",
    "fits_in",
    "held_out",
    "looks_of",
    "occluders_of",
    "open_exchanged",
    "open_fits",
    "open_swaps",
    "pairs_of",
    "photos_of",
    "plain",
    "swaps_in",
    "unseen_pairs",
    "unseen_portrayed",
    "unseen_retouches",
]
