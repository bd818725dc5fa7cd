"""Which composite settings apply where, which of them matter, and what they need from other stages."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from functools import lru_cache
from operator import itemgetter

from fsvfx.comp.expressions import sources
from schemas.base import referred
from schemas.composite import Composite, CompositeSettings
from schemas.frames import FrameRange, meetings

SEAMLESS = ("seamless", "seamless-hist-match")
HISTOGRAMS = ("hist-match", "seamless-hist-match")
PYRAMIDS = ("multi-band", "contrast-preserving")

Test = Callable[[CompositeSettings], bool]


NETWORKS = {"restorer": "restorer", "super_resolver": "upscaler"}
"""Options that may name a user's own network, and its kind."""


def named_networks(composite: Composite) -> Iterator[tuple[tuple[str | int, ...], str, tuple[str, str]]]:
    """Each named network: the option's place, the network's kind, its name and its card's digest."""
    for option, kind in NETWORKS.items():
        if found := referred(getattr(composite, option)):
            yield (option,), kind, found
        for index, override in enumerate(composite.overrides):
            if found := referred(getattr(override, option) or ""):
                yield ("overrides", index, option), kind, found


def takes_colours(settings: CompositeSettings) -> bool:
    """Whether the swap gets the plate's colors, by transfer or histograms."""
    return settings.mode not in ("original", "raw") and (
        settings.color_transfer != "none" or settings.mode in HISTOGRAMS
    )


def finishes(settings: CompositeSettings) -> bool:
    """Whether any finishing step is applied to the swap."""
    asked = (getattr(settings, name) != 0 for name in _FINISHES)
    return settings.mode not in ("original", "raw") and any(asked)


_FINISHES = ("denoise", "restoration", "super_resolution", "sharpen", "motion_blur", "match_resolution", "degrade")
_ONLY_WHERE: dict[str, Test] = {
    "mixed_gradients": lambda each: each.mode in SEAMLESS,
    "bands": lambda each: each.mode in PYRAMIDS,
    "hist_threshold": lambda each: each.mode in HISTOGRAMS,
    "color_transfer_masked": takes_colours,
    "color_transfer_steady": takes_colours,
    "color_transfer_space": lambda each: each.color_transfer != "none",
    "restorer": lambda each: each.restoration > 0,
    "super_resolver": lambda each: each.super_resolution > 0,
    "sharpen_kernel": lambda each: each.sharpen != 0,
}
"""Options that only have an effect together with others, and when they do."""
_OF_RAW = frozenset({"mode", "opacity"})


def groups(composite: Composite, frames: FrameRange) -> list[tuple[FrameRange, CompositeSettings]]:
    """Runs of ``frames`` that share all settings that matter there."""
    found = ((held, mattering(settings)) for held, settings in runs(composite, frames))
    joined = itertools.groupby(found, key=itemgetter(1))
    return [(FrameRange(number for held, _ in run for number in held), settings) for settings, run in joined]


def in_force(composite: Composite, frames: FrameRange) -> set[CompositeSettings]:
    """All settings that matter anywhere in ``frames``."""
    return {mattering(settings) for settings in {settings for _, settings in runs(composite, frames)}}


def runs(composite: Composite, frames: FrameRange) -> Iterator[tuple[FrameRange, CompositeSettings]]:
    """Runs of ``frames`` with the same overrides, and the settings there.

    Settings are looked up once for each set of overlapping overrides, not frame by frame.
    """
    looked_up: dict[tuple[int, ...], CompositeSettings] = {}
    for held, met in meetings(frames, [one.frames for one in composite.overrides]):
        if met not in looked_up:
            looked_up[met] = composite.at(held.first)
        yield held, looked_up[met]


@lru_cache(maxsize=1024)
def mattering(settings: CompositeSettings) -> CompositeSettings:
    """``settings``, with options that have no effect set to their defaults, so that they don't change keys."""
    return CompositeSettings(**{name: value for name, value in settings if _matters(name, settings)})


def occludes(settings: CompositeSettings) -> bool:
    """Whether occlusion, or the segmented face, is needed."""
    named = settings.occlusion != "none" or not sources(settings.matte).isdisjoint({"plate", "identity"})
    return settings.mode not in ("original", "raw") and named


def takes_texture(settings: CompositeSettings) -> bool:
    """Whether the swap gets the plate's pores and grain."""
    return settings.mode not in ("original", "raw") and settings.texture == "plate"


def takes_roto(settings: CompositeSettings) -> bool:
    """Whether an external matte is used."""
    return settings.mode not in ("original", "raw") and "external" in sources(settings.matte)


def reach(settings: CompositeSettings) -> int:
    """How many frames before and after it a frame's colors depend on.

    Histograms after a transfer look at transferred neighbors, and so at their neighbors, too.
    """
    if not takes_colours(settings):
        return 0
    both = settings.color_transfer != "none" and settings.mode in HISTOGRAMS
    return math.ceil(3 * settings.color_transfer_steady) * (2 if both else 1)


def motion(settings: CompositeSettings) -> int:
    """How many frames before and after a frame determine its motion blur."""
    return int(settings.motion_blur > 0)


def _matters(name: str, settings: CompositeSettings) -> bool:
    if settings.mode == "original":
        return name == "mode"
    if settings.mode == "raw":
        return name in _OF_RAW
    return name not in _ONLY_WHERE or _ONLY_WHERE[name](settings)
