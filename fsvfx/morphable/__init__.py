"""Faces in three dimensions: a morphable model behind one contract, fitted to pictures, and seen through a z-buffer.

``ict()`` is the ICT-FaceKit's face; ``fit_person`` and ``fit_frames`` find shape, albedo, pose, expression and light.
"""

from fsvfx.morphable.facekit import FaceKit, facekit
from fsvfx.morphable.fit import Fits, FittedPerson, fit_frames, fit_person, joined, posed
from fsvfx.morphable.ict import ict
from fsvfx.morphable.model import Morphable, SurfacePoints, normals
from fsvfx.morphable.placing import Placing
from fsvfx.morphable.zbuffer import zbuffer

__all__ = [
    "FaceKit",
    "Fits",
    "FittedPerson",
    "Morphable",
    "Placing",
    "SurfacePoints",
    "facekit",
    "fit_frames",
    "fit_person",
    "ict",
    "joined",
    "light",
    "model",
    "normals",
    "pictures",
    "posed",
    "zbuffer",
]
