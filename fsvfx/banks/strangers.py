"""Faces that nobody has: vectors drawn far from everybody's, shown by the linear prior of a general model, and with the
details of a bank's members, mixed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fsvfx.banks.bank import Bank, Faces
from fsvfx.banks.build import SIDE
from fsvfx.banks.details import PARTS, mixed
from fsvfx.errors import InputError
from fsvfx.faces import embedding
from fsvfx.faces.embedding import SAME_PERSON
from fsvfx.identity.contract import distance
from fsvfx.packages import weights_in
from schemas.bank_card import BankCard
from schemas.collection import CollectionRecord, Generator
from schemas.package import PackageCard

F32 = NDArray[np.float32]

_DRAWS = 50
"""Vectors drawn for each that is kept."""
_PRIOR = "prior_"


def stranger_record(name: str, card: PackageCard) -> CollectionRecord:
    """What is said of faces drawn from a model. Raises InputError if that has learned people who exist."""
    if card.roster is None or card.roster.real:
        who = "named people" if card.roster is None else f"{card.roster.real} people who exist"
        raise InputError(
            f"Model '{card.model}' has learned {who}: faces drawn from it would be made from theirs",
            hint="Draw strangers from a model that has learned only made-up people, such as the starter of refine",
        )
    drawn_from = Generator(name=f"fsvfx {card.model}@{card.sha256[:12]}", terms=card.licence)
    return CollectionRecord(
        schema_version=1,
        record_id=f"strangers-{name}",
        collection=name,
        people=("stranger_*",),
        made_up=True,
        generators=(drawn_from,),
        statement="Faces that nobody has: drawn at random from a model that has learned made-up people alone, and kept "
        "only where they are far from everybody at hand.",
        source="fsvfx bank build --strangers",
        licence=card.licence,
        commercial_use=card.allows_commercial_use,
    )


def with_details(record: CollectionRecord, giver: BankCard) -> CollectionRecord:
    """The record of strangers who have details of a bank's members. Those don't exist either: a bank has no others."""
    licences = dict.fromkeys((record.licence, giver.record.licence))
    details = f" What is finer is mixed of {PARTS} members each of bank {giver.bank}@{giver.sha256[:12]}."
    return record.model_copy(
        update={
            "generators": (*record.generators, *giver.record.generators),
            "statement": record.statement + details,
            "licence": " and ".join(licences),
            "commercial_use": record.commercial_use and giver.record.commercial_use,
            "is_test_record": giver.record.is_test_record,
        }
    )


def with_details_of(faces: Faces, givers: Bank, seed: int) -> Faces:
    """Drawn faces with details; left out is who would be taken for a giver whatever three are chosen.

    Raises InputError if the bank has too few members, or nobody is left; ModelError if weights are not here.
    """
    if len(givers.crops) < PARTS:
        what = f"Bank '{givers.card.bank}' has {len(givers.crops)} members, but details come from {PARTS} people"
        raise InputError(what, hint="Take details from a larger bank")
    random = np.random.default_rng(seed)
    shown = np.asarray(faces.crops / np.float32(255), np.float32)
    made = [mixed(crop, mesh, givers, random) for crop, mesh in zip(shown, faces.landmarks, strict=True)]
    kept = [row for row, crop in enumerate(made) if crop is not None]
    if not kept:
        what = f"With details from bank '{givers.card.bank}' every stranger is recognized as one of its members"
        raise InputError(what, hint="Take details from a larger bank, or draw strangers without --details")
    crops = np.stack([crop for crop in made if crop is not None])
    return Faces(
        names=tuple(faces.names[row] for row in kept),
        crops=np.rint(crops * 255).astype(np.uint8),
        landmarks=faces.landmarks[kept],
        sharpness=faces.sharpness[kept],
        code=embedding.vectors_in(crops, faces.landmarks[kept], embedding.NETWORK),
    )


def drawn(package: Path, card: PackageCard, count: int, seed: int, known: F32) -> Faces:
    """``count`` strangers, each far from the vectors ``known`` (k, 128) and from each other.

    Raises InputError if the model has no linear prior, or there is no room for so many; ModelError if it is broken.
    """
    from fsvfx.engines.priors import LinearPrior, portrait  # here: they bring torch

    held = {
        name.removeprefix(_PRIOR): tensor.float().numpy()
        for name, tensor in weights_in(package, card.sha256).items()
        if name.startswith(_PRIOR)
    }
    if not held:
        raise InputError(f"Model '{card.model}' has no linear prior", hint="Draw strangers from the starter of refine")
    prior = LinearPrior(**held)
    random = np.random.default_rng(seed)
    draws = random.normal(size=(_DRAWS * count, len(prior.centre))).astype(np.float32)
    codes = far_apart(prior.centre + draws * prior.spread, known, count)
    shown = [portrait(prior.of(code), SIDE) for code in codes]
    return Faces(
        names=tuple(f"stranger_{number:03d}" for number in range(1, count + 1)),
        crops=np.stack([np.rint(crop * 255).astype(np.uint8) for crop, _ in shown]),
        landmarks=np.stack([mesh for _, mesh in shown]),
        sharpness=np.ones(count, np.float32),
        code=codes,
    )


def far_apart(candidates: F32, known: F32, count: int) -> F32:
    """(count, d) of the candidates (n, d): always the one that is furthest from all that are known or taken.

    Raises InputError if one of them would be near enough to pass for the same person (``SAME_PERSON``).
    """
    apart = _nearest(candidates, known)
    taken: list[int] = []
    for _ in range(count):
        best = int(np.argmax(apart))
        if apart[best] < SAME_PERSON:
            raise InputError(
                f"Only {len(taken)} of {count} strangers are far enough from everybody", hint="Ask for fewer strangers"
            )
        taken.append(best)
        apart = np.minimum(apart, distance(candidates, candidates[best]))
    return candidates[taken]


def _nearest(candidates: F32, known: F32) -> NDArray[np.float64]:
    rows: Sequence[NDArray[np.float64]] = [distance(candidates, each) for each in known]
    return np.min(rows, axis=0) if len(rows) else np.full(len(candidates), np.inf)
