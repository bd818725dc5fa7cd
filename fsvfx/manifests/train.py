"""YAML file -> TrainManifest -> TrainJob."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from fsvfx.errors import InputError
from fsvfx.manifests.check_licences import check_licences, held_at
from fsvfx.manifests.check_paths import check_paths
from fsvfx.manifests.check_train import check_excluded, check_folders, check_footage, check_learned, check_learner
from fsvfx.manifests.check_work import check_spaces
from fsvfx.manifests.checks import check_frames, check_names
from fsvfx.manifests.colours import colour_config
from fsvfx.manifests.draft import Draft
from fsvfx.manifests.load import load
from fsvfx.manifests.models import start_of
from fsvfx.manifests.reading import Kind, is_shots, sound
from fsvfx.manifests.resolve import person_at, plate_at, store_at
from fsvfx.manifests.shot_footage import check_shot_footage, entry_of, shot_of
from fsvfx.manifests.shot_job import shot_job
from fsvfx.manifests.train_draft import train_draft_of
from fsvfx.manifests.yaml_text import Finding, read_yaml
from fsvfx.reach import Reach
from schemas.job import FootageJob, ShotJob, TrainJob
from schemas.manifest import Replace, Shot
from schemas.train import Footage, TrainManifest
from schemas.upgrade import upgrade_training


def load_training(path: Path) -> TrainManifest:
    """Read and check the training manifest at ``path``; of all that it names, only shot manifests are opened.

    Raises ManifestError with every problem.
    """
    return sound(read_yaml(path), path, TRAINING)


def training_job(path: Path, *, store: str | None = None) -> TrainJob:
    """The job of the training manifest at ``path``, with absolute paths and all defaults filled in.

    ``store``: as for shots; it takes the place of the shot manifests' own, too. The card of the package that training
    starts with is opened. Raises ManifestError; ModelError if that can't be read.
    """
    from fsvfx.engines import registry

    manifest = load_training(path)
    reach = Reach(path, manifest.production)
    engine = registry.learned(manifest.engine)
    return TrainJob(
        production=manifest.production,
        model=manifest.model,
        engine=manifest.engine,
        architecture=engine.Architecture.model_validate(manifest.architecture).model_dump(mode="json"),
        learned=manifest.learned,
        people={name: person_at(reach, person) for name, person in manifest.people.items()},
        footage=_footage(manifest, path, store),
        faceset=manifest.faceset,
        augmentation=manifest.augmentation,
        trainer=manifest.trainer,
        start=manifest.start,
        models=start_of(manifest, path),
        licence=manifest.licence,
        store=store_at(reach, manifest.store, store),
        folder=str(reach.file(manifest.training) / manifest.model),
        packages=str(reach.file(manifest.packages)),
        manifest=str(path.absolute()),
        purpose=manifest.purpose,
        licences=held_at(manifest.licences, reach),
    )


def _footage(manifest: TrainManifest, path: Path, store: str | None) -> tuple[FootageJob, ...]:
    read, reach = cache(load), Reach(path, manifest.production)

    def made(footage: Footage) -> FootageJob:
        if footage.shot is None:
            job = _plate_job(manifest, footage, path, store)
        else:
            where, found, shot = shot_of(reach, footage.shot, read)
            job = shot_job(found, shot, where, store).model_copy(update={"deliver": ()})
        entry = entry_of(job.shot, footage.person)
        assert entry is not None, "the checks hold it"
        job = job.model_copy(update={"purpose": manifest.purpose, "licences": held_at(manifest.licences, reach)})
        return FootageJob(name=footage.name, person=footage.person, entry=entry, shot=job)

    return tuple(map(made, manifest.footage))


def _plate_job(manifest: TrainManifest, footage: Footage, path: Path, store: str | None) -> ShotJob:
    """A shot that replaces the person by themselves: whose face goes in does not matter up to ``align``."""
    assert footage.plate is not None, "the schema holds it"
    reach = Reach(path, manifest.production)
    config, file = colour_config(reach, manifest.color.config)
    themselves = Replace(
        performer=footage.person,
        identity=footage.person,
        engine="landmark_warp",
        track=footage.track,
        position=footage.position,
    )
    return ShotJob(
        production=manifest.production,
        shot=Shot(
            name=footage.name,
            plate=plate_at(reach, footage.plate, config),
            replace=(themselves,),
            faces=manifest.faces,
            chunk_size=manifest.chunk_size,
        ),
        people={footage.person: person_at(reach, manifest.people[footage.person])},
        deliver=(),
        store=store_at(reach, manifest.store, store),
        colour_config=config,
        colour_file=file,
        manifest=str(path.absolute()),
    )


def _findings(data: dict[str, Any], path: Path) -> Iterator[Finding]:
    draft = train_draft_of(data)
    yield from check_names(draft.common)
    yield from check_learned(draft)
    yield from check_footage(draft)
    yield from check_excluded(draft)
    yield from check_frames(draft.common)
    yield from check_paths(draft.common, path)
    yield from check_folders(draft, path)
    yield from check_shot_footage(draft, path)
    yield from _check_colours(draft.common, path)
    yield from check_learner(draft)
    yield from check_licences(draft.common, data, path)


def _check_colours(draft: Draft, path: Path) -> Iterator[Finding]:
    """Without a config nothing is known of its spaces."""
    try:
        config, _ = colour_config(Reach(path, draft.production), draft.colour_config)
    except InputError as error:
        yield Finding(("color", "config"), error.what, error.hint)
    else:
        yield from check_spaces(draft, config)


TRAINING = Kind(
    model=TrainManifest,
    is_other=is_shots,
    other=Finding((), "it is a manifest of shots, not of a training", "Run `fsvfx submit` with it"),
    upgraded=upgrade_training,
    findings=_findings,
)
