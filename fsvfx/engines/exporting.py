"""What exports of packages have in common: what may be exported, the file's metadata, and when it is written."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fsvfx import extras, packages
from fsvfx.disk import place_file
from fsvfx.engines.packaged import restored
from fsvfx.engines.registry import learned
from fsvfx.engines.trainable import ClosedModel, Model
from fsvfx.errors import InputError, MachineError, Where
from fsvfx.outputs import Named
from schemas.package import PackageCard

if TYPE_CHECKING:
    import onnx

LIMIT = 1e-4
"""Largest allowed difference of a value in [0, 1] from torch's: 1/40 of an 8-bit step."""


@dataclass(frozen=True)
class Exported:
    """outputs: their names. difference: the largest from torch, for values in [0, 1]."""

    file: Path
    outputs: tuple[str, ...]
    difference: float
    opset: int
    metadata: dict[str, str]


@dataclass(frozen=True)
class Source:
    """A package's networks, to be exported."""

    package: Path
    card: PackageCard
    model: Model[Any]


@dataclass(frozen=True)
class Pair:
    """The networks of a package that has learned certain people, to be exported for one of them."""

    source: Source
    person: str
    model: ClosedModel


def opened(package: Path, out: Path, *, force: bool) -> Source:
    """The networks to export to ``out``. Raises InputError (``out`` is there already), ModelError (the package is
    broken), MachineError (an optional package is missing)."""
    extras.require("onnxscript", what="Exporting to ONNX")
    card = packages.card_of(package)
    Named(force, tuple(package.iterdir())).check_free(out)
    return Source(package, card, restored(learned(card.engine), package))


def opened_for(package: Path, out: Path, person: str | None, *, force: bool) -> Pair:
    """The same for ``person``; None: the package's first. Also raises InputError if it has not learned the person."""
    card = packages.card_of(package)
    who = _known(card, person) if card.names else ""
    source = opened(package, out, force=force)
    if not who or not isinstance(source.model, ClosedModel):
        raise InputError(
            f"'{card.model}' takes its identity from reference pictures, so a file of one person can't be made",
            hint="Export it as .onnx, for anybody; or export a model that was trained on the people it swaps",
        )
    return Pair(source, who, source.model)


def placed(source: Source, proto: onnx.ModelProto, out: Path, found: float, taken: str, **more: str) -> Exported:
    """Write a graph to ``out`` with its metadata, unless its output differs by more than LIMIT from torch's.

    found: that difference. taken: its inputs, in words. more: further metadata. Raises MachineError.
    """
    if not found <= LIMIT:  # NaN is no agreement either
        raise MachineError(
            f"The ONNX file would differ from the package by {found:.2g}; at most {LIMIT:g} is allowed",
            hint="Nothing was written; report it to the engine's maintainer",
            where=Where(file=str(source.package)),
        )
    metadata = _metadata(source, taken, **more)
    for name, said in metadata.items():
        proto.metadata_props.add(key=name, value=said)
    place_file(out, proto.SerializeToString())
    names = tuple(each.name for each in proto.graph.output)
    return Exported(out, names, found, proto.opset_import[0].version, metadata)


def whose(pair: Pair) -> dict[str, str]:
    """Metadata: whose face it makes, everybody it has learned, and with which consent."""
    card = pair.source.card
    return {
        "person": pair.person,
        "people": ", ".join(card.everybody),
        "consents": ", ".join(each.consent for each in card.people),
    }


def _known(card: PackageCard, person: str | None) -> str:
    known = learned(card.engine).identities(card.names)
    if person is None:
        return known[0]
    if person not in known:
        raise InputError(
            f"The model package '{card.model}' has learned {', '.join(known)}, not '{person}'", hint="Name one of them"
        )
    return person


def _metadata(source: Source, taken: str, **more: str) -> dict[str, str]:
    """The file's metadata: what it is, and what it may be used for. ``fsvfx models add`` reads it."""
    card = source.card
    said = {
        "model": card.model,
        "weights_sha256": card.sha256,
        "card_sha256": hashlib.sha256((source.package / packages.CARD).read_bytes()).hexdigest(),
        "engine": card.engine,
        "licence": card.licence,
        **({"commercial_use": allowed} if (allowed := _allowed(card)) else {}),
        "resolution": str(source.model.resolution),
        "input": taken,
        "cut": "aligned",
        **more,
    }
    return {f"fsvfx.{name}": text for name, text in said.items()}


def _allowed(card: PackageCard) -> str:
    """Empty if the card leaves it to the licence's words and these forbid nothing: then whoever adds the file is
    asked."""
    if not card.allows_commercial_use:
        return "no"
    return "yes" if card.commercial_use else ""
