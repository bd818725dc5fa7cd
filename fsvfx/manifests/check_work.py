"""Whether the colour spaces and engines that a manifest names are there, and the settings are theirs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import ValidationError

from fsvfx.colour import DEFAULT_CONFIG, check_space
from fsvfx.errors import InputError
from fsvfx.manifests.checks import Finding
from fsvfx.manifests.draft import Draft
from fsvfx.manifests.explain import explain
from fsvfx.manifests.yaml_text import Document, Loc
from schemas.manifest import DeliverExr, Replace, Settings

if TYPE_CHECKING:
    from fsvfx.engines.contract import Engine


def check_spaces(draft: Draft) -> Iterator[Finding]:
    """Every colour space is one of the config's."""
    named: list[tuple[Loc, str]] = [
        ((*shot.loc, "plate", "color_space"), shot.plate.color_space) for shot in draft.shots if shot.plate
    ]
    for index, deliver in draft.deliver.items():
        if isinstance(deliver, DeliverExr) and deliver.color_space:
            named.append((("deliver", index, "color_space"), deliver.color_space))
    for loc, name in named:
        try:
            check_space(DEFAULT_CONFIG, name)
        except InputError as error:
            yield Finding(loc, error.what, error.mend)


def check_engines(draft: Draft, document: Document) -> None:
    """Every engine is installed, takes its settings, and has the references that it needs; tells ``document``."""
    from fsvfx.engines import registry  # here, as it brings torch: two seconds that --help need not wait

    told: set[str] = set()
    for shot in draft.shots:
        for index, entry in shot.replace.items():
            at = (*shot.loc, "replace", index)
            try:
                engine = registry.engine(entry.engine)
            except InputError as error:
                document.tell((*at, "engine"), error.what, error.mend)
                continue
            _check_settings(entry, engine, document, at)
            identity = draft.people.get(entry.identity)
            bare = engine.needs_references and identity is not None and not identity.references
            if bare and entry.identity not in told:
                told.add(entry.identity)
                what = f"'{entry.engine}' needs references of '{entry.identity}', and there are none"
                document.tell(("people", entry.identity, "references"), what, "Add footage or stills of the face")


def _check_settings(entry: Replace, engine: type[Engine], document: Document, at: Loc) -> None:
    _settings_problems(engine, entry.settings, document, (*at, "settings"))
    for index, override in enumerate(entry.overrides):
        place = (*at, "overrides", index, "settings")
        _settings_problems(engine, {**entry.settings, **override.settings}, document, place, only=override.settings)


def _settings_problems(
    engine: type[Engine], settings: Settings, document: Document, at: Loc, only: Settings | None = None
) -> None:
    """An override is checked together with what it overrides, but only what it says itself is told at its place."""
    try:
        engine.Settings.model_validate_json(json.dumps(settings), strict=True)
    except ValidationError as error:
        found = Document(lines=document.lines)
        explain(error, engine.Settings, found)
        explain_at = Document(lines=document.lines)
        explain(error, engine.Settings, explain_at, at)
        for inner, problem in zip(found.problems, explain_at.problems, strict=True):
            key = inner.field.split(".")[0].split("[")[0]
            if only is None or key in only or key == "(file)":
                document.problems.append(problem)
