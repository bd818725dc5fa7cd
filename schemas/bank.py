"""What a shot says of banks of faces, and of crowds that get faces from them."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from schemas.base import Name, Sha256, StrictModel, Text

Sex = Literal["female", "male"]


_AROUND = 5
"""Years that are suggested on either side of one age."""


def _as_text(value: object) -> object:
    """YAML takes an age without quotes for a number."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _checked(text: str) -> str:
    if re.fullmatch(r"[0-9]{1,3}", text):
        years = int(text)
        around = f"{max(years - _AROUND, 0)}-{years + _AROUND}"
        raise ValueError(f"'{text}' is one age; write a range, such as {around}")
    form = re.fullmatch(r"([0-9]{1,3}) *- *([0-9]{1,3})", text)
    if not form or int(form[1]) > int(form[2]):
        raise ValueError(f"'{text[:60]}' is not an age range; write it as 20-40")
    return f"{int(form[1])}-{int(form[2])}"


Ages = Annotated[str, BeforeValidator(_as_text, json_schema_input_type=str), AfterValidator(_checked)]


class FromBank(StrictModel):
    """The identity of an entry: the member of a bank that fits best. Nobody else's face in the shot gets that one."""

    bank: Name
    """Name of the bank, as listed by ``fsvfx bank list``."""
    sha256: Sha256 | None = None
    """The sha256 of the bank. Default: that of the only bank of this name."""
    pick: tuple[Text, ...] = Field(("*",), min_length=1, max_length=1000)
    """Names or globs of the members to choose from: one name keeps a face from shot to shot."""
    leave_out: tuple[Text, ...] = Field((), max_length=1000)
    """Names or globs of the members to leave out."""
    age: Ages | None = None
    """Only members of about this age, in years, such as ``20-40``: both ends count. Members whose age is not known
    are left out."""
    sex: Sex | None = None
    """Only ``female`` members, or only ``male`` ones. Members whose sex is not known are left out."""
    seed: int = Field(0, ge=0, lt=2**32)
    """0: the best fit. Another number: another cast, of members that fit nearly as well."""

    @property
    def ages(self) -> tuple[int, int] | None:
        """The youngest and the oldest that are wanted."""
        if self.age is None:
            return None
        first, _, last = self.age.partition("-")
        return int(first), int(last)


class SaidOf(StrictModel):
    """What who builds a bank knows of some of its members."""

    age: float | None = Field(None, ge=0, le=150)
    """Their age in years."""
    sex: Sex | None = None
    """``female`` or ``male``."""


class Labels(StrictModel):
    """The labels file of ``fsvfx bank build --labels``: it knows better than the network that estimates."""

    schema_version: Literal[1]
    """Version of the file's format: 1."""
    members: dict[Text, SaidOf] = Field(min_length=1, max_length=10_000)
    """By name or glob of members; later entries win."""


class AllBut(StrictModel):
    """Everybody in the plate but these."""

    all_but: tuple[Name | Annotated[int, Field(ge=1, le=9999)], ...] = Field(min_length=1, max_length=64)
    """People of the manifest, found by their references; or numbers of tracks, as listed by ``fsvfx faces``."""


class Basis(StrictModel):
    """The legal ground on which faces are replaced of people who have signed no record: nobody's face goes in."""

    kind: Literal["privacy"]
    """``privacy``: so that they are not recognized."""
    decided_by: Text
    """Who decided that it applies."""
    decided_on: date
    """When."""
    why: str = Field(min_length=40, max_length=4000)
    """In at least 40 characters: who is shown, and why their faces may, or must, be replaced without a record."""
