"""Colour: OCIO with a pinned config is the only thing that converts; one pair goes to display and back."""

from fsvfx.colour.convert import convert, rec709_matrix
from fsvfx.colour.display import decode, encode, preview
from fsvfx.colour.half import from_half, to_half
from fsvfx.colour.own_config import ENDINGS, own_name, tables, use_config
from fsvfx.colour.plate import plate_to_comp
from fsvfx.colour.spaces import DEFAULT_CONFIG, check_space, comp_space, interop_id, is_scene_linear

__all__ = [
    "DEFAULT_CONFIG",
    "ENDINGS",
    "check_space",
    "comp_space",
    "convert",
    "decode",
    "encode",
    "from_half",
    "interop_id",
    "is_scene_linear",
    "own_name",
    "plate_to_comp",
    "preview",
    "rec709_matrix",
    "tables",
    "to_half",
    "use_config",
]
