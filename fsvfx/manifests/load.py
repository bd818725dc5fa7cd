"""YAML files as manifests, of shots or of a training, with every problem reported at once. Nothing else is opened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from fsvfx.documents import Finding, blanks_in, parse_yaml, read_yaml
from fsvfx.errors import Problem
from fsvfx.manifests.check_crowd import check_crowd
from fsvfx.manifests.check_crowds import check_crowds
from fsvfx.manifests.check_deliver import check_deliver, check_kinds
from fsvfx.manifests.check_drivers import check_drivers
from fsvfx.manifests.check_engines import check_composites, check_engines
from fsvfx.manifests.check_licences import check_licences
from fsvfx.manifests.check_overlaps import check_overlaps
from fsvfx.manifests.check_paths import check_paths
from fsvfx.manifests.check_shots import check_frames, check_names, check_people, check_rates
from fsvfx.manifests.check_train import (
    check_excluded,
    check_folders,
    check_footage,
    check_learned,
    check_learner,
    check_shot_footage,
)
from fsvfx.manifests.color_config import check_color
from fsvfx.manifests.draft import Draft, draft_of, mapping, text, train_draft_of
from fsvfx.manifests.kinds import Kind, is_shots, is_training, sound
from fsvfx.reach import Reach, ReachError
from schemas.base import StrictModel
from schemas.collection import CollectionRecord
from schemas.consent import ConsentRecord
from schemas.manifest import Manifest
from schemas.train import TrainManifest
from schemas.upgrade import upgrade, upgrade_training


def load(path: Path, *, store: str | None = None) -> Manifest:
    """The manifest at ``path``, checked. Raises ManifestError with every problem.

    ``store``: replaces the manifest's own; absolute, ``s3://`` or ``memory://``.
    """
    kind = SHOTS if store is None else replace(SHOTS, findings=partial(_findings, store=store))
    return sound(read_yaml(path), path, kind)


def parse(text: str, path: Path) -> Manifest:
    """Like ``load``, for a text that will be at ``path``. Raises ManifestError."""
    return sound(parse_yaml(text, str(path)), path, SHOTS)


def load_training(path: Path) -> TrainManifest:
    """The training manifest at ``path``, checked; of the files that it names, only shot manifests are opened.

    Raises ManifestError with every problem.
    """
    return sound(read_yaml(path), path, TRAINING)


def load_either(path: Path) -> Manifest | TrainManifest:
    """The shot manifest or the training manifest at ``path``.

    Raises ManifestError with every problem in it, and with every blank in the existing consent records that it names.
    """
    document = read_yaml(path)
    blanks = tuple(_blanks_in_records(document.data, path))
    if is_training(document.data):
        return sound(document, path, TRAINING, blanks)
    return sound(document, path, SHOTS, blanks)


def _blanks_in_records(data: object, path: Path) -> Iterator[Problem]:
    reach = Reach(path, text(mapping(data).get("production")))
    for group, field, model in _RECORDS:
        records = [text(mapping(one).get(field)) for one in mapping(mapping(data).get(group)).values()]
        for given in dict.fromkeys(filter(None, records)):
            try:
                reach.file(given)
            except ReachError:
                continue  # reported with the manifest
            yield from blanks_in(path.parent / given, model)


_RECORDS: tuple[tuple[str, str, type[StrictModel]], ...] = (
    ("people", "consent", ConsentRecord),
    ("collections", "record", CollectionRecord),
)


def _findings(data: dict[str, Any], path: Path, store: str | None = None) -> Iterator[Finding]:
    draft = draft_of(data)
    yield from check_names(draft)
    yield from check_kinds(data)
    yield from check_people(draft)
    yield from check_crowds(draft)
    yield from check_frames(draft)
    yield from check_rates(draft, data, path)
    yield from check_paths(draft, path)
    yield from check_overlaps(draft, path, store)
    config = yield from check_color(draft, path)
    yield from check_deliver(draft, config)
    yield from check_engines(draft)
    yield from check_drivers(draft)
    yield from check_composites(draft)
    yield from check_licences(draft, data, path)
    yield from _check_register(data, path, draft)


def _training_findings(data: dict[str, Any], path: Path) -> Iterator[Finding]:
    draft = train_draft_of(data)
    yield from check_names(draft.common)
    yield from check_learned(draft)
    yield from check_footage(draft)
    yield from check_excluded(draft)
    yield from check_frames(draft.common)
    yield from check_paths(draft.common, path)
    yield from check_crowd(draft, path)
    yield from _check_register(data, path, draft.common)
    yield from check_folders(draft, path)
    yield from check_shot_footage(draft, path, load)
    yield from check_color(draft.common, path)
    yield from check_learner(draft)
    yield from check_licences(draft.common, data, path)


def _check_register(data: dict[str, Any], path: Path, draft: Draft) -> Iterator[Finding]:
    """The register of revocations is within reach."""
    if given := text(data.get("revocations")):
        try:
            Reach(path, draft.production).file(given)
        except ReachError as error:
            yield Finding(("revocations",), error.what, error.hint)


SHOTS = Kind(
    model=Manifest,
    is_other=is_training,
    other=Finding((), "this is a training manifest, not a shot manifest", "Run `fsvfx train` with it"),
    upgraded=upgrade,
    findings=_findings,
)
TRAINING = Kind(
    model=TrainManifest,
    is_other=is_shots,
    other=Finding((), "this is a shot manifest, not a training manifest", "Run `fsvfx submit` with it"),
    upgraded=upgrade_training,
    findings=_training_findings,
)
