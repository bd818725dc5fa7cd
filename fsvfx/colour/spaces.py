"""Color spaces of a config by name, and the names that a manifest may use.

Those of fsvfx's own config are in a table: reading OCIO and the config is slower than checking a manifest.
"""

from __future__ import annotations

import json
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from fsvfx.colour.named import DEFAULT_CONFIG, ColourConfig
from fsvfx.errors import InputError, Where
from fsvfx.suggestions import nearest_few

_FRIENDLY = {
    "srgb": "srgb_texture",
    "rec709": "g24_rec709",
    "bt709": "g24_rec709",
    "p3": "srgb_p3d65",
    "displayp3": "srgb_p3d65",
    "linear": "lin_rec709",
    "linearrec709": "lin_rec709",
    "linearsrgb": "lin_rec709",
    "linearrec2020": "lin_rec2020",
    "linearp3": "lin_p3d65",
    "aces": "ACES2065-1",
    "logc3": "arri_logc3_ei800",
    "logc4": "arri_logc4",
    "vlog": "vlog_vgamut",
    "log3g10": "log3g10_redwidegamutrgb",
    "slog3": "slog3_sgamut3cine",
}
"""Common names, without punctuation -> the config's alias. Rec.709 video is read as shown on a BT.1886 monitor."""


class Space(NamedTuple):
    """``encoding``: OCIO's (``scene-linear``, ``log`` ...). ``interop_id``: the Color Interop Forum's."""

    name: str
    encoding: str
    interop_id: str
    is_data: bool


TABLE = Path(__file__).with_name("default_spaces.json")
"""The default config's: each space's fields, and OCIO's names, aliases and roles for it, in lower case. Written by
``tests/fsvfx/colour/test_default_spaces.py``."""


@lru_cache(maxsize=256)
def check_space(config: ColourConfig, name: str) -> str:
    """The config's own name of the color space ``name``: an alias, a role, or a friendly name (``sRGB``, ``Rec.709``).

    InputError, with the nearest names, if there is none; or if the space holds data, not color.
    """
    found = _find(config, name)
    if found is None:
        near = _nearest(config, name)
        raise InputError(
            f"'{name}' is not a color space of {config.called}",
            hint=f"Did you mean {' or '.join(near)}?" if near else "Try sRGB, Rec.709, linear_rec709 or ACEScg",
            where=Where(field="color_space"),
        )
    if found.is_data:
        raise InputError(
            f"'{name}' marks data, not color",
            hint="Name the space in which the picture was written, such as sRGB, Rec.709 or ACEScg",
            where=Where(field="color_space"),
        )
    return found.name


@lru_cache(maxsize=256)
def is_scene_linear(config: ColourConfig, name: str) -> bool:
    """Whether the space's values are proportional to scene light: by its encoding, or by testing."""
    if said := encoding(config, name):
        return said == "scene-linear"
    from fsvfx.colour.config import is_linear  # here, as it imports OCIO

    return is_linear(config, check_space(config, name))


def encoding(config: ColourConfig, name: str) -> str:
    """OCIO's encoding of the space: ``scene-linear``, ``log``, ``sdr-video``, ``hdr-video`` ..."""
    return _space(config, name).encoding


def interop_id(config: ColourConfig, name: str) -> str:
    """The Color Interop Forum's id of the space (``lin_ap1_scene``), used as OpenEXR's ``colorInteropID``; empty if
    none."""
    return _space(config, name).interop_id


def comp_space(config: ColourConfig, plate_space: str) -> str:
    """The space of comps: the plate's own space if it is scene-linear, otherwise the role ``scene_linear`` (ACEScg)."""
    name = check_space(config, plate_space)
    return name if is_scene_linear(config, name) else check_space(config, "scene_linear")


def _space(config: ColourConfig, name: str) -> Space:
    own = check_space(config, name)
    found = _named(config, own)
    assert found is not None
    return found


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _find(config: ColourConfig, name: str) -> Space | None:
    return _named(config, _FRIENDLY.get(_plain(name), name)) or _named(config, name)


@lru_cache(maxsize=256)
def _named(config: ColourConfig, name: str) -> Space | None:
    """By the config's own name, an alias or a role."""
    if config == DEFAULT_CONFIG:
        return _default_spaces().get(name.lower())
    from fsvfx.colour.config import load_config  # here, as it imports OCIO

    space = load_config(config).getColorSpace(name)
    return Space(space.getName(), space.getEncoding(), space.getInteropID(), space.isData()) if space else None


@cache
def _default_spaces() -> dict[str, Space]:
    return {word: Space(*fields) for *fields, words in json.loads(TABLE.read_text("utf-8")) for word in words}


def _nearest(config: ColourConfig, name: str) -> list[str]:
    """Up to three names similar to ``name``: the config's own, or the friendly ones."""
    from fsvfx.colour.config import load_config  # here, as it imports OCIO

    written = {_plain(friendly): friendly for friendly in ("sRGB", "Rec.709", "ACES", "LogC3", "LogC4", *_FRIENDLY)}
    for space in load_config(config).getColorSpaces():
        written |= {_plain(alias): space.getName() for alias in (*space.getAliases(), space.getName())}
    written |= {_plain(friendly): friendly for friendly in ("sRGB", "Rec.709", "ACEScg", "linear_rec709")}
    near = nearest_few(_plain(name), written, 6)
    return list(dict.fromkeys(written[plain] for plain in near))[:3]
