"""Plates and references in; EXR, stills and movies out.

The names below are imported when they are first used: the probe's child process must start fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fsvfx.media.plate import RATE_HINT, PlateInfo, PlateReader
    from fsvfx.media.references import PersonSource, spread
    from fsvfx.media.sources import OpenedPlate, RotoSource, open_plate, source_for

__all__ = [
    "RATE_HINT", "OpenedPlate", "PersonSource", "PlateInfo", "PlateReader", "RotoSource", "addresses", "colour_tags",
    "exr", "facts", "files", "open_plate", "remote", "sequence", "source_for", "spread", "stills", "timecodes", "video",
]  # fmt: skip
_HOMES = {
    "RATE_HINT": "plate",
    "OpenedPlate": "sources",
    "open_plate": "sources",
    "source_for": "sources",
    "PersonSource": "references",
    "spread": "references",
    "PlateInfo": "plate",
    "PlateReader": "plate",
    "RotoSource": "sources",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
