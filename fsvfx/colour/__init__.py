"""Colour: OCIO with a pinned config is the only thing that converts; one pair goes to display and back.

The names below are imported when they are first used: whoever checks a manifest need not wait for numpy and OpenCV.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fsvfx.colour.config import DEFAULT_CONFIG, ENDINGS, ColourConfig, tables_of
    from fsvfx.colour.conversion import convert, rec709_matrix
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
_HOMES = {
    "DEFAULT_CONFIG": "config",
    "ENDINGS": "config",
    "ColourConfig": "config",
    "tables_of": "config",
    "convert": "conversion",
    "rec709_matrix": "conversion",
    "decode": "display",
    "encode": "display",
    "preview": "display",
    "from_half": "planes",
    "to_half": "planes",
    "PlateColour": "plate",
    "plate_to_comp": "plate",
    "check_space": "spaces",
    "comp_space": "spaces",
    "encoding": "spaces",
    "interop_id": "spaces",
    "is_scene_linear": "spaces",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
