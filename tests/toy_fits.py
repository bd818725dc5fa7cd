"""A shot whose stage ``fit`` found the toy model, with coefficients that are known. For tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from toy_morphable import toy

from fsvfx.arrays import Result
from fsvfx.entries import named
from fsvfx.morphable import Fits, FittedPerson, Placing, arrays_of
from fsvfx.morphable.placing import turned_by
from schemas.bank import FromBank
from schemas.receipts import Receipt, Unit

NUMBERS, AWAY = (1001, 1002, 1003), 1002
"""Production numbers of the fits' frames; the performer is not there in one."""
CROP = np.array([[0.5, 0.1, -20.0], [-0.1, 0.5, 8.0]])
PERFORMER, IDENTITY = np.eye(8, dtype=np.float32)[:2] * 2


def fits() -> Fits:
    """Of three frames."""
    count = len(NUMBERS)
    turns = np.array([[0.1, 0.3, 0.05], [0, 0, 0], [-0.1, -0.2, 0.1]])
    placing = Placing(turned_by(turns), np.array([5.0, 5.1, 5.2]), np.array([[64.0, 60], [60, 60], [61, 62]]), 0.01)
    expression = np.array([[0.7, 0, 0], [0, 0, 0], [0, 0.5, 1]], np.float32)
    return Fits(placing, expression, np.zeros((count, 9, 3), np.float32), *np.zeros((2, count), np.float32))


def landmarks() -> np.ndarray:
    """(3, 468, 3) crop px."""
    return fits().placing.seen(toy().shape(PERFORMER) + toy().moved(fits().expression))


def references() -> dict[str, np.ndarray]:
    """Arrays of the identity, from three sides; their pixels tell nothing."""
    points = fits().placing.seen(toy().shape(IDENTITY))
    crops = np.full((3, 128, 128, 3), 0.5, np.float16)
    vectors, sharpness = np.zeros((3, 128), np.float32), np.ones(3, np.float32)
    return {"crops": crops, "landmarks": points, "embedding": vectors, "sharpness": sharpness}


def add_fits(kit: Any, *, bank: str = "", away: Sequence[int] = (AWAY,)) -> list[Receipt]:
    """Alignment of each of a shot's chunks of three frames into ``kit``; the receipts of what is shot-wide."""
    parts = {}
    for unit in kit.units:
        there = np.array([number not in away for number in unit.chunk.frames])
        crops = np.zeros((3, 128, 128, 3), np.float16)
        align = named(0, present=there, matrix=np.stack([CROP] * 3), crops=crops)
        kit.align.append(kit.add("align", unit, Result(frames=align)))
        fitted = arrays_of(FittedPerson.of(toy(), PERFORMER, 0.01), fits())
        parts[unit.name] = Result(frames=named(0, present=there, **fitted))
    fit = kit.add("fit", Unit.of_shot(), Result(parts=parts))
    if not bank:
        return [fit, kit.add("references", Unit.of_person("lead"), Result(frames=references()))]
    entry = kit.job.shot.replace[0].model_copy(update={"identity": FromBank(bank=bank)})
    shot = kit.job.shot.model_copy(update={"replace": (entry,)})
    kit.job = kit.job.model_copy(update={"shot": shot})
    return [fit, kit.add("cast", Unit.of_shot(), Result(tables={"r0": references()}))]
