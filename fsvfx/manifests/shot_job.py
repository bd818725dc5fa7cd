"""Shots of a manifest as jobs: paths absolute, color spaces by their full names, the models that they use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fsvfx.colour import ColourConfig, check_space
from fsvfx.delivery import kinds
from fsvfx.manifests.check_licences import held_at
from fsvfx.manifests.check_shots import shots_of
from fsvfx.manifests.color_config import colour_config
from fsvfx.manifests.job_models import with_models
from fsvfx.manifests.load import load
from fsvfx.manifests.placed import named_store, person_at, plate_at, store_at
from fsvfx.reach import Reach
from schemas.deliver import Deliver, DeliverOther, template
from schemas.job import ShotJob, people_of
from schemas.manifest import Manifest, Person, Replace, Shot
from schemas.templates import filled


def jobs(path: Path, *, shots: Sequence[str] = (), store: str | None = None) -> list[ShotJob]:
    """A job for each shot of the manifest at ``path`` (or for those named in ``shots``), with absolute paths.

    ``store`` replaces the manifest's own: a folder relative to the working folder, ``s3://`` or ``memory://``; it is
    set by the user of fsvfx, so it may be anywhere. The cards of model packages that engines use are opened. Raises
    ManifestError; InputError if there is no such shot; ModelError if a card can't be read.
    """
    manifest = load(path, store=None if store is None else named_store(store))
    selected = _shot_jobs(manifest, shots_of(manifest, shots, path), path, store)
    return with_models(selected, manifest, path)


def shot_job(manifest: Manifest, shot: Shot, path: Path, store: str | None) -> ShotJob:
    """The job of a shot of the manifest at ``path``; without the models of its engines."""
    return _shot_jobs(manifest, [shot], path, store)[0]


def _shot_jobs(manifest: Manifest, shots: Sequence[Shot], path: Path, store: str | None) -> list[ShotJob]:
    """Data that the shots have in common are looked up once."""
    reach = Reach(path, manifest.production)
    config = colour_config(reach, manifest.color.config)
    named = {name for shot in shots for name in _people_of(shot)}
    people = {name: person_at(reach, person) for name, person in manifest.people.items() if name in named}
    common: dict[str, Any] = {
        "production": manifest.production,
        "packages": str(reach.file(manifest.packages)),
        "store": store_at(reach, manifest.store.path, store),
        "keep": manifest.store.keep,
        "chosen_store": named_store(store) if store else "",
        "colour_config": config.name,
        "colour_file": config.file,
        "manifest": str(path.absolute()),
        "purpose": manifest.purpose,
        "licences": held_at(manifest.licences, reach),
        "revocations": str(reach.file(manifest.revocations)) if manifest.revocations else "",
    }
    return [_shot_job(manifest, shot, reach, config, people, common) for shot in shots]


def _shot_job(
    manifest: Manifest,
    shot: Shot,
    reach: Reach,
    config: ColourConfig,
    people: Mapping[str, Person],
    common: Mapping[str, Any],
) -> ShotJob:
    named = _people_of(shot)
    replace = tuple(_entry(each, reach, config) for one in shot.replace for each in one.each)
    return ShotJob(
        shot=shot.model_copy(update={"plate": plate_at(reach, shot.plate, config), "replace": replace}),
        people={name: person for name, person in people.items() if name in named},
        deliver=tuple(_deliver(one, shot.name, reach, config) for one in manifest.deliver),
        **common,
    )


def _people_of(shot: Shot) -> set[str]:
    return {name for entry in shot.replace for name in (*people_of(entry), *entry.shown)}


def _entry(entry: Replace, reach: Reach, config: ColourConfig) -> Replace:
    if entry.driver:
        plate = plate_at(reach, entry.driver.plate, config)
        entry = entry.model_copy(update={"driver": entry.driver.model_copy(update={"plate": plate})})
    return entry.model_copy(update={"roto": reach.place(entry.roto)}) if entry.roto else entry


def _deliver(deliver: Deliver, shot: str, reach: Reach, config: ColourConfig) -> Deliver:
    update = {"path": reach.place(filled(template(deliver), shot, str(reach.production)))}
    if space := getattr(deliver, "color_space", None):
        update["color_space"] = check_space(config, space)
    return _whole(deliver.model_copy(update=update))


def _whole(deliver: Deliver) -> Deliver:
    """With the defaults and the version of a kind from a package: they are in the job, and so in its keys."""
    if not isinstance(deliver, DeliverOther):
        return deliver
    wish = kinds.wish(deliver)
    return DeliverOther(**wish.settings.model_dump(mode="json") | {"kind_version": wish.kind.version})
