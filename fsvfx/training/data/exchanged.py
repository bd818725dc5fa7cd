"""A crowd's photographs with strangers' faces warped in, made ahead of time, in memory-mapped files.

Each is used in two directions. Backward it is the target, and the photograph is the truth; forward the photograph is
the target, and it is the truth, away from the face's edge.
"""

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
from fsvfx.engines.priors import WARPS, exchanged
from fsvfx.facesets.crowd import Crowd
from fsvfx.training.data.ahead import seed_of
from fsvfx.training.data.faces import Faces

VERSION = 1
"""Increase it when the same crowd would give others."""
_INDEX = "index.json"

U8 = NDArray[np.uint8]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Exchanged:
    """n of them, mapped. picture (n, S, S, 3) u8 display RGB; sure (n, S, S) u8, where it is the stranger's face, away
    from its edge; rows (n, 2) i64, the crowd's: of the photograph, and of the stranger's face."""

    picture: U8
    sure: U8
    rows: Ints
    digest: str


def exchanged_in(
    folder: Path, crowd: Crowd, count: int, seed: int, report: Callable[[int, int], None] = lambda done, of: None
) -> Exchanged:
    """``count`` of people that training may see, in ``folder``: made there if missing. ``report``: how many are done.

    Raises MachineError.
    """
    held_out = ",".join(name for name, held in zip(crowd.people, crowd.held_out, strict=True) if held)
    digest = digest_of(["exchanged", VERSION, WARPS, crowd.digest, held_out, count, seed])
    if _digest_in(folder) != digest:
        shutil.rmtree(folder, ignore_errors=True)
        place_folder(folder, lambda draft: _write(draft, crowd, count, seed, digest, report))
    return open_exchanged(folder)


def open_exchanged(folder: Path) -> Exchanged:
    """Opens what ``exchanged_in`` has made there."""
    picture, sure, rows = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("picture", "sure", "rows"))
    return Exchanged(picture, sure, rows, _digest_in(folder))


def _write(folder: Path, crowd: Crowd, count: int, seed: int, digest: str, report: Callable[[int, int], None]) -> None:
    size, faces = crowd.size, Faces(crowd)
    picture = open_memmap(folder / "picture.npy", mode="w+", dtype="|u1", shape=(count, size, size, 3))
    sure = open_memmap(folder / "sure.npy", mode="w+", dtype="|u1", shape=(count, size, size))
    rows = open_memmap(folder / "rows.npy", mode="w+", dtype="<i8", shape=(count, 2))
    for number in range(count):
        random = np.random.default_rng(seed_of(seed, number, "exchanged"))
        row = int(random.choice(crowd.trained))
        other = faces.stranger(row, crowd.trained, random)
        made, known = exchanged(faces.of(row), faces.of(other))
        picture[number], sure[number] = (np.rint(each.clip(0, 1) * 255) for each in (made, known))
        rows[number] = row, other
        report(number + 1, count)
    for file in (picture, sure, rows):
        file.flush()
    (folder / _INDEX).write_text(json.dumps({"digest": digest}), encoding="utf-8")


def _digest_in(folder: Path) -> str:
    try:
        return str(json.loads((folder / _INDEX).read_text(encoding="utf-8"))["digest"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
