"""Matches the swap's colors to the plate's, by transfer or by histograms, smoothed over neighboring frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from fsvfx.colour import PlateColour
from fsvfx.comp.choices import HISTOGRAMS, reach, takes_colours
from fsvfx.comp.face import Face
from schemas.composite import CompositeSettings

F32 = NDArray[np.float32]


_PIXELS = 16_000_000
"""Pixels of swap and plate in memory at once, including neighbor frames."""


def together(size: int, settings: CompositeSettings) -> int:
    """How many frames with crops (size, size) to process at once."""
    return max(1, _PIXELS // size**2 - 2 * reach(settings))


def coloured(face: Face, numbers: Sequence[int], settings: CompositeSettings, colour: PlateColour) -> list[F32]:
    """The swap's crops (S, S, 3), display light, of frames ``numbers``, with colors matched as the settings require.

    The settings at these frames also apply to their neighbors. A frame's result does not depend on which other frames
    are processed with it.
    """
    if not takes_colours(settings):
        return [face.swap(number) for number in numbers]
    run = _Run(face, numbers, settings)
    swap = run.read(face.swap)
    everything = slice(None)
    wanted = slice(run.around.index(numbers[0]), run.around.index(numbers[-1]) + 1)
    if settings.color_transfer != "none":
        swap = _transferred(run, swap, colour, everything if settings.mode in HISTOGRAMS else wanted)
    if settings.mode in HISTOGRAMS:
        swap = _matched(run, swap, wanted)
    return [swap[run.around[wanted].index(number)] for number in numbers]


class _Run:
    """The frames around ``numbers``, in time order, that their colors depend on."""

    def __init__(self, face: Face, numbers: Sequence[int], settings: CompositeSettings) -> None:
        self.face, self.settings = face, settings
        self.around = sorted({other for number in numbers for other in face.segment(number, reach(settings))})
        self.starts = np.array(
            [face.starts(number) or number - 1 not in self.around for number in self.around], np.bool_
        )
        self.plate = self.read(face.plate)
        self.share = self._share()

    def read(self, picture: Callable[[int], F32]) -> F32:
        return np.stack([picture(number) for number in self.around])

    def _share(self) -> F32:
        """(n, S, S): each pixel's weight, for both swap and plate."""
        if not self.settings.color_transfer_masked:
            return np.ones(self.plate.shape[:3], np.float32)
        return np.stack([self.face.matte(number, self.settings) for number in self.around])


def _transferred(run: _Run, swap: F32, colour: PlateColour, wanted: slice) -> F32:
    from fsvfx.comp.transfer import transfer  # here: a heavy import that planning does not need

    plate, light = run.plate, run.settings.color_transfer_space
    if light == "linear":
        swap, plate = (np.asarray(colour.decode(each), np.float32) for each in (swap, plate))
    given = transfer(
        swap,
        plate,
        run.share,
        run.share,
        run.settings.color_transfer,
        steady=run.settings.color_transfer_steady,
        starts=run.starts,
        wanted=wanted,
        light=light,
    )
    return np.asarray(colour.encode(given), np.float32) if light == "linear" else given


def _matched(run: _Run, swap: F32, wanted: slice) -> F32:
    from fsvfx.comp.transfer import match_histograms

    return match_histograms(
        swap,
        run.plate,
        run.share,
        run.share,
        run.settings.hist_threshold,
        steady=run.settings.color_transfer_steady,
        starts=run.starts,
        wanted=wanted,
    )
