"""Color transfer: the swap gets the plate's colors, by published methods, steady over time."""

from fsvfx.comp.transfer.footage import reach
from fsvfx.comp.transfer.linear import monge_kantorovich
from fsvfx.comp.transfer.methods import KINDS, match_histograms, transfer

__all__ = ["KINDS", "match_histograms", "monge_kantorovich", "reach", "transfer"]
