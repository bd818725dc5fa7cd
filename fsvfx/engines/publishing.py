"""Packages for everybody: a general model trained only on made-up people, made as small as possible."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from fsvfx import packages
from fsvfx.engines.packaged import restored
from fsvfx.engines.registry import learned
from fsvfx.errors import InputError, ModelError, Where
from schemas.package import PackageCard
from schemas.roster import Roster


def publish(package: Path, root: Path, *, model: str, licence: str) -> Path:
    """Write a package below ``root`` that anybody may use, and return its folder.

    Its weights are the given package's as float16, without what only training needs; its name is ``model``; its card
    has ``licence``, and its roster the terms of the generators that made up the people.

    Raises InputError with every reason against it; ModelError if the package is broken, or its weights do not fit into
    float16; MachineError.
    """
    card = packages.card_of(package)
    roster = packages.roster_in(package, card.roster.sha256) if card.roster else None
    if reasons := tuple(_against(card, roster)):
        raise InputError(
            "This package is not for everybody: " + "; ".join(reasons),
            hint="Train a general model only on made-up people whose licences allow commercial use",
            where=Where(file=str(package)),
        )
    assert roster is not None, "what has none was refused"
    networks = restored(learned(card.engine), package)
    weights = {name: _half(package, name, value) for name, value in networks.state_dict().items()}
    said = {"model": model, "licence": licence, "published_from": card.sha256}

    def published(sha256: str) -> PackageCard:
        return PackageCard.model_validate(card.model_dump(mode="json") | said | {"sha256": sha256})

    return packages.place(root, weights, published, {packages.ROSTER: packages.roster_bytes(roster)})


def _against(card: PackageCard, roster: Roster | None) -> Iterator[str]:
    if roster is None:
        yield f"'{card.model}' has learned certain people, {', '.join(card.names)}"
        return
    for one in roster.members:
        yield f"{one.person} exists, and their face is in '{card.model}'"
    for each in roster.collections:
        if not each.made_up:
            yield f"the people of collection {each.collection} exist, and are in '{card.model}'"
        if each.is_test_record:
            yield f"the record {each.record} of collection {each.collection} is for tests"
    if card.start and card.start.people:
        yield f"'{card.model}' was trained from '{card.start.model}', which has learned {', '.join(card.start.people)}"
    if card.commercial_use is not True:
        yield f"'{card.model}' may not be used commercially"
    if card.published_from:
        yield f"'{card.model}' was made for everybody already"


def _half(package: Path, name: str, weights: Tensor) -> Tensor:
    if not weights.is_floating_point():
        return weights
    half = weights.half()
    if not torch.isfinite(half).all():
        raise ModelError(
            f"The weights '{name}' do not fit into float16",
            hint="Train longer with a lower rate: such weights are a sign of divergence",
            where=Where(file=str(package)),
        )
    return half
