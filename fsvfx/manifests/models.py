"""Which model packages are used, by a shot's engines or as a training's start, and whose faces they were trained on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from fsvfx import packages
from fsvfx.errors import InputError, ManifestError, Problem
from fsvfx.manifests.resolve import person_at
from fsvfx.manifests.yaml_text import Loc, dotted
from fsvfx.packages import card_for, check_knows
from fsvfx.reach import Reach
from schemas.job import ShotJob, TrainedModel
from schemas.manifest import Manifest, Replace, Settings
from schemas.package import PackageCard
from schemas.train import TrainManifest


def with_models(jobs: Sequence[ShotJob], manifest: Manifest, path: Path) -> list[ShotJob]:
    """The ``jobs`` of the manifest at ``path``, with their models and everybody on whom those were trained.

    Opens the packages' cards. Raises ManifestError with every entry whose package is not there or does not fit;
    ModelError if a card can't be read.
    """
    names = [shot.name for shot in manifest.shots]
    problems: list[Problem] = []
    made = [_with_models(job, ("shots", names.index(job.shot.name)), manifest, path, problems) for job in jobs]
    if problems:
        raise ManifestError(str(path), tuple(problems))
    return made


def start_of(manifest: TrainManifest, path: Path) -> tuple[TrainedModel, ...]:
    """The package that the training at ``path`` begins with, if it does; of the manifest's engine.

    Raises ManifestError if it is not there or does not fit, or if people are named who are neither learned nor in it;
    ModelError if its card can't be read.
    """
    if manifest.start is None:
        return ()
    reach = Reach(path, manifest.production)
    packages.use(str(reach.file(manifest.packages)), reach)
    try:
        card = card_for(manifest.engine, manifest.start.model, manifest.start.sha256)
    except InputError as error:
        raise ManifestError(str(path), (Problem("start.model", error.what, error.hint),)) from error
    strangers = sorted(manifest.people.keys() - {*manifest.learned, *card.everybody})
    if strangers:
        hint = "Leave them out, or make them the identity, the performer or one of others"
        what = "'{}' is neither learned nor in the model that training begins with"
        raise ManifestError(str(path), tuple(Problem(f"people.{name}", what.format(name), hint) for name in strangers))
    return (_trained(card),)


def _with_models(job: ShotJob, at: Loc, manifest: Manifest, path: Path, problems: list[Problem]) -> ShotJob:
    packages.use(job.packages, Reach(path, manifest.production))
    models: dict[str, TrainedModel] = {}
    for index, entry in enumerate(job.shot.replace):
        for loc, settings in _settings(entry):
            try:
                card = card_for(entry.engine, str(settings["model"]), str(settings["sha256"]))
                check_knows(card.model, card.names, entry.identity)
            except InputError as error:
                place = dotted((*at, "replace", index, *loc, "model"))
                problems.append(Problem(place, error.what, error.hint))
            else:
                models[card.sha256] = _trained(card)
    people = {person for model in models.values() for person in model.people} - job.people.keys()
    reach = Reach(path, manifest.production)
    added = {name: person_at(reach, person) for name, person in manifest.people.items() if name in people}
    return job.model_copy(update={"models": tuple(models.values()), "people": {**job.people, **added}})


def _trained(card: PackageCard) -> TrainedModel:
    from fsvfx.rights.weights import package_weights

    return TrainedModel(
        model=card.model,
        sha256=card.sha256,
        engine=card.engine,
        people=card.everybody,
        licence=card.licence,
        commercial_use=bool(package_weights(card).commercial_use),
    )


def _settings(entry: Replace) -> Iterator[tuple[Loc, Settings]]:
    """All that an engine which learns is set to in an entry, and where each is said."""
    from fsvfx.engines.learned import LearnedEngine
    from fsvfx.engines.registry import engine

    if issubclass(engine(entry.engine), LearnedEngine):
        yield ("settings",), entry.settings
        for index, override in enumerate(entry.overrides):
            if {"model", "sha256"} & override.settings.keys():
                yield ("overrides", index, "settings"), {**entry.settings, **override.settings}
