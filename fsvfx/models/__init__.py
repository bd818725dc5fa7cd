"""Model cards, ``pull``, and loading that checks the hash. Nothing but ``pull`` ever downloads."""

from fsvfx.models.catalogue import Archive, ModelCard, card, cards, how_to_get, path, present
from fsvfx.models.fetch import pull

__all__ = ["Archive", "ModelCard", "card", "cards", "how_to_get", "path", "present", "pull"]
