"""Packs the published ICT-FaceKit into one file.

It comes as ``FaceXModel/`` with one OBJ per shape, and ``vertex_indices.json``. The file contains the neutral head, its
first 40 identity modes, and every expression. Numbers are read as float32; a shape's changes are float32 differences,
stored as float16.
"""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fsvfx import models
from fsvfx.errors import InputError, Where
from fsvfx.models import ModelCard
from fsvfx.morphable.facekit import VERTICES
from fsvfx.morphable.ict import is_in_order
from fsvfx.morphable.model import Floats
from fsvfx.settings import machine

Arrays = dict[str, NDArray[np.generic]]

MODES = 40
_FOLDER, _NEUTRAL, _INDICES, _IDENTITY = "FaceXModel", "generic_neutral_mesh", "vertex_indices.json", "identity"
_HINT = "Download the FaceKit again from https://github.com/ICT-VGL/ICT-FaceKit"


def folder_of(path: Path) -> Path | None:
    """The FaceKit's shapes at ``path``: itself or its ``FaceXModel``; None if it is not a FaceKit."""
    return next((one for one in (path, path / _FOLDER) if (one / f"{_NEUTRAL}.obj").is_file()), None)


def add(folder: Path, *, replace: bool = False) -> ModelCard:
    """Pack the FaceKit in a folder, and place the file where heads are searched; returns its card.

    Raises InputError if it is not a FaceKit, or if another head exists and is not to be replaced; MachineError.
    """
    if (said := machine().ict_model) is not None:
        what = f"FSVFX_ICT_MODEL names the head that is used: {said}"
        raise InputError(what, hint="Unset it, then add the FaceKit")
    content = packed(folder)
    with np.load(io.BytesIO(content)) as head:
        if not is_in_order(head["neutral"]):
            what = "its vertices are numbered in another order than those that fsvfx knows"
            raise InputError(what, hint=_HINT, where=Where(file=str(folder)))
    here = models.card(models.HEAD)
    if models.present(here.name) and here.sha256 != hashlib.sha256(content).hexdigest() and not replace:
        hint = "Use --replace; what was fitted with the other is then fitted again"
        raise InputError(f"Another head is already installed: {machine().models / here.file}", hint=hint)
    return models.heads.keep(content, models.known_head())


def packed(folder: Path, vertices: int = VERTICES) -> bytes:
    """The file that ``facekit`` reads: the same shapes give the same bytes with the same zlib.

    Raises InputError, with the name of the file, for a different kind of FaceKit or a damaged one.
    """
    return content_of(arrays_of(folder, vertices))


def content_of(arrays: Arrays) -> bytes:
    """Of the file."""
    sink = io.BytesIO()
    np.savez_compressed(sink, allow_pickle=False, **arrays)
    return sink.getvalue()


def arrays_of(folder: Path, vertices: int = VERTICES) -> Arrays:
    """By the names in the file. Raises InputError."""
    neutral = _points(folder / f"{_NEUTRAL}.obj", vertices)
    names = sorted(path.stem for path in folder.glob("*.obj") if not path.stem.startswith((_NEUTRAL, _IDENTITY)))
    indices = _indices(folder / _INDICES, names)
    modes = [f"{_IDENTITY}{mode:03d}" for mode in range(MODES)]
    return {
        "neutral": neutral,
        **_surface(folder / f"{_NEUTRAL}.obj"),
        "identity": _changes(folder, modes, neutral),
        "expression": _changes(folder, names, neutral),
        "expression_names": np.array(names),
        "vertex_indices": np.array(json.dumps(indices)),
    }


def _changes(folder: Path, names: list[str], neutral: Floats) -> NDArray[np.float16]:
    """(n, v, 3)."""
    made = np.empty((len(names), *neutral.shape), np.float16)
    for row, name in enumerate(names):
        made[row] = _points(folder / f"{name}.obj", len(neutral)) - neutral
    return made


def _points(file: Path, count: int) -> Floats:
    """(count, 3)."""
    found = _numbers(file, b"v ", 3)
    if len(found) != count:
        what = f"it has {len(found)} vertices, and the head that fsvfx knows has {count}"
        raise InputError(what, hint=_HINT, where=Where(file=str(file)))
    return found


def _surface(file: Path) -> Arrays:
    """Faces with three or four corners, as ``v/vt`` from 1; a triangle's fourth is -1."""
    try:
        pairs = np.array([_corners(line) for line in _lines(file, b"f ")], np.int32)
    except ValueError as error:
        what = "its faces are not all of three or four corners with UVs"
        raise InputError(what, hint=_HINT, where=Where(file=str(file))) from error
    return {
        "quads": np.ascontiguousarray(pairs[..., 0]),
        "uv": _numbers(file, b"vt ", 2),
        "uv_quads": np.ascontiguousarray(pairs[..., 1]),
    }


def _corners(line: bytes) -> list[tuple[int, int]]:
    """Vertex and UV of each, from 0. Raises ValueError."""
    found = [(int(point) - 1, int(uv) - 1) for point, uv, *_ in (one.split(b"/") for one in line.split()[1:])]
    if len(found) not in (3, 4):
        raise ValueError
    return [*found, (-1, -1)][:4]


def _numbers(file: Path, start: bytes, columns: int) -> Floats:
    """(n, columns) from the lines that start with this."""
    rows = [line.split()[1 : columns + 1] for line in _lines(file, start)]
    try:
        return np.array(rows, np.float64).reshape(-1, columns).astype(np.float32)
    except ValueError as error:
        raise InputError("It is a damaged OBJ file", hint=_HINT, where=Where(file=str(file))) from error


def _lines(file: Path, start: bytes) -> list[bytes]:
    try:
        return [line for line in file.read_bytes().splitlines() if line.startswith(start)]
    except OSError as error:
        what = f"it can't be read: {error.strerror}"
        raise InputError(what, hint=_HINT, where=Where(file=str(file))) from error


def _indices(file: Path, names: list[str]) -> dict[str, object]:
    """Landmarks and regions, unchanged."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        wanted, landmarks = found["expressions"], np.array(found["idx_to_landmark_verts"], np.int64)
    except (OSError, ValueError, KeyError, TypeError) as error:
        what = f"it does not have the FaceKit's landmarks and expressions: {error}"
        raise InputError(what, hint=_HINT, where=Where(file=str(file))) from error
    if lost := sorted(set(wanted) - set(names)):
        raise InputError(f"the shapes of {', '.join(lost)} are missing", hint=_HINT, where=Where(file=str(file)))
    if len(landmarks) != 68:
        what = f"it has {len(landmarks)} landmarks, not 68"
        raise InputError(what, hint=_HINT, where=Where(file=str(file)))
    return dict(found)
