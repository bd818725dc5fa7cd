"""Facesets: a person's footage as faces to train on, culled, with some of them held out."""

from fsvfx.facesets.build import build, built, store_of
from fsvfx.facesets.faceset import Faceset, merged, open_faceset, weights
from fsvfx.facesets.footage import Footage, footage_of
from fsvfx.facesets.selection import Reason
from fsvfx.facesets.views import VIEWS, view

__all__ = [
    "VIEWS",
    "Faceset",
    "Footage",
    "Reason",
    "build",
    "built",
    "faceset",
    "footage",
    "footage_of",
    "lookup",
    "merged",
    "open_faceset",
    "store_of",
    "view",
    "weights",
]
