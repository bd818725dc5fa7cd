"""Model cards, ``pull``, and loading that checks the hash. Nothing but ``pull`` ever downloads."""

from fsvfx.models.cards import Archive, ModelCard
from fsvfx.models.catalogue import (
    HEAD,
    SIGNED,
    card,
    cards,
    how_to_get,
    known_head,
    path,
    present,
    signed_licence,
    with_weights,
)
from fsvfx.models.fetch import pull

__all__ = [
    "HEAD",
    "SIGNED",
    "Archive",
    "ModelCard",
    "card",
    "cards",
    "heads",
    "how_to_get",
    "known_head",
    "packs",
    "path",
    "present",
    "pull",
    "signed_licence",
    "with_weights",
]
