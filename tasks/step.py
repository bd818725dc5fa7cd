"""The unit of work that flows and tasks speak of."""

from __future__ import annotations

from typing import NamedTuple

from schemas.receipts import Unit


class Step(NamedTuple):
    """One stage of one unit. Equal to the plain tuples that ``runner.inputs_of`` gives."""

    stage: str
    unit: Unit

    def __str__(self) -> str:
        return f"{self.stage} {self.unit.name}"
