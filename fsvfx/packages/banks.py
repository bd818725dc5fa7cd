"""Banks of faces as packages: ``NAME/SHA12/bank.yaml``, and ``faces.safetensors``, whose header repeats the card."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from fsvfx.digests import sha256_of, sorted_json
from fsvfx.disk import place_folder
from fsvfx.documents import RecordError, read_record, record_yaml
from fsvfx.errors import ModelError, Where
from fsvfx.media.collections import chosen
from schemas.bank import FromBank
from schemas.bank_card import About, BankCard, UsedBank

if TYPE_CHECKING:  # validating a manifest reads cards, and need not wait for numpy
    import numpy as np
    from numpy.typing import NDArray

    Arrays = Mapping[str, NDArray[np.generic]]

BANK, FACES = "bank.yaml", "faces.safetensors"
_SHORT = 12
_UNKNOWN = "0" * 64
_ENTRY = "fsvfx"
_SEALED = {"bank", "members", "networks", "record"}
"""What the card says of the pictures themselves."""
_AGAIN = "Copy the bank again, or build it again"


def place_bank(
    root: Path, arrays: Arrays, card: Callable[[str], BankCard], files: Mapping[str, bytes] | None = None
) -> Path:
    """Write a bank below ``root`` and return its folder: ``arrays``, the card made of their sha256, other files.

    The same bank that is there already stays. Raises MachineError if the disk refuses.
    """
    import numpy as np
    from safetensors.numpy import save

    content = save({name: np.ascontiguousarray(one) for name, one in arrays.items()}, _metadata(card(_UNKNOWN)))
    written = card(hashlib.sha256(content).hexdigest())
    final = root / written.bank / written.sha256[:_SHORT]

    def write(draft: Path) -> None:
        (draft / FACES).write_bytes(content)
        (draft / BANK).write_bytes(record_yaml(written))
        for name, held in (files or {}).items():
            (draft / name).write_bytes(held)

    if not final.exists():
        place_folder(final, write)
    return final


def bank_of(package: Path) -> BankCard:
    """The bank's card. Raises ModelError if it can't be read, or is not that of the pictures beside it."""
    path = package / BANK
    try:
        card = read_record(path, BankCard)
    except RecordError as error:
        raise ModelError(f"The bank's card can't be read: {error}", hint=_AGAIN, where=Where(file=str(path))) from error
    if _sealed(package / FACES) != json.loads(_metadata(card)[_ENTRY]):
        raise _broken(package / FACES, "do not match the card")
    return card


def faces_in(package: Path, sha256: str) -> dict[str, NDArray[np.generic]]:
    """A bank's arrays by name. Raises ModelError if their sha256 is another one, or they are broken."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    file = package / FACES
    try:
        held = sha256_of(file)
        if held == sha256:
            return dict(load_file(file))
    except (OSError, SafetensorError) as error:
        raise _broken(file, f"can't be read: {error}") from error
    raise _broken(file, f"do not match the card: their sha256 is {held}")


def members_for(bank: BankCard | UsedBank, said: FromBank) -> list[str]:
    """The names of the members that an entry may get."""
    known = dict(zip(bank.members, bank.about))
    return [name for name in chosen(bank.members, said.pick, said.leave_out) if _is_wanted(known.get(name), said)]


def unknown_to(bank: BankCard | UsedBank, said: FromBank) -> int:
    """Of how many members that an entry names nobody knows the age or the sex that it asks for."""
    known = dict(zip(bank.members, bank.about))
    return sum(_lacks(known.get(name), said) for name in chosen(bank.members, said.pick, said.leave_out))


def _is_wanted(about: About | None, said: FromBank) -> bool:
    if _lacks(about, said):
        return False
    old_enough = said.ages is None or (about is not None and _within(about.age, said.ages))
    return old_enough and (said.sex is None or (about is not None and about.known_sex == said.sex))


def _within(age: float | None, ages: tuple[int, int]) -> bool:
    return age is not None and ages[0] <= round(age) <= ages[1]


def _lacks(about: About | None, said: FromBank) -> bool:
    known = about or About()
    return (said.age is not None and known.age is None) or (said.sex is not None and known.known_sex is None)


def _metadata(card: BankCard) -> dict[str, str]:
    """For the header. One entry, in one spelling: equal banks are equal bytes."""
    sealed = _SEALED | ({"about"} if card.about else set())  # older banks have none in their headers
    return {_ENTRY: sorted_json(card.model_dump(mode="json", by_alias=True, include=sealed))}


def _sealed(file: Path) -> object:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="numpy") as held:
            return json.loads(held.metadata()[_ENTRY])
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise _broken(file, f"can't be read: {' '.join(str(error).split())}") from error


def _broken(file: Path, why: str) -> ModelError:
    return ModelError(f"The bank's pictures {why}", hint=_AGAIN, where=Where(file=str(file)))
