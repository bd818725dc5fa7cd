"""The card of a morphable head that its user has packed: beside its file, and in place of the one that fsvfx knows."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from fsvfx.disk import place_file, told_plainly
from fsvfx.errors import ModelError, Where
from fsvfx.models.cards import ModelCard
from fsvfx.settings import machine

PACKED = "ict_facekit/packed.npz"
"""Below the machine's models folder."""
_AGAIN = "Pack the FaceKit again with `fsvfx models add`, or remove the card"


def packed(known: ModelCard) -> ModelCard | None:
    """The card of the packed head, if there is one; ``known``: of the head. Raises ModelError if it can't be read."""
    card = _card_of(machine().ict_model or machine().models / PACKED)
    try:
        stamp = card.stat()
    except OSError:
        return None
    return _read(card, stamp.st_mtime_ns, known)


def keep(content: bytes, known: ModelCard) -> ModelCard:
    """Put a head where it is looked for; its card: ``known``, if it is that very file, else one of its own.

    Raises MachineError.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    remove()
    if sha256 == known.sha256:
        place_file(machine().models / known.file, content)
        return known
    from fsvfx.documents import record_yaml

    file = machine().models / PACKED
    card = known.model_copy(update={"version": "packed here", "file": PACKED, "sha256": sha256})
    place_file(file, content)
    place_file(_card_of(file), record_yaml(card))
    return card


def remove() -> Path | None:
    """Forget the packed head; its file, None if there is none. Raises MachineError."""
    file = machine().models / PACKED
    if not (card := _card_of(file)).is_file():
        return None
    with told_plainly(file):
        card.unlink()
        file.unlink(missing_ok=True)
    return file


def _card_of(file: Path) -> Path:
    return file.with_suffix(".yaml")


@lru_cache(maxsize=4)
def _read(card: Path, changed: int, known: ModelCard) -> ModelCard:
    """Again only when it has changed. A head's name and task are not the user's to say."""
    from fsvfx.documents import RecordError, read_record

    try:
        return read_record(card, ModelCard).model_copy(update={"name": known.name, "task": known.task})
    except RecordError as error:
        where = Where(file=str(card))
        raise ModelError(f"The packed head's card can't be read: {error}", hint=_AGAIN, where=where) from error
