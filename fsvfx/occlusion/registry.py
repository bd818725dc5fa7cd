"""Which segmenters there are: those that installed packages register under ``fsvfx.segmenters``."""

from __future__ import annotations

import difflib
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points

from fsvfx.errors import InputError, MachineError, Where
from fsvfx.occlusion.contract import Segmenter

GROUP = "fsvfx.segmenters"
EMBEDDED = "texture_and_hands"
"""What ``embedded`` stands for in a manifest."""


@lru_cache(maxsize=1)
def _registered() -> dict[str, EntryPoint]:
    """Entry points by name; of two of the same name the first one found counts, as on the import path."""
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=GROUP):
        found.setdefault(point.name, point)
    return dict(sorted(found.items()))


def segmenters() -> dict[str, type[Segmenter]]:
    """Every segmenter by its name. Raises MachineError if one can't be loaded."""
    return {name: _load(point) for name, point in _registered().items()}


def segmenter(name: str) -> type[Segmenter]:
    """The segmenter of that name, or the default for ``embedded``. Raises InputError, with the nearest name."""
    known = _registered()
    wanted = EMBEDDED if name == "embedded" else name
    if wanted not in known:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
        there = ", ".join(["embedded", "none", *known])
        raise InputError(
            f"There is no segmenter '{name}'",
            mend=f"Did you mean '{near[0]}'?" if near else f"There are: {there}",
            where=Where(field="composite.occlusion"),
        )
    return _load(known[wanted])


def _load(point: EntryPoint) -> type[Segmenter]:
    try:
        loaded = point.load()
    except Exception as error:
        raise MachineError(
            f"Segmenter '{point.name}' ({point.value}) can't be loaded: {error}",
            mend="Mend or uninstall the package that brings it",
        ) from error
    if not (isinstance(loaded, type) and issubclass(loaded, Segmenter)):
        raise MachineError(
            f"Segmenter '{point.name}' ({point.value}) is no subclass of fsvfx.occlusion.contract.Segmenter",
            mend="Mend or uninstall the package that brings it",
        )
    return loaded
