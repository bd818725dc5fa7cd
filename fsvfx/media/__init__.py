"""Plates and references in; EXR and video out."""

from fsvfx.media.opening import open_plate
from fsvfx.media.plate import PlateInfo, PlateReader
from fsvfx.media.source import source_for

__all__ = ["PlateInfo", "PlateReader", "open_plate", "source_for"]
