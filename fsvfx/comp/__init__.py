"""Compositing: matte, Poisson solver, blend; all in scene-linear float."""

from fsvfx.comp.patch import Patch, apply, paste

__all__ = ["Patch", "apply", "paste"]
