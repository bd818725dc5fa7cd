"""Colour spaces of a config by name, and what a manifest may call them."""

from __future__ import annotations

from functools import lru_cache

import PyOpenColorIO as ocio

from fsvfx.colour.config import ColourConfig, load_config
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
"""What people write, without punctuation -> the config's alias. Rec.709 video is read as shown on a BT.1886 monitor."""


@lru_cache(maxsize=256)
def check_space(config: ColourConfig, name: str) -> str:
    """The config's own name of the colour space ``name``: an alias, a role, or a friendly name (``sRGB``, ``Rec.709``).

    InputError, with the nearest names, if there is none; or if the space holds data, not colour.
    """
    found = _find(config, name)
    if found is None:
        near = _nearest(config, name)
        raise InputError(
            f"'{name}' is not a color space of {config.called}",
            hint=f"Did you mean {' or '.join(near)}?" if near else "Try sRGB, Rec.709, linear_rec709 or ACEScg",
            where=Where(field="color_space"),
        )
    if found.isData():
        raise InputError(
            f"'{name}' marks data, not color",
            hint="Name the space in which the picture was written, such as sRGB, Rec.709 or ACEScg",
            where=Where(field="color_space"),
        )
    return str(found.getName())


@lru_cache(maxsize=256)
def is_scene_linear(config: ColourConfig, name: str) -> bool:
    """Whether the space's values are proportional to the scene's light: as its encoding says, or by trying."""
    said = encoding(config, name)
    if said:
        return said == "scene-linear"
    return bool(load_config(config).isColorSpaceLinear(check_space(config, name), ocio.REFERENCE_SPACE_SCENE))


@lru_cache(maxsize=256)
def encoding(config: ColourConfig, name: str) -> str:
    """OCIO's encoding of the space: ``scene-linear``, ``log``, ``sdr-video``, ``hdr-video`` ..."""
    return str(_space(config, name).getEncoding())


@lru_cache(maxsize=256)
def interop_id(config: ColourConfig, name: str) -> str:
    """The Color Interop Forum's id of the space (``lin_ap1_scene``), as OpenEXR's ``colorInteropID``; empty if none."""
    return str(_space(config, name).getInteropID())


def comp_space(config: ColourConfig, plate_space: str) -> str:
    """Where comps are made: the plate's own space if it is scene-linear, else the role ``scene_linear`` (ACEScg)."""
    name = check_space(config, plate_space)
    return name if is_scene_linear(config, name) else check_space(config, "scene_linear")


def _space(config: ColourConfig, name: str) -> ocio.ColorSpace:
    return load_config(config).getColorSpace(check_space(config, name))


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _find(config: ColourConfig, name: str) -> ocio.ColorSpace | None:
    loaded = load_config(config)
    return loaded.getColorSpace(_FRIENDLY.get(_plain(name), name)) or loaded.getColorSpace(name)


def _nearest(config: ColourConfig, name: str) -> list[str]:
    """Up to three names that look like ``name``: the config's own, or the friendly ones."""
    written = {_plain(friendly): friendly for friendly in ("sRGB", "Rec.709", "ACES", "LogC3", "LogC4", *_FRIENDLY)}
    for space in load_config(config).getColorSpaces():
        written |= {_plain(alias): space.getName() for alias in (*space.getAliases(), space.getName())}
    written |= {_plain(friendly): friendly for friendly in ("sRGB", "Rec.709", "ACEScg", "linear_rec709")}
    near = nearest_few(_plain(name), written, 6)
    return list(dict.fromkeys(written[plain] for plain in near))[:3]
