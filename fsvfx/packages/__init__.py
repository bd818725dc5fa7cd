"""Model packages: what was trained, found by name and hash, read with the hash checked, written whole."""

from fsvfx.packages.files import (
    CARD,
    ROSTER,
    WEIGHTS,
    amend,
    card_of,
    folder_of,
    place,
    roster_bytes,
    roster_in,
    seal_of,
    weights_in,
)
from fsvfx.packages.search import Packages, card_for, check_engine, check_knows, is_starter, starter_of

__all__ = [
    "CARD",
    "ROSTER",
    "WEIGHTS",
    "Packages",
    "amend",
    "card_for",
    "card_of",
    "check_engine",
    "check_knows",
    "folder_of",
    "is_starter",
    "place",
    "roster_bytes",
    "roster_in",
    "seal_of",
    "starter_of",
    "weights_in",
]
