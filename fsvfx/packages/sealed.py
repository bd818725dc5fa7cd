"""Packages of arrays: ``NAME/SHA12/`` with a card, and a file of arrays whose header repeats what the card says of
them, so that the hash vouches for both."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from fsvfx.digests import sha256_of, sorted_json
from fsvfx.disk import place_folder
from fsvfx.documents import RecordError, read_record, record_yaml
from fsvfx.errors import ModelError, Where
from schemas.bank_card import BankCard
from schemas.texture_card import TextureCard

if TYPE_CHECKING:  # validating a manifest reads cards, and need not wait for numpy
    import numpy as np
    from numpy.typing import NDArray

    Arrays = Mapping[str, NDArray[np.generic]]

_SHORT = 12
_UNKNOWN = "0" * 64
_ENTRY = "fsvfx"

Card = TypeVar("Card", BankCard, TextureCard)


@dataclass(frozen=True)
class Sealed(Generic[Card]):
    """A kind of them: what it is called, and what its arrays are; its files; sealed: what the card says of the arrays
    themselves; later: and this, where it says something, as older packages have none of it in their headers."""

    kind: str
    what: str
    model: type[Card]
    card: str
    arrays: str
    sealed: frozenset[str]
    later: frozenset[str] = frozenset()

    def place(
        self,
        root: Path,
        name: str,
        arrays: Arrays,
        card: Callable[[str], Card],
        files: Mapping[str, bytes] | None = None,
    ) -> Path:
        """Write a package below ``root`` and return its folder: ``arrays``, the card made of their sha256, other files.

        The same package that is there already stays. Raises MachineError if the disk refuses.
        """
        import numpy as np
        from safetensors.numpy import save

        held = {each: np.ascontiguousarray(one) for each, one in arrays.items()}
        content = save(held, self._metadata(card(_UNKNOWN)))
        written = card(hashlib.sha256(content).hexdigest())
        final = root / name / written.sha256[:_SHORT]

        def write(draft: Path) -> None:
            (draft / self.arrays).write_bytes(content)
            (draft / self.card).write_bytes(record_yaml(written))
            for each, one in (files or {}).items():
                (draft / each).write_bytes(one)

        if not final.exists():
            place_folder(final, write)
        return final

    def card_of(self, package: Path) -> Card:
        """Raises ModelError if the card can't be read, or is not that of the arrays beside it."""
        path = package / self.card
        try:
            card = read_record(path, self.model)
        except RecordError as error:
            where = Where(file=str(path))
            raise ModelError(f"The {self.kind}'s card can't be read: {error}", hint=self._again, where=where) from error
        if self._header(package / self.arrays) != json.loads(self._metadata(card)[_ENTRY]):
            raise self._broken(package / self.arrays, "do not match the card")
        return card

    def arrays_in(self, package: Path, sha256: str) -> dict[str, NDArray[np.generic]]:
        """By name. Raises ModelError if their sha256 is another one, or they are broken."""
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        file = package / self.arrays
        try:
            held = sha256_of(file)
            if held == sha256:
                return dict(load_file(file))
        except (OSError, SafetensorError) as error:
            raise self._broken(file, f"can't be read: {error}") from error
        raise self._broken(file, f"do not match the card: their sha256 is {held}")

    @property
    def _again(self) -> str:
        return f"Copy the {self.kind} again, or build it again"

    def _metadata(self, card: Card) -> dict[str, str]:
        """For the header. One entry, in one spelling: equal packages are equal bytes."""
        sealed = self.sealed | {name for name in self.later if getattr(card, name)}
        return {_ENTRY: sorted_json(card.model_dump(mode="json", by_alias=True, include=set(sealed)))}

    def _header(self, file: Path) -> object:
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(file, framework="numpy") as held:
                return json.loads(held.metadata()[_ENTRY])
        except (OSError, SafetensorError, KeyError, TypeError, ValueError, RecursionError) as error:
            raise self._broken(file, f"can't be read: {' '.join(str(error).split())}") from error

    def _broken(self, file: Path, why: str) -> ModelError:
        return ModelError(f"The {self.kind}'s {self.what} {why}", hint=self._again, where=Where(file=str(file)))
