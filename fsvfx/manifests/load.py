"""YAML file -> Manifest -> one ShotJob per shot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from fsvfx.colour import DEFAULT_CONFIG
from fsvfx.errors import InputError
from fsvfx.manifests.check_apart import check_apart
from fsvfx.manifests.check_composite import check_composites
from fsvfx.manifests.check_deliver import check_deliver
from fsvfx.manifests.check_licences import check_licences
from fsvfx.manifests.check_paths import check_paths
from fsvfx.manifests.check_rates import check_rates
from fsvfx.manifests.check_work import check_engines, check_spaces
from fsvfx.manifests.checks import check_frames, check_names, check_people
from fsvfx.manifests.colours import colour_config
from fsvfx.manifests.draft import Draft, draft_of
from fsvfx.manifests.models import with_models
from fsvfx.manifests.reading import Kind, is_training, sound
from fsvfx.manifests.resolve import named_store
from fsvfx.manifests.shot_job import shot_job, shots_of
from fsvfx.manifests.yaml_text import Finding, parse_yaml, read_yaml
from fsvfx.reach import Reach
from schemas.job import ShotJob
from schemas.manifest import Manifest
from schemas.upgrade import upgrade


def load(path: Path) -> Manifest:
    """Read and check the manifest at ``path``, and open nothing else. Raises ManifestError with every problem."""
    return sound(read_yaml(path), path, SHOTS)


def parse(text: str, path: Path) -> Manifest:
    """As ``load``, of a text that is to lie at ``path``. Raises ManifestError."""
    return sound(parse_yaml(text), path, SHOTS)


def jobs(path: Path, *, shots: Sequence[str] = (), store: str | None = None) -> list[ShotJob]:
    """A job for each shot of the manifest at ``path`` (or for those named in ``shots``), with absolute paths.

    ``store`` takes the place of the manifest's own: a folder relative to the working folder, ``s3://`` or ``memory://``;
    it comes from who runs fsvfx, so it may be anywhere. The cards of model packages that engines use are opened.
    Raises ManifestError; InputError if there is no such shot; ModelError if a card can't be read.
    """
    manifest = load(path) if store is None else sound(read_yaml(path), path, _kept_in(named_store(store)))
    made = [shot_job(manifest, shot, path, store) for shot in shots_of(manifest, shots, path)]
    return with_models(made, manifest, path)


def _findings(data: dict[str, Any], path: Path, store: str | None = None) -> Iterator[Finding]:
    draft = draft_of(data)
    yield from check_names(draft)
    yield from check_people(draft)
    yield from check_frames(draft)
    yield from check_rates(draft, data, path)
    yield from check_paths(draft, path)
    yield from check_apart(draft, path, store)
    yield from _check_colours(draft, path)
    yield from check_engines(draft)
    yield from check_composites(draft)
    yield from check_licences(draft, data, path)


def _check_colours(draft: Draft, path: Path) -> Iterator[Finding]:
    """Without a config nothing is known of its spaces."""
    try:
        config, _ = colour_config(Reach(path, draft.production), draft.colour_config)
    except InputError as error:
        yield Finding(("color", "config"), error.what, error.hint)
        yield from check_deliver(draft, DEFAULT_CONFIG)
        return
    yield from check_spaces(draft, config)
    yield from check_deliver(draft, config)


def _kept_in(store: str) -> Kind[Manifest]:
    """Manifests of shots whose results go to ``store``."""
    return replace(SHOTS, findings=partial(_findings, store=store))


SHOTS = Kind(
    model=Manifest,
    is_other=is_training,
    other=Finding((), "it is a training manifest, not one of shots", "Run `fsvfx train` with it"),
    upgraded=upgrade,
    findings=_findings,
)
