"""Whether the colour spaces and engines that a manifest names are there, and the settings are theirs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import ValidationError

from fsvfx.colour import check_space
from fsvfx.errors import InputError
from fsvfx.manifests.draft import Draft
from fsvfx.manifests.explain import findings
from fsvfx.manifests.yaml_text import Finding, Loc
from schemas.manifest import Replace, Settings

if TYPE_CHECKING:
    from fsvfx.engines.contract import Engine, EngineSettings


def check_spaces(draft: Draft, config: str) -> Iterator[Finding]:
    """Every colour space is one of the config's."""
    named: list[tuple[Loc, str]] = [
        ((*shot.loc, "plate", "color_space"), shot.plate.color_space) for shot in draft.shots if shot.plate
    ]
    for index, deliver in draft.deliver.items():
        space = getattr(deliver, "color_space", None)
        if space:
            named.append((("deliver", index, "color_space"), space))
    for loc, name in named:
        try:
            check_space(config, name)
        except InputError as error:
            yield Finding(loc, error.what, error.hint)


def check_engines(draft: Draft) -> Iterator[Finding]:
    """Every engine is installed, takes its settings, and has the references that it needs."""
    from fsvfx.engines import registry  # here, as it brings torch: two seconds that --help need not wait

    bare: dict[str, str] = {}
    for shot in draft.shots:
        for index, entry in shot.replace.items():
            at = (*shot.loc, "replace", index)
            try:
                engine = registry.engine(entry.engine)
            except InputError as error:
                yield Finding((*at, "engine"), error.what, error.hint)
                continue
            yield from _check_settings(entry, engine, at)
            identity = draft.people.get(entry.identity)
            if engine.needs_references and identity is not None and not identity.references:
                bare[entry.identity] = entry.engine
    for person, name in bare.items():
        what = f"engine '{name}' needs references of '{person}', and there are none"
        yield Finding(("people", person, "references"), what, "Add footage or stills of the face")


def _check_settings(entry: Replace, engine: type[Engine], at: Loc) -> Iterator[Finding]:
    """An override is checked together with what it overrides, but only what it says itself is told at its place."""
    for loc, what, hint in wrong_settings(engine.Settings, entry.settings):
        yield Finding((*at, "settings", *loc), what, hint)
    for index, override in enumerate(entry.overrides):
        for loc, what, hint in wrong_settings(engine.Settings, {**entry.settings, **override.settings}):
            if not loc or loc[0] in override.settings:
                yield Finding((*at, "overrides", index, "settings", *loc), what, hint)


def wrong_settings(model: type[EngineSettings], settings: Settings) -> Iterator[Finding]:
    """What is wrong in an engine's ``settings``; places are within them."""
    try:
        model.model_validate_json(json.dumps(settings), strict=True)
    except ValidationError as error:
        yield from findings(error, model)
