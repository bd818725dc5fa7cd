"""Colour transfer: the swap gets the plate's colours, by published methods, steady over time."""

from fsvfx.comp.transfer.run import KINDS, match_histograms, transfer
from fsvfx.comp.transfer.windows import reach

__all__ = ["KINDS", "match_histograms", "reach", "transfer"]
