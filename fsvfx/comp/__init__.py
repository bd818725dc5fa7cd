"""Compositing: mattes, colours, blends and finish, scene-linear; a Patch is what a swap changes of its plate."""

from fsvfx.comp.patch import CompositedEntry, Patch, apply, paste

__all__ = [
    "CompositedEntry",
    "Patch",
    "apply",
    "blend",
    "choices",
    "colours",
    "face",
    "finish",
    "highlights",
    "matte",
    "paste",
    "patch",
    "transfer",
]
