"""Banks of faces as packages: ``NAME/SHA12/bank.yaml``, and ``faces.safetensors``, whose header repeats the card."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from fsvfx.media.collections import chosen
from fsvfx.packages.sealed import Sealed
from schemas.bank import FromBank
from schemas.bank_card import About, BankCard, UsedBank

if TYPE_CHECKING:  # validating a manifest reads cards, and need not wait for numpy
    import numpy as np
    from numpy.typing import NDArray

    from fsvfx.packages.sealed import Arrays

BANK, FACES = "bank.yaml", "faces.safetensors"
_SEALED = frozenset({"bank", "members", "networks", "record"})
_BANKS = Sealed("bank", "pictures", BankCard, BANK, FACES, _SEALED, later=frozenset({"about"}))


def place_bank(
    root: Path, arrays: Arrays, card: Callable[[str], BankCard], files: Mapping[str, bytes] | None = None
) -> Path:
    """Write a bank below ``root`` and return its folder: ``arrays``, the card made of their sha256, other files.

    The same bank that is there already stays. Raises MachineError if the disk refuses.
    """
    return _BANKS.place(root, card("0" * 64).bank, arrays, card, files)


def bank_of(package: Path) -> BankCard:
    """The bank's card. Raises ModelError if it can't be read, or is not that of the pictures beside it."""
    return _BANKS.card_of(package)


def faces_in(package: Path, sha256: str) -> dict[str, NDArray[np.generic]]:
    """A bank's arrays by name. Raises ModelError if their sha256 is another one, or they are broken."""
    return _BANKS.arrays_in(package, sha256)


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
