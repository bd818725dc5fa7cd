"""Compositing: mattes, colours, blends and finish, scene-linear; a Patch is what a swap changes of its plate.

The names below are imported when they are first used: whoever checks a manifest need not wait for numpy and OpenCV.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fsvfx.comp.patch import CompositedEntry, Patch, apply, paste

__all__ = [
    "CompositedEntry",
    "Patch",
    "apply",
    "blend",
    "choices",
    "colours",
    "expressions",
    "face",
    "finish",
    "highlights",
    "matte",
    "paste",
    "patch",
    "transfer",
]
_HOMES = {
    "CompositedEntry": "patch",
    "Patch": "patch",
    "apply": "patch",
    "paste": "patch",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
