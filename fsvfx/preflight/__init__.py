"""Preflight: what can be known before a run is reported before it. ``CHECKS`` lists what is looked at."""

from fsvfx.preflight.checks import CHECKS, preflight, reachable, refusal
from fsvfx.preflight.collections import collection_troubles, learner_troubles, occluder_troubles
from fsvfx.preflight.contract import Trouble

__all__ = [
    "CHECKS",
    "Trouble",
    "collection_troubles",
    "learner_troubles",
    "occluder_troubles",
    "preflight",
    "reachable",
    "refusal",
]
