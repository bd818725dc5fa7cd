"""Fits as a stage's arrays, and back: the output of ``fit`` for each entry, as read by engines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fsvfx.arrays import Array
from fsvfx.entries import EntryView
from fsvfx.morphable.fit import Fits, FittedPerson
from fsvfx.morphable.model import Floats, Morphable
from fsvfx.morphable.placing import Placing

_PLACING = ("rotation", "scale", "shift", "nearness")
_REST = ("expression", "light", "off", "unlike")


def arrays_of(person: FittedPerson, fits: Fits) -> dict[str, Array]:
    """Per-frame arrays, by name: rotation (n, 3, 3), scale (n,), shift (n, 2) f64 crop px; nearness (n,) and
    identity (n, k), all the same; expression (n, e), light (n, 9, 3), off (n,), unlike (n,) f32: see ``Fits``."""
    placing = fits.placing
    count = len(placing.scale)
    return {
        "identity": np.repeat(person.identity[None], count, axis=0),
        "rotation": placing.rotation,
        "scale": placing.scale,
        "shift": placing.shift,
        "nearness": np.full(count, placing.nearness),
        "expression": fits.expression,
        "light": fits.light,
        "off": fits.off,
        "unlike": fits.unlike,
    }


@dataclass(frozen=True)
class FittedEntry:
    """One entry's fits, in the results of ``fit``."""

    view: EntryView

    def identity(self, number: int) -> Floats:
        """(k,) of the performer; the same in every frame that shows them."""
        return np.asarray(self.view.frame("identity", number), np.float32)

    def person(self, model: Morphable, number: int) -> FittedPerson:
        """The performer, in a frame that shows them; without albedo."""
        return FittedPerson.of(model, self.identity(number), float(np.asarray(self.view.frame("nearness", number))))

    def rest(self, number: int) -> Floats:
        """(e,) of the performer's face at rest, the same in every frame; present if the entry is driven."""
        return np.asarray(self.view.frame("rest", number), np.float32)

    def fits(self, numbers: Sequence[int]) -> Fits:
        """For frames that show the performer, at least one."""
        held = {name: np.stack([self.view.frame(name, number) for number in numbers]) for name in (*_PLACING, *_REST)}
        rotation, scale, shift, nearness = (np.asarray(held[name], np.float64) for name in _PLACING)
        placing = Placing(rotation, scale, shift, float(nearness[0]))
        return Fits(placing, *(held[name].astype(np.float32) for name in _REST))
