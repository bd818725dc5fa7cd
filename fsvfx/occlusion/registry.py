"""Which segmenters there are: those that installed packages register under ``fsvfx.segmenters``."""

from __future__ import annotations

from typing import Final, TypeGuard

from fsvfx.errors import InputError, Where
from fsvfx.occlusion.contract import Segmenter
from fsvfx.plugins import Plugins
from fsvfx.suggestions import suggestion

REGISTERED: Final = Plugins("fsvfx.segmenters", "segmenter")
EMBEDDED = "texture_and_hands"
"""What ``embedded`` stands for in a manifest."""


def segmenter(name: str) -> type[Segmenter]:
    """The segmenter of that name, or the default for ``embedded``. Raises InputError, with the nearest name."""
    wanted, known = EMBEDDED if name == "embedded" else name, REGISTERED.names()
    if wanted not in known:
        raise InputError(
            f"There is no segmenter '{name}'",
            hint=suggestion(name, ("embedded", "none", *known)),
            where=Where(field="composite.occlusion"),
        )
    return REGISTERED.load(wanted, _is_segmenter, "subclass of fsvfx.occlusion.contract.Segmenter")


def _is_segmenter(loaded: object) -> TypeGuard[type[Segmenter]]:
    return isinstance(loaded, type) and issubclass(loaded, Segmenter)
