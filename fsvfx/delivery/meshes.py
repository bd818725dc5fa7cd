"""Faces as meshes in front of a camera: Wavefront OBJ, and JSON with the camera."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from fsvfx.delivery.headers import software
from fsvfx.delivery.subjects import Frame
from fsvfx.engines.contract import Identity
from fsvfx.engines.registry import settings_of
from fsvfx.engines.solid.identity import person_of
from fsvfx.engines.solid.settings import SolidSettings
from fsvfx.engines.solid.shape import exchanged
from fsvfx.entries import EntryView, GoesIn
from fsvfx.morphable import FittedEntry, Morphable, head
from fsvfx.morphable.camera import Camera, before_camera
from fsvfx.morphable.model import Floats

_SPACE = "right-handed, centimeters, y up; the camera is at the origin and looks along -z"
_PIXELS = "x right, y down, from the center of the data window's first pixel"


@dataclass(frozen=True, eq=False)
class FaceMesh:
    """points: (v, 3) cm, of ``model``'s vertices; camera: the plate's."""

    model: Morphable
    of: Literal["plate", "swap"]
    performer: str
    points: NDArray[np.float64]
    camera: Camera


def face_mesh(frame: Frame, index: int, of: Literal["plate", "swap"]) -> FaceMesh | None:
    """One entry's, from the stage ``fit``; None if the performer is absent, or the swap is waived.

    Raises ModelError if the morphable model is not installed, InputError if the identity has no pictures, StoreError.
    """
    comp, number = frame.comp, frame.number
    placed = comp.aligned[index] if index < len(comp.aligned) else None
    if placed is None or placed.matrix is None or "fit" not in comp.read or (comp.waived and of == "swap"):
        return None
    model, held = head(frame.job.shot.faces.head), FittedEntry(EntryView(comp.read["fit"], index))
    fits = held.fits([number])
    shape = summed(model.neutral, held.identity(number), model.identity)
    points = summed(shape, fits.expression[0], model.expression)
    if of == "swap":
        points += _change(frame, index, model, shape, placed.size)
    performer = frame.job.shot.replace[index].performer
    return FaceMesh(model, of, performer, *before_camera(model, fits.placing, points, placed.matrix))


def summed(start: Floats, coefficients: Floats, basis: Floats) -> Floats:
    """(v, 3): ``start`` plus a weighted sum of ``basis`` (k, v, 3), bit-identical for any number of threads, unlike a
    product of matrices."""
    return np.asarray(start + (coefficients[:, None, None] * basis).sum(axis=0), np.float32)


def write_obj(path: Path, frame: Frame, mesh: FaceMesh | None) -> None:
    """Vertices, UVs and triangles; without a mesh only the header. Raises OSError."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f"# {software()}: a face's mesh; {_SPACE}\n")
        file.writelines(f"# {name}: {' '.join(text.split())}\n" for name, text in frame.facts.items())
        if mesh is not None:
            file.write(f"# model: {mesh.model.name}\no face\n")
            file.write(_rows("v %.5f %.5f %.5f\n", mesh.points))
            file.write(_surface(mesh.model))


def write_camera(path: Path, frame: Frame, mesh: FaceMesh | None) -> None:
    """The mesh's subject, and its camera, besides the facts; both null without a mesh. Raises OSError."""
    said: dict[str, JsonValue] = {**frame.facts, "mesh": None, "camera": None}
    if mesh is not None:
        said |= {"mesh": _described(mesh), "camera": _stated(mesh.camera, frame)}
    path.write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _described(mesh: FaceMesh) -> dict[str, JsonValue]:
    return {
        "of": mesh.of,
        "performer": mesh.performer,
        "model": mesh.model.name,
        "vertices": len(mesh.points),
        "space": _SPACE,
    }


def _stated(camera: Camera, frame: Frame) -> dict[str, JsonValue]:
    return {
        "width": frame.info.width,
        "height": frame.info.height,
        "pixels": _PIXELS,
        "focal_length_px": camera.focal,
        "center_px": list(camera.center),
        "plate_from_camera": camera.matrix.tolist(),
    }


def _change(frame: Frame, index: int, model: Morphable, shape: Floats, size: int) -> Floats:
    """(v, 3): from the performer's shape to its replacement, as set in the engine's settings."""
    entry = frame.job.shot.replace[index]
    values = settings_of(entry.engine, entry.settings_at(frame.number))
    share = values.shape if isinstance(values, SolidSettings) else 1.0
    ours = _shape(GoesIn.of(frame.comp.read, index, entry.goes_in), entry.goes_in, model, size)
    return exchanged(model, shape, ours, share)


@lru_cache(maxsize=2)
def _shape(found: GoesIn, name: str, model: Morphable, size: int) -> Floats:
    """(v, 3) of the identity at rest: computed once for a chunk's frames."""
    return person_of(Identity.of(name, found), model, size).shape


@lru_cache(maxsize=1)
def _surface(model: Morphable) -> str:
    """UVs and triangles: the same in every frame."""
    used, corners = np.unique(model.uv_triangles, return_inverse=True)
    pairs = np.stack([model.triangles, corners.reshape(model.uv_triangles.shape)], axis=2) + 1
    return _rows("vt %.6f %.6f\n", model.uv[used]) + "s 1\n" + _rows("f %d/%d %d/%d %d/%d\n", pairs)


def _rows(row: str, values: NDArray[np.generic]) -> str:
    return row * len(values) % tuple(values.ravel().tolist())
