"""A model package's files: weights sealed with what they are, and their card; written whole, never over another.

``MODEL/SHA12/card.yaml`` and ``weights.safetensors``. The weights' own header repeats whose they are, so that the hash
vouches for the people as well as for the numbers.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from fsvfx.digests import sha256_of, sorted_json
from fsvfx.disk import place_file, place_folder
from fsvfx.documents import record_yaml
from fsvfx.errors import ModelError, Where
from schemas.package import PackageCard
from schemas.roster import Roster, RosterCollection, RosterSeal

if TYPE_CHECKING:
    from torch import Tensor

CARD, WEIGHTS, ROSTER = "card.yaml", "weights.safetensors", "roster.json"
_SHORT = 12
_UNKNOWN = "0" * 64
_ENTRY = "fsvfx"
_SEALED = ("model", "engine", "architecture", "people", "roster", "licence", "commercial_use", "iterations", "start")
"""What the card says of the weights themselves; the rest is of how they were made and measured."""
_AGAIN = "Copy the package again"


def folder_of(root: Path, model: str, sha256: str) -> Path:
    """Where a package is below a folder of packages."""
    return root / model / sha256[:_SHORT]


def place(
    root: Path, weights: Mapping[str, Tensor], card: Callable[[str], PackageCard], files: Mapping[str, bytes]
) -> Path:
    """Write a package below ``root`` and return its folder: ``weights``, the card made of their sha256, other files.

    A package of the same weights that is there already stays. Raises MachineError if the disk refuses.
    """
    from safetensors.torch import save

    content = save({name: held.contiguous() for name, held in weights.items()}, _metadata(card(_UNKNOWN)))
    sha256 = hashlib.sha256(content).hexdigest()
    written = card(sha256)
    final = folder_of(root, written.model, sha256)
    if final.exists():
        return final

    def write(draft: Path) -> None:
        (draft / WEIGHTS).write_bytes(content)
        (draft / CARD).write_bytes(record_yaml(written))
        for name, held in files.items():
            (draft / name).write_bytes(held)

    place_folder(final, write)
    return final


def amend(package: Path, card: PackageCard, files: Mapping[str, bytes]) -> None:
    """Add ``files`` and a card that knows more; the weights stay, and the card must still be theirs.

    Raises ModelError if it is not, MachineError if the disk refuses.
    """
    check_seal(card, package / WEIGHTS)
    for name, held in files.items():
        place_file(package / name, held)
    place_file(package / CARD, record_yaml(card))


def card_of(package: Path) -> PackageCard:
    """What the package is. Raises ModelError if the card can't be read, or is not the weights' own."""
    card = unsealed_card(package)
    check_seal(card, package / WEIGHTS)
    return card


def unsealed_card(package: Path) -> PackageCard:
    """What the card says, not compared with the weights. Raises ModelError if it can't be read."""
    from fsvfx.documents import RecordError, read_record

    path = package / CARD
    try:
        return read_record(path, PackageCard)
    except RecordError as error:
        where = Where(file=str(path))
        raise ModelError(f"The package's card can't be read: {error}", hint=_AGAIN, where=where) from error


def roster_bytes(roster: Roster) -> bytes:
    """A roster as the package has it: equal rosters are equal bytes."""
    return sorted_json(roster.model_dump(mode="json")).encode()


def seal_of(roster: Roster) -> RosterSeal:
    """What the card, and with it the weights' header, says of a roster."""
    real = len(roster.members) + sum(len(one.people) for one in roster.collections if not one.made_up)
    return RosterSeal(
        sha256=hashlib.sha256(roster_bytes(roster)).hexdigest(),
        people=len(roster.members) + sum(len(one.people) for one in roster.collections),
        real=real,
        collections=tuple(
            RosterCollection(
                collection=one.collection,
                people=len(one.people),
                made_up=one.made_up,
                generators=one.generators,
                licence=one.licence,
            )
            for one in roster.collections
        ),
    )


def roster_in(package: Path, sha256: str) -> Roster:
    """The roster that the weights were sealed with. Raises ModelError if it is not there, or another."""
    file = package / ROSTER
    try:
        content = file.read_bytes()
        if hashlib.sha256(content).hexdigest() == sha256:
            return Roster.model_validate_json(content)
    except (OSError, ValidationError) as error:
        raise _without_roster(file, f"can't be read: {' '.join(str(error).split())}") from error
    raise _without_roster(file, "is not the one that the weights were sealed with")


def _without_roster(file: Path, why: str) -> ModelError:
    return ModelError(f"The package's roster {why}", hint=_AGAIN, where=Where(file=str(file)))


def weights_in(package: Path, sha256: str) -> dict[str, Tensor]:
    """A package's weights by name, on the CPU, once their sha256 is found to be this.

    The file is mapped: processes of a machine share its memory. Raises ModelError if they are others, or broken.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    file = package / WEIGHTS
    try:
        held = sha256_of(file)
        if held == sha256:
            return load_file(file)
    except (OSError, SafetensorError) as error:
        raise _broken(file, f"can't be read: {error}") from error
    raise _broken(file, f"do not match the card: their sha256 is {held}")


def check_seal(card: PackageCard, weights: Path) -> None:
    """Raises ModelError if the weights file can't be read, or its header contradicts the card."""
    try:
        sealed = PackageCard.model_validate(card.model_dump(mode="json") | {"roster": None} | _header(weights))
    except ValidationError as error:
        raise _broken(weights, f"have an invalid header: {' '.join(str(error).split())}") from error
    wrong = [name for name in _SEALED if getattr(card, name) != getattr(sealed, name)]
    if wrong:
        raise _broken(weights, f"do not match the card: they differ in {', '.join(wrong)}")


def _metadata(card: PackageCard) -> dict[str, str]:
    """For the weights file's header. One entry, in one spelling: equal weights of equal people are equal bytes."""
    sealed = card.model_dump(mode="json", include=set(_SEALED))
    for name in ("commercial_use", "roster"):  # older weights say nothing of them: theirs stay the same bytes
        if sealed[name] is None:
            del sealed[name]
    return {_ENTRY: sorted_json(sealed)}


def _header(weights: Path) -> dict[str, object]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(weights, framework="numpy") as file:
            text = file.metadata()[_ENTRY]
    except (OSError, SafetensorError, KeyError, TypeError) as error:
        raise _broken(weights, f"can't be read: {' '.join(str(error).split())}") from error
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _broken(weights, f"have an invalid header: {error}") from error
    if not isinstance(header, dict):
        raise _broken(weights, f"have an invalid header: a {type(header).__name__} instead of an object")
    return header


def _broken(weights: Path, why: str) -> ModelError:
    return ModelError(f"The package's weights {why}", hint=_AGAIN, where=Where(file=str(weights)))
