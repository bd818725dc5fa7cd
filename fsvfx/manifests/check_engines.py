"""Whether the engines, segmenters, super-resolvers and rotos named in shots exist, and accept their settings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from fsvfx.documents import Finding, Loc, findings
from fsvfx.errors import InputError
from fsvfx.manifests.draft import Draft
from schemas.manifest import Replace, Settings

if TYPE_CHECKING:
    from fsvfx.engines.contract import Engine, EngineSettings


from collections.abc import Callable

from fsvfx.comp import choices
from fsvfx.comp.expressions import sources
from fsvfx.manifests.draft import ShotDraft
from fsvfx.models import HEAD
from schemas.base import referred
from schemas.composite import Composite, CompositeSettings
from schemas.frames import FrameRange


def check_engines(draft: Draft) -> Iterator[Finding]:
    """Every engine is installed, accepts its settings, and has the references that it needs."""
    from fsvfx.engines import registry  # here, as it imports torch: two seconds that --help does not need

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
            yield from _check_head(shot, entry, (*at, "engine"))
            if entry.from_bank and engine.family == "one_to_one":
                hint = "Use landmark_warp, refine, or another engine for anybody (any_to_any in `fsvfx engines`)"
                what = f"engine '{entry.engine}' swaps in only people it has learned, not a bank's members"
                yield Finding((*at, "engine"), what, hint)
            identity = None if entry.from_bank else draft.people.get(entry.goes_in)
            if engine.needs_references and identity is not None and not identity.references:
                bare[entry.goes_in] = entry.engine
    for person, name in bare.items():
        what = f"engine '{name}' needs references of '{person}', and the manifest has none"
        yield Finding(("people", person, "references"), what, "Add footage or stills of the face")


def _check_head(shot: ShotDraft, entry: Replace, at: Loc) -> Iterator[Finding]:
    from fsvfx.engines import registry

    head = shot.faces.head
    if head != HEAD and registry.engine(entry.engine).learns and HEAD in registry.learned(entry.engine).trained_with:
        what = f"engine '{entry.engine}' was trained on the head {HEAD}, but the shot's head is {head}"
        yield Finding(at, what, f"Write faces: {{head: {HEAD}}}, or use blanz or cheng, which work with any head")


def _check_settings(entry: Replace, engine: type[Engine[Any]], at: Loc) -> Iterator[Finding]:
    """An override is checked together with what it overrides, but only its own settings are reported at its place."""
    for loc, what, hint in wrong_settings(engine.Settings, entry.settings):
        yield Finding((*at, "settings", *loc), what, hint)
    for index, override in enumerate(entry.overrides):
        for loc, what, hint in wrong_settings(engine.Settings, {**entry.settings, **override.settings}):
            if not loc or loc[0] in override.settings:
                yield Finding((*at, "overrides", index, "settings", *loc), what, hint)


def wrong_settings(model: type[EngineSettings], settings: Settings) -> Iterator[Finding]:
    """Problems in an engine's ``settings``; places are relative to them."""
    try:
        model.model_validate_json(json.dumps(settings), strict=True)
    except ValidationError as error:
        yield from findings(error, model)


def check_composites(draft: Draft) -> Iterator[Finding]:
    """Entries have a roto if the matte is external, and no roto is unused; every name is known."""
    for shot in draft.shots:
        if shot.composite is not None:
            yield from _check_rotos(shot, shot.composite)
            yield from _check_names(shot, shot.composite)
            yield from _check_restorer(shot, shot.composite)


def _check_rotos(shot: ShotDraft, composite: Composite) -> Iterator[Finding]:
    without = [index for index, entry in shot.replace.items() if entry.roto is None]
    for loc, values in _said(shot, composite):
        if without and "external" in sources(str(values.get("matte", ""))):
            entries = ", ".join(f"replace[{index}]" for index in without)
            hint = "Add a roto to each entry, or choose another matte"
            yield Finding((*loc, "matte"), f"the matte uses external, but there is no roto in {entries}", hint)
    if shot.plate is not None and not _uses_roto(composite, shot.plate.frames):
        for index, entry in shot.replace.items():
            if entry.roto is not None:
                what = "no matte uses external, so this roto has no effect"
                hint = "Use it in composite.matte, as in learned*external, or remove the roto"
                yield Finding((*shot.loc, "replace", index, "roto"), what, hint)


def _uses_roto(composite: Composite, frames: FrameRange) -> bool:
    return any(map(choices.takes_roto, choices.in_force(composite, frames)))


def _check_names(shot: ShotDraft, composite: Composite) -> Iterator[Finding]:
    for loc, values in _said(shot, composite):
        for option, check in _NAMED.items():
            if values.get(option, _DEFAULTS[option]) != _DEFAULTS[option]:
                try:
                    check(str(values[option]))
                except InputError as error:
                    yield Finding((*loc, option), error.what, error.hint)


def _check_restorer(shot: ShotDraft, composite: Composite) -> Iterator[Finding]:
    for loc, values in _said(shot, composite):
        if values.get("restoration") and not (values.get("restorer") or composite.restorer):
            what = "restoration is above 0, but there is no restorer"
            hint = "Name a network of your own, restorer: NAME@SHA256, as `fsvfx models list` shows it"
            yield Finding((*loc, "restoration"), what, hint)


def _said(shot: ShotDraft, composite: Composite) -> Iterator[tuple[Loc, dict[str, object]]]:
    """The written settings, and where: the settings themselves, then each override's."""
    at = (*shot.loc, "composite")
    yield at, composite.model_dump(exclude={"overrides"})
    for index, override in enumerate(composite.overrides):
        yield (*at, "overrides", index), override.model_dump(exclude={"frames"}, exclude_none=True)


def _check_segmenter(name: str) -> None:
    from fsvfx.occlusion.contract import segmenter  # here: only needed if another one is named

    if name != "none":
        segmenter(name)


def _check_super_resolver(name: str) -> None:
    from fsvfx.comp.finish import check_super_resolver

    if referred(name) is None:  # a user's own is checked with the other packages
        check_super_resolver(name)


_NAMED: dict[str, Callable[[str], None]] = {
    "occlusion": _check_segmenter,
    "super_resolver": _check_super_resolver,
}
_DEFAULTS = {name: CompositeSettings.model_fields[name].default for name in _NAMED}
"""These always exist, and are not checked."""
