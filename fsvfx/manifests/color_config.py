"""The OCIO config that a manifest uses, and whether it has the color spaces that the manifest names."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

from fsvfx import colour
from fsvfx.colour import ColourConfig
from fsvfx.documents import Finding, Loc
from fsvfx.errors import InputError, Where
from fsvfx.manifests.draft import Draft
from fsvfx.reach import Reach, ReachError

_AT = Where(field="color.config")


def colour_config(reach: Reach, given: str | None) -> ColourConfig:
    """The config named in a manifest. Raises InputError if it is unusable."""
    if given is None:
        return colour.DEFAULT_CONFIG
    if not given.lower().endswith(colour.ENDINGS):
        config = ColourConfig(given.removeprefix("ocio://"))
        colour.comp_space(config, "scene_linear")
        return config
    file = _within(reach, given)
    config = colour.config_of(file)
    for _, table in colour.tables_of(file) if file.suffix.lower() == ".ocio" else ():
        _within(reach, str(table))
    _check(config)
    return config


def check_color(draft: Draft, path: Path) -> Generator[Finding, None, ColourConfig]:
    """The config is usable, and has every color space that the manifest at ``path`` names. Returns it."""
    try:
        config = colour_config(Reach(path, draft.production), draft.colour_config)
    except InputError as error:  # without a config its spaces are unknown
        yield Finding(("color", "config"), error.what, error.hint)
        return colour.DEFAULT_CONFIG
    yield from _check_spaces(draft, config)
    return config


def _check_spaces(draft: Draft, config: ColourConfig) -> Iterator[Finding]:
    """Every color space is one of the config's."""
    named: list[tuple[Loc, str]] = [
        ((*shot.loc, "plate", "color_space"), shot.plate.color_space) for shot in draft.shots if shot.plate
    ]
    for shot in draft.shots:
        for index, entry in shot.replace.items():
            if entry.driver:
                at = (*shot.loc, "replace", index, "driver", "plate", "color_space")
                named.append((at, entry.driver.plate.color_space))
    for index, deliver in draft.deliver.items():
        space = getattr(deliver, "color_space", None)
        if space:
            named.append((("deliver", index, "color_space"), space))
    for loc, name in named:
        try:
            colour.check_space(config, name)
        except InputError as error:
            yield Finding(loc, error.what, error.hint)


def _within(reach: Reach, given: str) -> Path:
    try:
        return reach.file(given)
    except ReachError as error:
        raise InputError(error.what, hint=error.hint, where=_AT) from error


def _check(config: ColourConfig) -> None:
    """It has the role for comps, and a conversion from it to a display."""
    try:
        linear = colour.check_space(config, "scene_linear")
    except InputError as error:
        what = f"The color config {config.called} has no role scene_linear, in which comps are made"
        raise InputError(what, hint="Add that role to the config", where=_AT) from error
    if not colour.is_scene_linear(config, linear):
        what = f"The role scene_linear of {config.called} is '{linear}', which is not scene-linear"
        raise InputError(what, hint="Set the role to a scene-linear space", where=_AT)
    colour.rec709_matrix(config, linear)
