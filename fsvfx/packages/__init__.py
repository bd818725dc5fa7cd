"""Model packages: what was trained, found by name and hash, read with the hash checked, written whole."""

from fsvfx.packages.files import CARD, WEIGHTS, amend, card_of, folder_of, place, weights_in
from fsvfx.packages.search import card_for, check_engine, check_knows, find, found, named, use, weights_of

__all__ = [
    "CARD",
    "WEIGHTS",
    "amend",
    "card_for",
    "card_of",
    "check_engine",
    "check_knows",
    "find",
    "folder_of",
    "found",
    "named",
    "place",
    "use",
    "weights_in",
    "weights_of",
]
