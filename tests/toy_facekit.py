"""A made-up FaceKit, in the layout of the one that USC ICT publishes: a bent sheet of 80 vertices. For tests."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

ROWS, COLUMNS = 8, 10
NAMES = ("browDown_L", "jawOpen")
MORE = "PupilDilate_L"
"""A shape that the list of expressions leaves out, as theirs does."""


def neutral() -> np.ndarray:
    y, x = np.mgrid[0:ROWS, 0:COLUMNS]
    return np.stack([x - 4.5, 3.5 - y, 0.1 * (x - 4.5) ** 2 + 0.123456 * y], axis=-1).reshape(-1, 3).round(5)


def changed(shape: int) -> np.ndarray:
    """Vertices of a shape; each has its own."""
    return (neutral() + 0.05 * np.sin(np.arange(neutral().size).reshape(-1, 3) + shape)).round(5)


def faces() -> list[list[int]]:
    """From 1: a triangle, then quads."""
    quads = [
        [row * COLUMNS + column + corner + 1 for corner in (0, COLUMNS, COLUMNS + 1, 1)]
        for row in range(ROWS - 1)
        for column in range(COLUMNS - 1)
    ]
    return [quads[0][:3], *quads[1:]]


def write_obj(path: Path, points: np.ndarray, surface: Sequence[Sequence[int]]) -> None:
    lines = ["# ICT FaceKit", "mtllib ICTFaceModelMaterial.mtl"]
    lines += ["v {:.6g} {:.6g} {:.6g}".format(*point) for point in points]
    lines += [f"vt {point % COLUMNS / 10:.6f} {point // COLUMNS / 10:.6f}" for point in range(len(points))]
    lines += ["vn 0 0 1", "usemtl M", *("f " + " ".join(f"{one}/{one}" for one in face) for face in surface)]
    path.write_text("\n".join(lines) + "\n")


def write_facekit(root: Path, modes: int = 41) -> Path:
    """``root/FaceXModel``; one more mode than are packed."""
    folder = root / "FaceXModel"
    folder.mkdir(parents=True)
    write_obj(folder / "generic_neutral_mesh.obj", neutral(), faces())
    shapes = [f"identity{mode:03d}" for mode in range(modes)] + [*NAMES, MORE]
    for shape, name in enumerate(shapes):
        write_obj(folder / f"{name}.obj", changed(shape), [])
    said = {"expressions": NAMES, "idx_to_landmark_verts": list(range(68))}
    (folder / "vertex_indices.json").write_text(json.dumps(said, indent=4))
    return folder
