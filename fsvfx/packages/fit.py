"""Whether a package is one for an engine, and knows a person."""

from __future__ import annotations

from collections.abc import Sequence

from fsvfx.errors import InputError, Where
from fsvfx.packages.find import card_of, find
from schemas.package import PackageCard


def card_for(engine: str, model: str, sha256: str) -> PackageCard:
    """The card of a package of that engine. Raises InputError if there is none, ModelError if it can't be read."""
    card = card_of(find(model, sha256))
    check_engine(card, engine)
    return card


def check_engine(card: PackageCard, engine: str) -> None:
    """Raises InputError if the package is of another engine."""
    if card.engine != engine:
        raise InputError(
            f"The model package '{card.model}' is of engine '{card.engine}', not '{engine}'",
            hint=f"Write engine: {card.engine}",
            where=Where(field="engine"),
        )


def check_knows(model: str, known: Sequence[str], person: str) -> None:
    """Raises InputError if the package ``model`` does not know the person."""
    if person not in known:
        raise InputError(
            f"The model package '{model}' knows {', '.join(known)}, not '{person}'",
            hint="Name one of them as the identity, or a package that knows this person",
            where=Where(field="identity"),
        )
