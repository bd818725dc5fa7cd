"""A training manifest as a job: paths absolute, defaults filled in, each piece of footage as a shot."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from fsvfx.manifests.check_crowd import check_names_of, clips_at, no_clips
from fsvfx.manifests.check_licences import held_at
from fsvfx.manifests.check_train import (
    entry_of,
    shot_of,
)
from fsvfx.manifests.color_config import colour_config
from fsvfx.manifests.job_models import start_of
from fsvfx.manifests.load import load, load_training
from fsvfx.manifests.placed import person_at, plate_at, store_at
from fsvfx.manifests.shot_job import shot_job
from fsvfx.reach import Reach
from schemas.job import CollectionJob, FootageJob, ShotJob, TrainJob
from schemas.manifest import Plate, Replace, Shot
from schemas.train import Footage, Occluders, TrainManifest


def training_job(path: Path, *, store: str | None = None) -> TrainJob:
    """The job of the training manifest at ``path``, with absolute paths and all defaults filled in.

    Videos named by folder or glob are opened, to count their frames: raises PlateError. ``store``: as for shots; it
    also replaces the shot manifests' own. The card of the package that training starts from is opened. Raises
    ManifestError; ModelError if that can't be read.
    """
    from fsvfx.engines import registry

    manifest = load_training(path)
    reach = Reach(path, manifest.production)
    engine = registry.learned(manifest.engine)
    architecture = engine.Architecture.model_validate(manifest.architecture)
    return TrainJob(
        production=manifest.production,
        model=manifest.model,
        engine=manifest.engine,
        architecture=architecture.model_dump(mode="json"),
        learned=manifest.learned,
        collections=tuple(_collection(name, manifest, reach) for name in manifest.whom.collections),
        held_out=manifest.whom.held_out if manifest.whom.is_crowd else None,
        faces=manifest.faces,
        people={name: person_at(reach, person) for name, person in manifest.people.items()},
        footage=_footage(manifest, path, store),
        faceset=manifest.faceset,
        augmentation=manifest.augmentation,
        trainer=manifest.trainer,
        start=manifest.start,
        models=start_of(manifest, path),
        occluders=_occluders(manifest, reach) if engine.sees_occluders(architecture) else None,
        licence=manifest.licence,
        store=store_at(reach, manifest.store, store),
        folder=str(reach.file(manifest.training) / manifest.model),
        packages=str(reach.file(manifest.packages)),
        manifest=str(path.absolute()),
        purpose=manifest.purpose,
        licences=held_at(manifest.licences, reach),
        revocations=str(reach.file(manifest.revocations)) if manifest.revocations else "",
    )


def _occluders(manifest: TrainManifest, reach: Reach) -> Occluders:
    said = manifest.occluders or Occluders()
    return said.model_copy(update={"path": str(reach.file(said.path))}) if said.path else said


def _collection(name: str, manifest: TrainManifest, reach: Reach) -> CollectionJob:
    one = manifest.collections[name]
    return CollectionJob(
        name=name,
        folder=str(reach.file(one.path)),
        only=one.only,
        leave_out=one.leave_out,
        record=str(reach.file(one.record)),
        faceless=one.faceless,
    )


def _footage(manifest: TrainManifest, path: Path, store: str | None) -> tuple[FootageJob, ...]:
    read, reach = cache(load), Reach(path, manifest.production)
    pieces = [piece for one in manifest.footage for piece in (_clips(one, reach) if one.clips else (one,))]

    def made(footage: Footage) -> FootageJob:
        if footage.shot is None:
            job = _plate_job(manifest, footage, path, store)
        else:
            where, found, shot = shot_of(reach, footage.shot, read)
            job = shot_job(found, shot, where, store).model_copy(update={"deliver": (), "keep": "all"})
        entry = entry_of(job.shot, footage.person)
        assert entry is not None, "the checks hold it"
        job = job.model_copy(update={"purpose": manifest.purpose, "licences": held_at(manifest.licences, reach)})
        return FootageJob(name=footage.name, person=footage.person, entry=entry, shot=job)

    check_names_of([piece.name for piece in pieces])
    return tuple(map(made, pieces))


def _clips(footage: Footage, reach: Reach) -> Iterator[Footage]:
    """A piece for each video, with all of its frames. Opens them: raises PlateError; InputError if there are none."""
    from fsvfx.media.facts import facts_of

    assert footage.clips is not None
    clips = footage.clips
    found = clips_at(reach.file(clips.path, glob=True))
    if not found:
        raise no_clips(clips.path)
    for file in found:
        reach.check(file)
        frames = facts_of(str(file), sound=False).numbers
        plate = Plate(
            path=str(file), first_frame=0, frames=frames, color_space=clips.color_space, exposure=clips.exposure
        )
        yield footage.model_copy(update={"name": _named(footage.name, file.stem), "clips": None, "plate": plate})


def _named(footage: str, stem: str) -> str:
    """A valid name: letters, digits, ``_``, ``-`` and ``.``, at most 64."""
    return f"{footage}_{re.sub(r'[^A-Za-z0-9_.-]', '_', stem)}"[:64]


def _plate_job(manifest: TrainManifest, footage: Footage, path: Path, store: str | None) -> ShotJob:
    """A shot that replaces the person by themselves: the identity has no effect up to ``align``."""
    assert footage.plate is not None, "the schema holds it"
    reach = Reach(path, manifest.production)
    config = colour_config(reach, manifest.color.config)
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
        sound=False,
        store=store_at(reach, manifest.store, store),
        colour_config=config.name,
        colour_file=config.file,
        manifest=str(path.absolute()),
    )
