"""Model packages: found by name and hash, read with their hash checked, placed whole."""

from fsvfx.packages.find import card_of, find, found, use
from fsvfx.packages.place import amend, place
from fsvfx.packages.weights import weights_of

__all__ = ["amend", "card_of", "find", "found", "place", "use", "weights_of"]
