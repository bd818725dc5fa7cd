"""Compositing: matte, Poisson solver, blend; all in scene-linear float."""

from fsvfx.comp.patch import CompositedEntry, Patch, apply, paste

__all__ = ["CompositedEntry", "Patch", "apply", "paste"]
