"""Facesets: footage and pictures of people as faces to train on, culled, with some of them held out."""

from fsvfx.facesets.build import build, built, store_of
from fsvfx.facesets.crowd import Crowd, crowd_in
from fsvfx.facesets.faceset import Faceset, merged, open_faceset, weights
from fsvfx.facesets.footage import Footage, footage_of
from fsvfx.facesets.pictures import Gathered, build_collection, built_collection, laid_out, open_collection
from fsvfx.facesets.selection import Reason
from fsvfx.facesets.views import OF_COLLECTIONS, VIEWS, view

__all__ = [
    "OF_COLLECTIONS",
    "VIEWS",
    "Crowd",
    "Faceset",
    "Footage",
    "Gathered",
    "Reason",
    "build",
    "build_collection",
    "built",
    "built_collection",
    "crowd",
    "crowd_in",
    "faceset",
    "footage",
    "footage_of",
    "laid_out",
    "lookup",
    "merged",
    "open_collection",
    "open_faceset",
    "pictures",
    "store_of",
    "unseen",
    "view",
    "weights",
]
