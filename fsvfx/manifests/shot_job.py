"""A shot of a manifest as a job, with its paths resolved."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fsvfx.colour import check_space
from fsvfx.errors import InputError, Where
from fsvfx.manifests.check_licences import held_at
from fsvfx.manifests.colours import colour_config
from fsvfx.manifests.resolve import named_store, person_at, plate_at, store_at
from fsvfx.reach import Reach
from fsvfx.suggestions import suggestion
from schemas.deliver import Deliver, template
from schemas.job import ShotJob
from schemas.manifest import Manifest, Replace, Shot
from schemas.templates import filled


def shots_of(manifest: Manifest, names: Sequence[str], path: Path) -> list[Shot]:
    """Those named, or all, in the manifest's order. Raises InputError if there is no such shot."""
    known = [shot.name for shot in manifest.shots]
    for name in names:
        if name not in known:
            hint = suggestion(name, known)
            raise InputError(f"The manifest has no shot '{name}'", hint=hint, where=Where(file=str(path)))
    return [shot for shot in manifest.shots if not names or shot.name in names]


def shot_job(manifest: Manifest, shot: Shot, path: Path, store: str | None) -> ShotJob:
    """The job of a shot of the manifest at ``path``; it says nothing yet of the models that its engines use."""
    reach = Reach(path, manifest.production)
    config, file = colour_config(reach, manifest.color.config)
    named = {name for entry in shot.replace for name in (entry.performer, entry.identity)}
    replace = tuple(_entry(one, reach) for one in shot.replace)
    return ShotJob(
        production=manifest.production,
        shot=shot.model_copy(update={"plate": plate_at(reach, shot.plate, config), "replace": replace}),
        people={name: person_at(reach, person) for name, person in manifest.people.items() if name in named},
        packages=str(reach.file(manifest.packages)),
        deliver=tuple(_deliver(one, shot.name, reach, config) for one in manifest.deliver),
        store=store_at(reach, manifest.store, store),
        chosen_store=named_store(store) if store else "",
        colour_config=config,
        colour_file=file,
        manifest=str(path.absolute()),
        purpose=manifest.purpose,
        licences=held_at(manifest.licences, reach),
    )


def _entry(entry: Replace, reach: Reach) -> Replace:
    return entry.model_copy(update={"roto": reach.place(entry.roto)}) if entry.roto else entry


def _deliver(deliver: Deliver, shot: str, reach: Reach, config: str) -> Deliver:
    update = {"path": reach.place(filled(template(deliver), shot, str(reach.production)))}
    if space := getattr(deliver, "color_space", None):
        update["color_space"] = check_space(config, space)
    return deliver.model_copy(update=update)
