"""YAML file -> Manifest -> one ShotJob per shot."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from fsvfx.colour import DEFAULT_CONFIG, check_space
from fsvfx.errors import InputError, ManifestError, Where
from fsvfx.manifests.check_apart import check_apart
from fsvfx.manifests.check_composite import check_composites
from fsvfx.manifests.check_deliver import check_deliver
from fsvfx.manifests.check_paths import check_paths
from fsvfx.manifests.check_work import check_engines, check_spaces
from fsvfx.manifests.checks import check_frames, check_names, check_people
from fsvfx.manifests.colours import colour_config
from fsvfx.manifests.draft import Draft, draft_of
from fsvfx.manifests.explain import explain
from fsvfx.manifests.reach import reach, reach_or_s3
from fsvfx.manifests.shape import nearest
from fsvfx.manifests.yaml_text import Document, Finding, dotted, parse_yaml, read_yaml
from schemas.deliver import Deliver
from schemas.job import ShotJob
from schemas.manifest import Manifest, Person, Replace, Shot
from schemas.templates import filled
from schemas.upgrade import VersionError, upgrade


def load(path: Path) -> Manifest:
    """Read and check the manifest at ``path``, and open nothing else. Raises ManifestError with every problem."""
    return _sound(read_yaml(path), path)


def parse(text: str, path: Path) -> Manifest:
    """As ``load``, of a text that is to lie at ``path``. Raises ManifestError."""
    return _sound(parse_yaml(text), path)


def _sound(document: Document, path: Path) -> Manifest:
    manifest = _validated(document, path)
    if manifest is None or document.problems:
        problems = sorted(set(document.problems), key=lambda problem: (problem.line or 0, problem.field))
        raise ManifestError(str(path), tuple(problems))
    return manifest


def jobs(path: Path, *, shots: Sequence[str] = (), store: str | None = None) -> list[ShotJob]:
    """A job for each shot of the manifest at ``path`` (or for those named in ``shots``), with absolute paths.

    ``store`` takes the place of the manifest's own: a folder relative to the working folder, ``s3://`` or ``memory://``;
    it comes from who runs fsvfx, so it may be anywhere. Raises ManifestError; InputError if there is no such shot.
    """
    manifest = load(path)
    known = [shot.name for shot in manifest.shots]
    for name in shots:
        if name not in known:
            near = nearest(name, known)
            mend = f"Did you mean '{near}'?" if near else f"There are: {', '.join(known)}"
            raise InputError(f"The manifest has no shot '{name}'", mend=mend, where=Where(file=str(path)))
    place = _store(path, manifest.store) if store is None else _chosen_store(store)
    return [_job(manifest, shot, path, place) for shot in manifest.shots if not shots or shot.name in shots]


def _validated(document: Document, path: Path) -> Manifest | None:
    data = document.data
    if data is None and document.problems:
        return None
    if not isinstance(data, dict):
        document.tell((), "a manifest is a mapping", "Begin it with schema_version: 1; examples/ has whole ones")
        return None
    try:
        data = upgrade(data)
    except VersionError as error:
        document.tell(("schema_version",), error.what, error.mend)
        data = {**data, "schema_version": 1}
    manifest = _parsed(data, document)
    draft = draft_of(data)
    told = {problem.field for problem in document.problems}
    for finding in _findings(draft, path):
        if dotted(finding.loc) not in told:
            document.tell(*finding)
    return manifest


def _parsed(data: dict[str, Any], document: Document) -> Manifest | None:
    try:
        return Manifest.model_validate_json(json.dumps(data), strict=True)
    except ValidationError as error:
        explain(error, Manifest, document)
        return None


def _findings(draft: Draft, path: Path) -> Iterator[Finding]:
    yield from check_names(draft)
    yield from check_people(draft)
    yield from check_frames(draft)
    yield from check_paths(draft, path)
    yield from check_apart(draft, path)
    yield from _check_colours(draft, path)
    yield from check_engines(draft)
    yield from check_composites(draft)


def _check_colours(draft: Draft, path: Path) -> Iterator[Finding]:
    """Without a config nothing is known of its spaces."""
    try:
        config, _ = colour_config(path, draft.colour_config)
    except InputError as error:
        yield Finding(("colour", "config"), error.what, error.mend)
        yield from check_deliver(draft, DEFAULT_CONFIG)
        return
    yield from check_spaces(draft, config)
    yield from check_deliver(draft, config)


def _job(manifest: Manifest, shot: Shot, path: Path, store: str) -> ShotJob:
    config, file = colour_config(path, manifest.colour.config)
    named = {name for entry in shot.replace for name in (entry.performer, entry.identity)}
    plate = shot.plate.model_copy(
        update={
            "path": reach_or_s3(path, shot.plate.path),
            "color_space": check_space(config, shot.plate.color_space),
        }
    )
    return ShotJob(
        production=manifest.production,
        shot=shot.model_copy(update={"plate": plate, "replace": tuple(_entry(one, path) for one in shot.replace)}),
        people={name: _person(person, path) for name, person in manifest.people.items() if name in named},
        deliver=tuple(_deliver(one, manifest.production, shot.name, path, config) for one in manifest.deliver),
        store=store,
        colour_config=config,
        colour_file=file,
        manifest=str(path.absolute()),
    )


def _entry(entry: Replace, path: Path) -> Replace:
    return entry.model_copy(update={"roto": reach_or_s3(path, entry.roto)}) if entry.roto else entry


def _person(person: Person, path: Path) -> Person:
    references = tuple(reach_or_s3(path, given, glob=True) for given in person.references)
    return person.model_copy(update={"references": references, "consent": str(reach(path, person.consent))})


def _deliver(deliver: Deliver, production: str, shot: str, path: Path, config: str) -> Deliver:
    update = {"path": reach_or_s3(path, filled(deliver.path, shot, production))}
    if space := getattr(deliver, "color_space", None):
        update["color_space"] = check_space(config, space)
    return deliver.model_copy(update=update)


def _store(path: Path, given: str) -> str:
    return reach_or_s3(path, given).rstrip("/")


def _chosen_store(given: str) -> str:
    return given.rstrip("/") if given.startswith(("s3://", "memory://")) else str(Path(given).expanduser().absolute())
