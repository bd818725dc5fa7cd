"""The engines to evaluate: by name, and a training's model packages; none whose licence does not allow it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from fsvfx.context import Context
from fsvfx.engines.contract import FIT, Engine
from fsvfx.engines.open_set import OpenSet
from fsvfx.engines.packaged import PackagedEngine, PackageSettings
from fsvfx.engines.registry import checked, engine, settings_of
from fsvfx.errors import InputError, Where
from fsvfx.evaluation.floor import Blur
from fsvfx.evaluation.package import packaged
from fsvfx.packages import Packages, card_of, is_starter, roster_in, starter_of
from fsvfx.rights.weights import check_use, evaluation_weights, package_weights
from schemas.job import TrainJob
from schemas.manifest import HeldLicence, Purpose

BESIDE = ("landmark_warp", Blur.name)
"""Engines that general models are compared with: a ceiling, and a floor."""
_LIKE = """Write them like '{"shape": 0.5}'"""


@dataclass(frozen=True)
class Contestant:
    """An engine to evaluate; package: the model package that it swaps with, if the engine learns."""

    label: str
    engine: Engine[Any]
    package: Path | None = None
    is_own: bool = True
    """Whether the package belongs to the training whose manifest is evaluated: its report is written into it."""


def of_packages(job: TrainJob, wanted: Sequence[str], device: str) -> list[Contestant]:
    """The training's packages, by the first digits of their sha256; by default, the newest. Raises InputError,
    ModelError."""
    cards = {package: card_of(package) for package in Packages.of(job).all(job.model) if not is_starter(package)}
    available = sorted(cards, key=lambda package: cards[package].trained_at)
    if not available:
        raise InputError(
            f"'{job.model}' has no package yet",
            hint=f"Run fsvfx train {job.manifest}, or name an engine that needs no training: --engine landmark_warp",
            where=Where(file=job.packages),
        )
    chosen = [
        _only([each for each in available if cards[each].sha256.startswith(sha)], sha, available) for sha in wanted
    ]
    return [of_package(each, device) for each in chosen or available[-1:]]


def of_package(package: Path, device: str) -> Contestant:
    """Raises ModelError if its card can't be read."""
    return Contestant(f"{package.parent.name} {package.name[:6]}", packaged(package, device), package)


def of_engines(names: Sequence[str], settings: Sequence[str], device: str) -> list[Contestant]:
    """Engines by name, or ``blur``, each with its settings (JSON) at the same position.

    An engine that learns uses a package trained only on made-up people: the one named in its settings, otherwise its
    starter. Raises InputError, ModelError.
    """
    if len(settings) > len(names):
        raise InputError("There are more --settings than --engine options", hint="Give each engine its own, in order")
    values = [*map(_settings, settings), *({} for _ in names[len(settings) :])]
    context = Context(device=device)
    made = [_made(name, each, context) for name, each in zip(names, values, strict=True)]
    return [
        replace(each, label=name if names.count(name) == 1 else f"{name} {place}")
        for place, (name, each) in enumerate(zip(names, made, strict=True), 1)
    ]


def check_licences(
    contestants: Sequence[Contestant], purpose: Purpose, licences: Mapping[str, HeldLicence] | None = None
) -> None:
    """Raises LicenceError that lists the weights of all engines and packages that ``purpose`` does not allow."""
    own = [package_weights(card_of(each.package)) for each in contestants if each.package]
    cards = [name for each in contestants for name in each.engine.weights(each.engine.settings)]
    cards += [each.engine.context.head for each in contestants if FIT in each.engine.reads]
    check_use([*evaluation_weights(cards), *own], purpose, licences)


def trained_by(contestants: Iterable[Contestant]) -> set[str]:
    """Identity networks used in training the contestants: those can't be judges."""
    return {each.engine.network for each in contestants if isinstance(each.engine, OpenSet)}


def learned_by(contestants: Iterable[Contestant]) -> set[str]:
    """All people whose faces are in the weights. Raises ModelError if a package's card or roster can't be read."""
    found: set[str] = set()
    for package in filter(None, (each.package for each in contestants)):
        card = card_of(package)
        found |= {*card.everybody, *(roster_in(package, card.roster.sha256).people if card.roster else ())}
    return found


def _made(name: str, values: Mapping[str, JsonValue], context: Context) -> Contestant:
    if name == Blur.name:
        return Contestant(name, Blur(checked(name, Blur.Settings, values), context))
    if not issubclass(engine(name), PackagedEngine):
        return Contestant(name, engine(name)(settings_of(name, values), context))
    own = starter_of(name) if "model" not in values else None
    if own is None and "model" not in values:
        raise _not_trained(name)
    settings = settings_of(name, {**({"model": own.model, "sha256": own.sha256} if own else {}), **values})
    assert isinstance(settings, PackageSettings)
    package = context.packages.find(settings.model, settings.sha256)
    card = card_of(package)
    if card.roster is None or card.roster.real:
        raise _not_trained(name)  # that training's manifest checks their consent
    return Contestant(name, engine(name)(settings, context), package, is_own=False)


def _not_trained(name: str) -> InputError:
    return InputError(
        f"Engine '{name}' must be trained first",
        hint="Give its training manifest, and perhaps --model; fsvfx actors DIR makes footage to train on",
        where=Where(field="--engine"),
    )


def _only(found: Sequence[Path], sha: str, available: Sequence[Path]) -> Path:
    if len(found) != 1:
        raise InputError(
            f"{len(found) or 'No'} packages have a sha256 that begins with '{sha}'",
            hint=f"Available: {', '.join(each.name for each in available)}",
            where=Where(field="--model"),
        )
    return found[0]


def _settings(text: str) -> dict[str, JsonValue]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise InputError(f"The settings are not JSON: {error}", hint=_LIKE, where=Where(field="--settings")) from error
    if not isinstance(found, dict):
        raise InputError("The settings are not a JSON object", hint=_LIKE, where=Where(field="--settings"))
    return found
