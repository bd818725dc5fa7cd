"""Super-resolution: the available methods, and how they are mixed into a swap.

Other packages register theirs by an entry point of the group ``fsvfx.super_resolvers`` that names a ``SuperResolver``.
"""

from __future__ import annotations

from typing import Final, Protocol, TypeGuard

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.comp.finish.pictures import held
from fsvfx.errors import MachineError
from fsvfx.plugins import Plugins

F32 = NDArray[np.float32]

REGISTERED: Final = Plugins("fsvfx.super_resolvers", "super-resolver")


class SuperResolver(Protocol):
    """A function: (S, S, 3) float32 display light to (k S, k S, 3) float32, the same picture at k times the size."""

    def __call__(self, crop: F32, /) -> F32: ...


def super_resolvers() -> tuple[str, ...]:
    """All names, in alphabetical order; loads none."""
    return REGISTERED.names()


def check_super_resolver(name: str) -> None:
    """Raises InputError, with the nearest name, if there is no such super-resolver; loads none."""
    REGISTERED.check(name)


def weights_of_resolver(name: str) -> tuple[str, ...]:
    """The model cards whose weights it uses: its attribute ``weights``, if present. Raises InputError."""
    return tuple(getattr(REGISTERED.load(name, _is_super_resolver, "function"), "weights", ()))


def super_resolve(crop: F32, amount: float, by: str | SuperResolver) -> F32:
    """Mix ``amount`` percent of the super-resolved ``crop`` (S, S, 3), display light, into it; at its own size.

    by: a super-resolver, or the name of one.

    Raises InputError for an unknown name, MachineError for one that can't be loaded or returns no such picture.
    """
    if amount == 0:
        return crop
    size = crop.shape[0]
    resolver = REGISTERED.load(by, _is_super_resolver, "function") if isinstance(by, str) else by
    large = resolver(crop)
    if large.ndim != 3 or large.shape[2] != 3 or large.shape[0] != large.shape[1] or large.shape[0] % size:
        raise MachineError(
            f"Super-resolver '{by if isinstance(by, str) else 'of your own'}' made {large.shape} of {crop.shape}",
            hint="It must return a whole multiple of the size: ask its makers",
        )
    fine = np.asarray(cv2.resize(large, (size, size), interpolation=cv2.INTER_AREA), np.float32)
    return held(crop + np.float32(amount / 100) * (np.nan_to_num(fine) - crop), crop)


def _is_super_resolver(loaded: object) -> TypeGuard[SuperResolver]:
    """As far as can be checked without calling it."""
    return callable(loaded)
