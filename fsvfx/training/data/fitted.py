"""3D fits of a crowd's faces, made ahead of time, in memory-mapped files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from fsvfx.digests import digest_of
from fsvfx.disk import place_folder
from fsvfx.facesets.crowd import Crowd
from fsvfx.morphable import Fits, FittedPerson, Morphable, Placing, fit_frames, fit_person
from fsvfx.morphable.portrait import face_part
from fsvfx.qc.sheet import sampled

VERSION = 2
"""Increase it when the same crowd would give different fits."""
_INDEX = "index.json"
_PICTURES = 24
"""Maximum number of pictures used to fit a person's shape."""

F32 = NDArray[np.float32]


@dataclass(frozen=True)
class FittedCrowd:
    """m faces of p people, mapped. For each person: identity (p, k); nearness (p,); albedo (p, q, 3) f16, of the
    model's ``face_part``. For each face: rotation (m, 3, 3), scale (m,), shift (m, 2), px of the crowd's crops;
    expression (m, e); light (m, 9, 3); off, unlike (m,). See ``FittedPerson`` and ``Fits``."""

    identity: F32
    nearness: NDArray[np.float64]
    albedo: NDArray[np.float16]
    rotation: NDArray[np.float64]
    scale: NDArray[np.float64]
    shift: NDArray[np.float64]
    expression: F32
    light: F32
    off: F32
    unlike: F32
    digest: str

    def placing(self, row: int, person: int) -> Placing:
        """The placing of one face of a person."""
        one = slice(row, row + 1)
        return Placing(self.rotation[one], self.scale[one], self.shift[one], float(self.nearness[person]))


def fits_in(
    folder: Path, crowd: Crowd, model: Morphable, report: Callable[[int, int], None] = lambda done, of: None
) -> FittedCrowd:
    """For everybody, including held-out people, in ``folder``: made there if missing. ``report``: how many people are
    done. Raises MachineError."""
    digest = digest_of(["fitted", VERSION, model.name, crowd.digest])
    if _digest_in(folder) != digest:
        shutil.rmtree(folder, ignore_errors=True)
        place_folder(folder, lambda draft: _write(draft, crowd, model, digest, report))
    return open_fits(folder)


def open_fits(folder: Path) -> FittedCrowd:
    """Opens what ``fits_in`` has made there."""
    arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in (*_OF_PEOPLE, *_OF_FACES)}
    return FittedCrowd(**arrays, digest=_digest_in(folder))


_OF_PEOPLE: dict[str, tuple[str, Callable[[Morphable], tuple[int, ...]]]] = {
    "identity": ("<f4", lambda model: (len(model.identity),)),
    "nearness": ("<f8", lambda model: ()),
    "albedo": ("<f2", lambda model: (len(face_part(model).vertices), 3)),
}
_OF_FACES: dict[str, tuple[str, Callable[[Morphable], tuple[int, ...]]]] = {
    "rotation": ("<f8", lambda model: (3, 3)),
    "scale": ("<f8", lambda model: ()),
    "shift": ("<f8", lambda model: (2,)),
    "expression": ("<f4", lambda model: (len(model.names),)),
    "light": ("<f4", lambda model: (9, 3)),
    "off": ("<f4", lambda model: ()),
    "unlike": ("<f4", lambda model: ()),
}


def _write(folder: Path, crowd: Crowd, model: Morphable, digest: str, report: Callable[[int, int], None]) -> None:
    files = {
        name: open_memmap(folder / f"{name}.npy", mode="w+", dtype=dtype, shape=(count, *shape(model)))
        for count, kinds in ((len(crowd.people), _OF_PEOPLE), (len(crowd), _OF_FACES))
        for name, (dtype, shape) in kinds.items()
    }
    for person in range(len(crowd.people)):
        rows = crowd.faces_of(person)
        if len(rows):
            found, fits = _fitted(model, crowd, rows)
            assert found.albedo is not None
            own = {"identity": found.identity, "nearness": found.nearness}
            own["albedo"] = found.albedo[face_part(model).vertices]
            for name, value in own.items():
                files[name][person] = value
            for name, values in _of_faces(fits).items():
                files[name][rows.start : rows.stop] = values
        report(person + 1, len(crowd.people))
    for file in files.values():
        file.flush()
    (folder / _INDEX).write_text(json.dumps({"digest": digest}), encoding="utf-8")


def _fitted(model: Morphable, crowd: Crowd, rows: range) -> tuple[FittedPerson, Fits]:
    """One shape for several faces, those with the most different poses; then each face separately."""
    by_yaw = sorted(rows, key=lambda row: float(crowd.pose[row, 0]))
    person, fits = fit_person(model, *_faces(crowd, sampled(by_yaw, _PICTURES)))
    return person, fits if len(rows) == 1 else fit_frames(model, person, *_faces(crowd, list(rows)))


def _faces(crowd: Crowd, rows: list[int]) -> tuple[F32, F32]:
    return np.asarray(crowd.landmarks[rows], np.float32), np.asarray(crowd.crops[rows], np.float32) / np.float32(255)


def _of_faces(fits: Fits) -> dict[str, NDArray[np.floating]]:
    placing = fits.placing
    return {
        "rotation": placing.rotation,
        "scale": placing.scale,
        "shift": placing.shift,
        "expression": fits.expression,
        "light": fits.light,
        "off": fits.off,
        "unlike": fits.unlike,
    }


def _digest_in(folder: Path) -> str:
    try:
        return str(json.loads((folder / _INDEX).read_text(encoding="utf-8"))["digest"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
