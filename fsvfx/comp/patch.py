"""Patches: the parts of a plate that a swap changes, as the composite stage keeps them, and their way back onto it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fsvfx.entries import EntryView

Half = NDArray[np.float16]


@dataclass(frozen=True)
class Patch:
    """One entry's share of a comp.

    origin: (y, x) of the patch's first pixel in the plate. patch: (h, w, 3) float16, comp space, scene-linear, already
    blended with the plate. matte: (h, w) float16 in [0, 1]; the patch holds where it is above zero.
    """

    origin: tuple[int, int]
    patch: Half
    matte: Half


class CompositedEntry(EntryView):
    """One entry's patches, in the results of ``composite``."""

    @property
    def is_there(self) -> bool:
        """Whether anything was composited for it."""
        return self.has("present")

    @property
    def present(self) -> NDArray[np.bool_]:
        """(n,): whether the frame's matte shows something."""
        return np.asarray(self.frames("present"), np.bool_)

    def patch(self, number: int) -> Patch | None:
        """None where nothing shows. Raises StoreError."""
        if not self.frame("present", number):
            return None
        y, x = (int(value) for value in self.frame("origin", number))
        return Patch((y, x), self.half("patch", number), self.half("matte", number))


def paste(area: Half, matte: Half, at: tuple[int, int], patches: Iterable[Patch]) -> None:
    """Lay ``patches`` in order onto ``area`` (h, w, 3), which lies at ``at`` (y, x) of the plate, and join their mattes
    (maximum) into ``matte`` (h, w). In place; what lies outside of ``area`` is left out."""
    for patch in patches:
        top, left = patch.origin[0] - at[0], patch.origin[1] - at[1]
        y0, x0 = max(top, 0), max(left, 0)
        y1, x1 = min(top + patch.matte.shape[0], area.shape[0]), min(left + patch.matte.shape[1], area.shape[1])
        if y0 >= y1 or x0 >= x1:
            continue
        here = (slice(y0, y1), slice(x0, x1))
        there = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
        np.copyto(area[here], patch.patch[there], where=patch.matte[there][..., None] > 0)
        np.maximum(matte[here], patch.matte[there], out=matte[here])


def apply(plate_comp: Half, patches: Iterable[Patch]) -> tuple[Half, Half]:
    """The comp of one frame, and its matte.

    plate_comp: (H, W, 3) float16, the plate in comp space. Gives comp (H, W, 3) float16 and matte (H, W) float16.
    Outside the matte the comp is bit-equal to ``plate_comp``.
    """
    if plate_comp.dtype != np.float16:
        raise TypeError(f"a plate in comp space is float16, this one is {plate_comp.dtype}")
    comp = plate_comp.copy()
    matte: Half = np.zeros(comp.shape[:2], np.float16)
    paste(comp, matte, (0, 0), patches)
    return comp, matte
