"""Colour: OCIO with a pinned config is the only thing that converts; one pair goes to display and back."""

from fsvfx.colour.config import DEFAULT_CONFIG, ENDINGS, ColourConfig, tables_of
from fsvfx.colour.convert import convert, rec709_matrix
from fsvfx.colour.display import decode, encode, preview
from fsvfx.colour.planes import from_half, to_half
from fsvfx.colour.plate import PlateColour, plate_to_comp
from fsvfx.colour.spaces import check_space, comp_space, encoding, interop_id, is_scene_linear

__all__ = [
    "DEFAULT_CONFIG",
    "ENDINGS",
    "ColourConfig",
    "PlateColour",
    "check_space",
    "comp_space",
    "convert",
    "curves",
    "decode",
    "encode",
    "encoding",
    "from_half",
    "interop_id",
    "is_scene_linear",
    "planes",
    "plate_to_comp",
    "preview",
    "rec709_matrix",
    "tables_of",
    "to_half",
]
