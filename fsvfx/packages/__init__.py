"""Model packages: what was trained, and users' own networks; found by name and hash, read checked, written whole."""

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
from fsvfx.packages.networks import NETWORK, check_kind, file_in, network_of, network_yaml, place_network
from fsvfx.packages.search import (
    Packages,
    card_for,
    check_engine,
    check_knows,
    is_starter,
    network_for,
    starter_of,
)

__all__ = [
    "CARD",
    "NETWORK",
    "ROSTER",
    "WEIGHTS",
    "Packages",
    "amend",
    "card_for",
    "card_of",
    "check_engine",
    "check_kind",
    "check_knows",
    "file_in",
    "folder_of",
    "is_starter",
    "network_for",
    "network_of",
    "network_yaml",
    "place",
    "place_network",
    "roster_bytes",
    "roster_in",
    "seal_of",
    "starter_of",
    "weights_in",
]
