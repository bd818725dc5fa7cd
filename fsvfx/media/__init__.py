"""Plates and references in; EXR and video out.

What is named here is imported when it is asked for: the process of ``probing`` shall start in no time.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fsvfx.media.opening import open_plate
    from fsvfx.media.plate import PlateInfo, PlateReader
    from fsvfx.media.source import source_for

__all__ = ["PlateInfo", "PlateReader", "open_plate", "source_for"]
_HOMES = {"open_plate": "opening", "PlateInfo": "plate", "PlateReader": "plate", "source_for": "source"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
