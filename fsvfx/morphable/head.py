"""The morphable model that a shot has chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fsvfx.models import HEAD
from fsvfx.morphable.ict import ict
from fsvfx.morphable.makehuman import CARD, makehuman
from fsvfx.morphable.model import Morphable

_HEADS: Mapping[str, Callable[[], Morphable]] = {HEAD: ict, CARD: makehuman}


def head(name: str) -> Morphable:
    """By its card's name, as in ``faces.head``; read once per process. Raises ModelError if it is not installed."""
    return _HEADS[name]()
