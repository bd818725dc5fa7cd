"""Faces over a whole shot as USD: a mesh with moving points, and the camera that projects it onto the plate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fsvfx import extras
from fsvfx.delivery.headers import software
from fsvfx.delivery.meshes import FaceMesh, face_mesh
from fsvfx.delivery.subjects import Shot
from fsvfx.errors import InputError, MachineError, Where
from fsvfx.media import RATE_HINT, PlateInfo
from fsvfx.morphable import normals
from fsvfx.morphable.camera import Camera

if TYPE_CHECKING:
    from pxr import Usd, UsdGeom, Vt

_WIDTH = 36.0
"""mm of the film back that corresponds to the plate's display window; any other value would show the same."""
_METERS = 0.01
"""A unit is a centimeter; in USD, lenses are in tenths of a unit."""
_ROOT = "/face"


class Lens(NamedTuple):
    """In mm, as in USD. offset: to the right and up, from the camera's axis to the center of the picture."""

    focal: float
    aperture: tuple[float, float]
    offset: tuple[float, float]

    @classmethod
    def of(cls, camera: Camera, plate: PlateInfo) -> Lens:
        """From a camera with px relative to the data window, for the whole display window."""
        data, (left, top, right, bottom) = plate.canvas.data, plate.canvas.display
        width, height = right - left + 1, bottom - top + 1
        x = camera.center[0] + data[0] - left + 0.5
        y = camera.center[1] + data[1] - top + 0.5
        px = _WIDTH / width
        return cls(camera.focal * px, (_WIDTH, height * px), ((width / 2 - x) * px, (y - height / 2) * px))


def write_point_cache(path: Path, shot: Shot, entry: int, of: Literal["plate", "swap"]) -> None:
    """One entry's face in every frame that shows it, hidden in the others; if there are none, the file has no mesh.

    The whole shot's points stay in memory until they are written, about 0.25 MB a frame. Raises MachineError if USD is
    not installed or can't write, ModelError, InputError, StoreError.
    """
    extras.require("pxr", what="A point cache")
    from pxr import Tf

    stage, prims, shown = _stage(shot), None, {}
    for frame in shot.frames():
        mesh = face_mesh(frame, entry, of)
        shown[frame.number] = mesh is not None
        if mesh is not None:
            prims = prims or _Prims.defined(stage, mesh)
            prims.pose(frame.number, mesh, Lens.of(mesh.camera, shot.info))
    if prims and not all(shown.values()):
        prims.show(shown)
    try:
        stage.GetRootLayer().Export(str(path))
    except Tf.ErrorException as error:
        hint = "Check the path and the disk, then run this again"
        raise MachineError(f"USD can't write the file: {error}", hint=hint, where=Where(file=str(path))) from error


def _stage(shot: Shot) -> Usd.Stage:
    """Everything except mesh and camera; its time codes are frame numbers."""
    from pxr import Sdf, Usd, UsdGeom

    if shot.track is None:  # reported by preflight before a run
        where = Where(shot=shot.job.shot.name, field="plate.frame_rate")
        raise InputError("A point cache needs a frame rate, and the plate has none", hint=RATE_HINT, where=where)
    layer = Sdf.Layer.CreateAnonymous(".usdc")
    layer.comment = f"{shot.facts['statement']}. Rights decision {shot.facts['rights']}"
    layer.customLayerData = {"fsvfx": {"software": software(), **shot.facts}}
    stage, rate = Usd.Stage.Open(layer), float(shot.track.rate)
    stage.SetTimeCodesPerSecond(rate)
    stage.SetFramesPerSecond(rate)
    stage.SetStartTimeCode(shot.order.frames.first)
    stage.SetEndTimeCode(shot.order.frames.last)
    UsdGeom.SetStageUpAxis(stage, UsdGeom.Tokens.y)
    UsdGeom.SetStageMetersPerUnit(stage, _METERS)
    root = UsdGeom.Xform.Define(stage, _ROOT).GetPrim()
    Usd.ModelAPI(root).SetKind("component")
    stage.SetDefaultPrim(root)
    return stage


@dataclass(frozen=True)
class _Prims:
    mesh: UsdGeom.Mesh
    camera: UsdGeom.Camera

    @classmethod
    def defined(cls, stage: Usd.Stage, face: FaceMesh) -> _Prims:
        """With everything that is the same in every frame. The camera stays at the origin; the points move in front of
        it."""
        from pxr import Sdf, UsdGeom, Vt

        model = face.model
        mesh, camera = UsdGeom.Mesh.Define(stage, f"{_ROOT}/mesh"), UsdGeom.Camera.Define(stage, f"{_ROOT}/camera")
        mesh.GetPrim().SetCustomDataByKey("fsvfx", {"of": face.of, "performer": face.performer, "model": model.name})
        mesh.CreateSubdivisionSchemeAttr(UsdGeom.Tokens.none)
        mesh.CreateFaceVertexCountsAttr(Vt.IntArray(len(model.triangles), 3))
        mesh.CreateFaceVertexIndicesAttr(_ints(model.triangles))
        mesh.SetNormalsInterpolation(UsdGeom.Tokens.vertex)
        used, corners = np.unique(model.uv_triangles, return_inverse=True)
        st = UsdGeom.PrimvarsAPI(mesh).CreatePrimvar(
            "st", Sdf.ValueTypeNames.TexCoord2fArray, UsdGeom.Tokens.faceVarying
        )
        st.Set(Vt.Vec2fArray.FromNumpy(np.ascontiguousarray(model.uv[used], np.float32)))
        st.SetIndices(_ints(corners))
        return cls(mesh, camera)

    def pose(self, number: int, face: FaceMesh, lens: Lens) -> None:
        """For one frame."""
        from pxr import UsdGeom

        held = np.asarray(face.points, np.float32)
        points = _vectors(held)
        self.mesh.CreatePointsAttr().Set(points, number)
        self.mesh.CreateNormalsAttr().Set(_vectors(normals(held, face.model.triangles)), number)
        self.mesh.CreateExtentAttr().Set(UsdGeom.PointBased.ComputeExtent(points), number)
        self.camera.CreateFocalLengthAttr().Set(lens.focal, number)
        self.camera.CreateHorizontalApertureOffsetAttr().Set(lens.offset[0], number)
        self.camera.CreateVerticalApertureOffsetAttr().Set(lens.offset[1], number)
        self.camera.CreateHorizontalApertureAttr().Set(lens.aperture[0])
        self.camera.CreateVerticalApertureAttr().Set(lens.aperture[1])

    def show(self, shown: Mapping[int, bool]) -> None:
        """The mesh's visibility, by frame number; USD keeps each value until the next."""
        from pxr import UsdGeom

        attribute = self.mesh.CreateVisibilityAttr()
        for number, there in shown.items():
            attribute.Set(UsdGeom.Tokens.inherited if there else UsdGeom.Tokens.invisible, number)


def _ints(values: NDArray[np.int64]) -> Vt.IntArray:
    from pxr import Vt

    return Vt.IntArray.FromNumpy(np.ascontiguousarray(values.ravel(), np.int32))


def _vectors(values: NDArray[np.float32]) -> Vt.Vec3fArray:
    from pxr import Vt

    return Vt.Vec3fArray.FromNumpy(np.ascontiguousarray(values))
