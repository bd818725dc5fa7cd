"""Faces in 3D: a morphable model behind a common contract, fitted to pictures, and rendered with a z-buffer.

``ict()`` is the ICT-FaceKit's face, ``makehuman()`` MakeHuman's, ``head`` the one that a shot has chosen;
``fit_person`` and ``fit_frames`` estimate shape, albedo, pose, expression and light.
"""

from fsvfx.morphable.basis import TextureBasis
from fsvfx.morphable.driven import Performance, at_rest, driven, performance
from fsvfx.morphable.facekit import FaceKit, facekit
from fsvfx.morphable.fit import Fits, FittedPerson, fit_frames, fit_person, joined, posed, spread
from fsvfx.morphable.head import head
from fsvfx.morphable.ict import ict
from fsvfx.morphable.kept import FittedEntry, arrays_of
from fsvfx.morphable.makehuman import makehuman
from fsvfx.morphable.model import Morphable, SurfacePoints, normals
from fsvfx.morphable.placing import Placing
from fsvfx.morphable.steady import jitter, steady
from fsvfx.morphable.zbuffer import zbuffer

__all__ = [
    "FaceKit",
    "Fits",
    "FittedEntry",
    "FittedPerson",
    "Morphable",
    "Performance",
    "Placing",
    "SurfacePoints",
    "TextureBasis",
    "arrays_of",
    "at_rest",
    "basis",
    "camera",
    "driven",
    "facekit",
    "fit_frames",
    "fit_person",
    "head",
    "ict",
    "jitter",
    "joined",
    "light",
    "makehuman",
    "model",
    "normals",
    "packing",
    "performance",
    "pictures",
    "placing",
    "portrait",
    "posed",
    "spread",
    "steady",
    "textures",
    "zbuffer",
]
