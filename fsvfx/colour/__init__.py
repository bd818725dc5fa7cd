"""Colour: OCIO with a pinned config is the only thing that converts; one pair goes to display and back."""

from fsvfx.colour.convert import convert
from fsvfx.colour.display import decode, encode, preview
from fsvfx.colour.half import from_half, to_half
from fsvfx.colour.plate import plate_to_comp
from fsvfx.colour.spaces import DEFAULT_CONFIG, check_space, comp_space, interop_id, is_scene_linear

__all__ = [
    "DEFAULT_CONFIG",
    "check_space",
    "comp_space",
    "convert",
    "decode",
    "encode",
    "from_half",
    "interop_id",
    "is_scene_linear",
    "plate_to_comp",
    "preview",
    "to_half",
]
