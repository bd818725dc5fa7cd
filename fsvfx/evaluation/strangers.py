"""Trials of a crowd's people: identities by their pictures, performers by footage or stills that training never saw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fsvfx.engines.contract import Identity
from fsvfx.errors import InputError
from fsvfx.evaluation.held_out import chosen_rows, faces_at, footage_at, held_out_rows, identity_at, known_by
from fsvfx.evaluation.pairing import Pair, pairs_of
from fsvfx.evaluation.trial import Trial
from fsvfx.facesets.unseen import Unseen
from schemas.evaluation import Group


@dataclass(frozen=True)
class Asked:
    """What to evaluate: maximum number of pairs in each group and of faces per performer; whether identities are known
    by one picture; a single identity or performer, if wanted; whether they are people that the model learned."""

    pairs: int = 12
    faces: int = 24
    one_reference: bool = False
    identity: str | None = None
    performer: str | None = None
    learned: bool = False


def paired(people: Mapping[str, Unseen], asked: Asked) -> dict[Group, list[Pair]]:
    """Grouped by the performer's material. Identities have the same kind, if there are two such people; otherwise any.

    Raises InputError if there are no two people, or somebody is missing.
    """
    for name in filter(None, (asked.identity, asked.performer)):
        if name not in people:
            few = ", ".join(sorted(people)[:12]) + (", ..." if len(people) > 12 else "")
            raise InputError(f"'{name}' is not among the people to evaluate on", hint=f"They are: {few or 'nobody'}")
    if len(people) < 2:
        raise _too_few(len(people), asked)
    yaws = {name: each.faceset.pose[:, 0] for name, each in people.items()}
    found: dict[Group, list[Pair]] = {}
    for group, moving in (("footage", True), ("stills", False)):
        same = [name for name, each in people.items() if each.moving == moving]
        performers = [name for name in same if asked.performer in (None, name)]
        identities = [asked.identity] if asked.identity else same if len(same) > 1 else list(people)
        if pairs := pairs_of(yaws, performers, identities, asked.pairs):
            found[group] = pairs  # type: ignore[index]
    if not found:
        raise InputError("Identity and performer are the same", hint="Name two people")
    return found


def _too_few(count: int, asked: Asked) -> InputError:
    if asked.learned:
        return InputError(
            f"{count or 'None'} of the people it learned have footage with held-out frames, and a swap needs two",
            hint="Evaluate on people who are held out: leave out --learned",
        )
    return InputError(
        f"{'Only one person is' if count else 'Nobody is'} held out of the training, and a swap needs two",
        hint="Hold more people out: learn.held_out, by name or share; or evaluate on those it learned: --learned",
    )


def trials(people: Mapping[str, Unseen], pairs: list[Pair], asked: Asked) -> Iterator[Trial]:
    """One at a time: only one trial's pictures are in memory. Raises StoreError, ModelError."""
    known = {name: each.code if each.code is not None else known_by(each.faceset) for name, each in people.items()}
    for pair in pairs:
        performer = people[pair.performer].faceset
        rows = held_out_rows(performer, asked.faces)
        yield Trial(
            faces=faces_at(performer, rows),
            footage=footage_at(performer, rows),
            identity=_identity(people[pair.identity], float(np.median(performer.pose[rows, 0])), asked.one_reference),
            performer=pair.performer,
            people=known,
        )


def _identity(one: Unseen, yaw: float, single: bool) -> Identity:
    """By several pictures, or by the one with the nearest yaw (degrees): from the training faces, if there are any."""
    rows: NDArray[np.int64] = chosen_rows(one.faceset, held_out=bool(one.faceset.held_out.all()))
    if single:
        rows = rows[[int(np.abs(one.faceset.pose[rows, 0] - yaw).argmin())]]
    return identity_at(one.faceset, rows)
