"""The apparent age and sex of a bank's members: estimated if the network is installed, or from labels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fsvfx import models
from fsvfx.banks.bank import Faces
from fsvfx.documents import read_yaml, validated
from fsvfx.errors import InputError, Where
from fsvfx.faces.embedding import cut
from fsvfx.identity import age_sex
from fsvfx.media.collections import matches
from fsvfx.printable import listed
from fsvfx.suggestions import suggestion
from schemas.bank import Labels
from schemas.bank_card import About


def about(faces: Faces, labels: Labels | None) -> tuple[About, ...]:
    """For each member; empty if there is neither network nor label.

    Raises InputError if a label names no member.
    """
    known = _estimated(faces) if all(map(models.present, age_sex.WEIGHTS)) else [About() for _ in faces.names]
    if labels is not None:
        known = said(faces.names, known, labels)
    return tuple(known) if any(one != About() for one in known) else ()


def said(names: Sequence[str], known: Sequence[About], labels: Labels) -> list[About]:
    """The known values of members, with labels taking precedence. Raises InputError if one names no member."""
    found = list(known)
    unknown = []
    for pattern, label in labels.members.items():
        rows = [row for row, name in enumerate(names) if matches(name, (pattern,))]
        if not rows:
            unknown.append(pattern)
        for row in rows:
            found[row] = found[row].model_copy(update=_as_known(label.age, label.sex))
    if unknown:
        what = f"The labels name members that the bank does not have: {listed(unknown)}"
        hint = suggestion(unknown[0], names, "Correct the names, or remove them")
        raise InputError(what, hint=hint)
    return found


def read_labels(path: Path) -> Labels:
    """Raises InputError, with every problem and its line, if the file can't be read."""
    document = read_yaml(path)
    found = None if document.problems else validated(document.data, Labels, document)
    if found is None:
        raise InputError(
            f"The labels can't be read: {'; '.join(map(str, document.problems))}",
            hint="Write schema_version: 1 and members: {NAME: {age: 30, sex: female}}",
            where=Where(file=str(path)),
        )
    return found


def _as_known(age: float | None, sex: str | None) -> dict[str, float | str | None]:
    found: dict[str, float | str | None] = {}
    if age is not None:
        found |= {"age": age, "age_deviation": None}
    if sex is not None:
        found |= {"sex": sex, "sex_probability": None}
    return found


def _estimated(faces: Faces) -> list[About]:
    chips = [cut(*each, age_sex.CHIP) for each in zip(faces.crops, faces.landmarks, strict=True)]
    found = age_sex.estimated(np.stack(chips))
    return [
        About(
            age=round(float(age), 1),
            age_deviation=round(float(deviation), 1),
            sex="male" if male > 0.5 else "female",
            sex_probability=round(float(max(male, 1 - male)), 3),
        )
        for age, deviation, male in zip(found.age, found.age_deviation, found.male, strict=True)
    ]
