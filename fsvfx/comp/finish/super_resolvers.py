"""Super-resolution: which ways there are, and what they add to a swap.

Other packages register theirs by an entry point of the group ``fsvfx.super_resolvers`` that names a ``SuperResolver``.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.comp.finish.pictures import held
from fsvfx.errors import InputError, MachineError

F32 = NDArray[np.float32]

GROUP = "fsvfx.super_resolvers"


class SuperResolver(Protocol):
    """A function: (S, S, 3) float32 display light to (k S, k S, 3) float32, the same picture at k times the size."""

    def __call__(self, crop: F32, /) -> F32: ...


def super_resolvers() -> tuple[str, ...]:
    """The names of all, in alphabetical order; loads none."""
    return tuple(_registered())


def check_super_resolver(name: str) -> None:
    """Raises InputError, with the nearest name, if there is no such super-resolver."""
    known = super_resolvers()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
        mend = f"Did you mean '{near[0]}'?" if near else f"There are: {', '.join(known) or 'none'}"
        raise InputError(f"There is no super-resolver '{name}'", mend=mend)


def super_resolve(crop: F32, amount: float, name: str) -> F32:
    """Mix ``amount`` percent of the super-resolved ``crop`` (S, S, 3), display light, into it; at its own size.

    Raises InputError for an unknown name, MachineError for one that can't be loaded or gives no such picture.
    """
    if amount == 0:
        return crop
    size = crop.shape[0]
    large = _loaded(name)(crop)
    if large.ndim != 3 or large.shape[2] != 3 or large.shape[0] != large.shape[1] or large.shape[0] % size:
        raise MachineError(
            f"Super-resolver '{name}' made {large.shape} of {crop.shape}",
            mend="Ask those who made it: it is to give a whole multiple of the size",
        )
    fine = np.asarray(cv2.resize(large, (size, size), interpolation=cv2.INTER_AREA), np.float32)
    return held(crop + np.float32(amount / 100) * (np.nan_to_num(fine) - crop), crop)


@lru_cache(maxsize=1)
def _registered() -> dict[str, EntryPoint]:
    """Entry points by name; of two of the same name the first one found counts, as on the import path."""
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=GROUP):
        found.setdefault(point.name, point)
    return dict(sorted(found.items()))


@lru_cache(maxsize=8)
def _loaded(name: str) -> Callable[[F32], F32]:
    check_super_resolver(name)
    point = _registered()[name]
    try:
        made: Callable[[F32], F32] = point.load()
    except Exception as error:
        raise MachineError(
            f"Super-resolver '{name}' ({point.value}) can't be loaded: {error}",
            mend="Mend or uninstall the package that brings it",
        ) from error
    if not callable(made):
        raise MachineError(
            f"Super-resolver '{name}' ({point.value}) is no function", mend="Mend or uninstall the package"
        )
    return made
