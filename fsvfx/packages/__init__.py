"""Model packages: found by name and hash, read with their hash checked, placed whole."""

from fsvfx.packages.find import card_of, find, found, use
from fsvfx.packages.name import named
from fsvfx.packages.place import amend, place
from fsvfx.packages.weights import weights_in, weights_of

__all__ = ["amend", "card_of", "find", "found", "named", "place", "use", "weights_in", "weights_of"]
