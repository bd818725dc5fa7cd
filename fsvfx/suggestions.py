"""What to say to one who wrote a name that is not known: the name that was probably meant, or all that are."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is most like ``word``, whatever its capitals; None if none is like it."""
    return next(iter(nearest_few(word, known, 1)), None)


def nearest_few(word: str, known: Iterable[str], count: int) -> list[str]:
    """As ``nearest``: up to ``count`` of them, the nearest first."""
    by_lower = {name.lower(): name for name in known}
    return [by_lower[found] for found in get_close_matches(word.lower(), by_lower, n=count, cutoff=0.5)]


def suggestion(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """The hint for ``word``: the nearest of the ``known``; if none is near, ``otherwise``, or all of them."""
    known = tuple(known)
    near = nearest(word, known)
    return f"Did you mean '{near}'?" if near else otherwise or f"Available: {', '.join(known) or 'none'}"
