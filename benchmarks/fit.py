"""The accuracy of the morphable model's fit on known heads: ``python -m benchmarks.fit``.

Needs the ICT-FaceKit (``FSVFX_ICT_MODEL``). Six actors, twelve frames of a performance each, rendered, measured with
FaceMesh, cropped to 256 px. For each: the mean distance of vertices within the face's oval from the actor's own, after
a similarity, in shares of the face's width: for the mean head; fitted to exact points; to FaceMesh's; to those and
pixels. And processor time per frame of ``fit_frames``. Writes benchmarks/results/fit.json.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import save
from fsvfx.actors import actor, perform, render
from fsvfx.actors.clips import shown
from fsvfx.faces.facemesh import FaceMesh, face_mesh
from fsvfx.faces.geometry import crop, crop_matrix, move_points, similarity
from fsvfx.morphable import Morphable, fit_frames, fit_person, ict
from fsvfx.morphable.facekit import FACE

NAMES = ("ada", "ben", "cleo", "dan", "eve", "fay")
_MOMENTS, _EACH = 72, 6
_PICTURE, _SIDE = 384, 256
_LOOKS = 5
Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Seen:
    """n frames of an actor: landmarks (n, 468, 3) px by FaceMesh, exact ones, crops (n, S, S, 3) display [0, 1]."""

    landmarks: Floats
    exact: Floats
    crops: Floats


def main() -> None:
    model, mesh = ict(), face_mesh()
    told = {name: measured(model, name, seen_of(model, mesh, name)) for name in NAMES}
    means = {key: round(float(np.mean([each[key] for each in told.values()])), 4) for key in told[NAMES[0]]}
    print(json.dumps({"mean": means, **told}, indent=2))
    save("fit", {"mean": means, "actors": told})


def measured(model: Morphable, name: str, seen: Seen) -> dict[str, float]:
    """Shares of the face's width; ms of processor time."""
    person = fit_person(model, seen.landmarks, seen.crops)[0]
    start = time.process_time()
    fit_frames(model, person, seen.landmarks, seen.crops)
    each = 1000 * (time.process_time() - start) / len(seen.landmarks)
    shapes = {
        "mean_head": model.neutral,
        "exact": fit_person(model, seen.exact)[0].shape,
        "facemesh": fit_person(model, seen.landmarks)[0].shape,
        "facemesh_and_pixels": person.shape,
    }
    return {key: round(_off(model, shape, name), 4) for key, shape in shapes.items()} | {"ms_a_frame": round(each, 1)}


def seen_of(model: Morphable, mesh: FaceMesh, name: str) -> Seen:
    """A performance determined by the letters of the name."""
    landmarks, exact, crops = [], [], []
    for moment in perform(_MOMENTS, seed=sum(map(ord, name)))[::_EACH]:
        drawn = render(actor(name), moment, _PICTURE)
        picture = shown(drawn.rgb).astype(np.float32)
        low, high = drawn.landmarks[:, :2].min(axis=0), drawn.landmarks[:, :2].max(axis=0)
        across, down = (low + high) / 2 - [0, 0.15 * (high - low)[1]]
        square = np.array([[across, down, (high - low).max() * 1.7, 0]])
        found = mesh.landmarks((picture * 255 + 0.5).astype(np.uint8), square, _LOOKS)[0][0]
        matrix = crop_matrix(found, _SIDE)
        landmarks.append(move_points(matrix, found))
        exact.append(model.points.of(move_points(matrix, drawn.vertices)[:FACE]))
        crops.append(crop(picture, matrix, _SIDE))
    return Seen(*(np.asarray(each, np.float32) for each in (landmarks, exact, crops)))


def _off(model: Morphable, shape: Floats, name: str) -> float:
    inner = model.depth > 0
    truth = actor(name).shape[:FACE][inner]
    scale, turn, shift = similarity(shape[inner], truth)
    return float(np.linalg.norm(scale * shape[inner] @ turn.T + shift - truth, axis=1).mean() / model.width)


if __name__ == "__main__":
    main()
