"""A crowd's faces as swaps for refiners, made ahead of time (``engines.retouching``), in files that are mapped."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from fsvfx.digests import digest_of
from fsvfx.disk import place_folder
from fsvfx.engines.retouching import Face, LinearPrior, Priors, Swap, Swapper
from fsvfx.errors import InputError, Where
from fsvfx.facesets.crowd import Crowd
from fsvfx.training.data.ahead import seed_of

VERSION = 3
"""Raise it when the same crowd would give other swaps."""
_INDEX, _PRIOR = "index.json", "prior.npz"
_FRONTAL = 25.0
"""Degrees of yaw up to which faces tell the linear prior what faces look like."""
_LEAST = 20
"""Fewer frontal faces tell it nothing."""
_ALIKE, _LOOKED_AT = 15.0, 24
"""Degrees of yaw between the two of a pair; strangers that are looked at to find one."""
_FORWARDS = 0.75
"""Share of swaps that are made forwards: there nothing but the damage is to be undone, which is learned soon."""
_UNSEEN = 0.04
"""Share of swaps that are of people who are held out."""

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]


@dataclass(frozen=True)
class MadeSwaps:
    """n swaps (all but the prior mapped): target, warp, guess, truth (n, S, S, 3) u8; matte, sure (n, S, S) u8;
    landmarks (n, 468, 3) f32; code (n, 128) f32; unseen (n,) bool: of people who are held out. See ``Retouches``.

    prior: of everybody whom training sees.
    """

    target: U8
    warp: U8
    guess: U8
    truth: U8
    matte: U8
    sure: U8
    landmarks: F32
    code: F32
    unseen: NDArray[np.bool_]
    prior: LinearPrior
    digest: str

    @property
    def size(self) -> int:
        return int(self.target.shape[1])

    @cached_property
    def trained(self) -> NDArray[np.int64]:
        return np.flatnonzero(~np.asarray(self.unseen))


def swaps_in(
    folder: Path, crowd: Crowd, count: int, seed: int, report: Callable[[int, int], None] = lambda done, of: None
) -> MadeSwaps:
    """``count`` swaps between the crowd's people, in ``folder``: made there unless they are. ``report``: how many are.

    Raises InputError if there are too few people; MachineError.
    """
    held_out = ",".join(name for name, held in zip(crowd.people, crowd.held_out, strict=True) if held)
    digest = digest_of([VERSION, crowd.digest, held_out, count, seed])
    if _digest_in(folder) != digest:
        shutil.rmtree(folder, ignore_errors=True)
        place_folder(folder, lambda draft: _Maker(crowd, seed).write(draft, count, digest, report))
    return open_swaps(folder)


def open_swaps(folder: Path) -> MadeSwaps:
    """What ``swaps_in`` has made there."""
    arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in _SHAPES}
    with np.load(folder / _PRIOR) as held:
        prior = LinearPrior(**held)
    return MadeSwaps(**arrays, prior=prior, digest=_digest_in(folder))


_SHAPES: dict[str, tuple[str, Callable[[int], tuple[int, ...]]]] = {
    "target": ("|u1", lambda size: (size, size, 3)),
    "warp": ("|u1", lambda size: (size, size, 3)),
    "guess": ("|u1", lambda size: (size, size, 3)),
    "truth": ("|u1", lambda size: (size, size, 3)),
    "matte": ("|u1", lambda size: (size, size)),
    "sure": ("|u1", lambda size: (size, size)),
    "landmarks": ("<f4", lambda size: (468, 3)),
    "code": ("<f4", lambda size: (128,)),
    "unseen": ("|b1", lambda size: ()),
}


class _Maker:
    """Draws the faces."""

    def __init__(self, crowd: Crowd, seed: int) -> None:
        self._crowd, self._seed = crowd, seed
        self._yaw = np.asarray(crowd.pose[:, 0])
        frontal = crowd.trained[np.abs(self._yaw[crowd.trained]) < _FRONTAL]
        if len(frontal) < _LEAST:
            raise InputError(
                f"{len(frontal)} of the crowd's faces are seen from the front: too few to tell what faces look like",
                hint=f"Add people: {_LEAST} such faces are the least, hundreds are right",
                where=Where(field="learn"),
            )
        self._swapper = Swapper(Priors([self._face(row) for row in frontal.tolist()]))

    def write(self, folder: Path, count: int, digest: str, report: Callable[[int, int], None]) -> None:
        size = self._crowd.size
        files = {
            name: open_memmap(folder / f"{name}.npy", mode="w+", dtype=dtype, shape=(count, *shape(size)))
            for name, (dtype, shape) in _SHAPES.items()
        }
        unseen = round(count * _UNSEEN) if len(np.unique(np.asarray(self._crowd.person)[self._crowd.unseen])) > 1 else 0
        for number in range(count):
            rows = self._crowd.unseen if number < unseen else self._crowd.trained
            swap, face, whose = self._made(rows, np.random.default_rng(seed_of(self._seed, number, "made")))
            for name in ("target", "warp", "guess", "truth", "matte", "sure"):
                files[name][number] = np.rint(getattr(swap, name).clip(0, 1) * 255)
            files["landmarks"][number], files["code"][number] = face.mesh, whose.code
            files["unseen"][number] = number < unseen
            report(number + 1, count)
        for file in files.values():
            file.flush()
        np.savez(folder / _PRIOR, **vars(self._swapper.priors.prior))
        (folder / _INDEX).write_text(json.dumps({"digest": digest}), encoding="utf-8")

    def _made(self, rows: NDArray[np.int64], random: np.random.Generator) -> tuple[Swap, Face, Face]:
        """And the face whose picture, and whose likeness, it is."""
        row = int(random.choice(rows))
        face, stranger = self._face(row), self._face(self._stranger(row, rows, random))
        if random.random() < _FORWARDS:
            return self._swapper.forwards(face, stranger, random), face, stranger
        return self._swapper.backwards(face, self._face(self._another(row, random)), stranger, random), face, face

    def _face(self, row: int) -> Face:
        crop = np.asarray(self._crowd.crops[row], np.float32) / np.float32(255)
        mesh, code = (np.asarray(each[row], np.float32) for each in (self._crowd.landmarks, self._crowd.code))
        return Face(row, crop, mesh, code)

    def _stranger(self, row: int, rows: NDArray[np.int64], random: np.random.Generator) -> int:
        """Another person's face that is turned alike, as far as there is one."""
        people = np.asarray(self._crowd.person)
        drawn = random.choice(rows[people[rows] != people[row]], _LOOKED_AT)
        apart = np.abs(self._yaw[drawn] - self._yaw[row])
        within = np.flatnonzero(apart <= _ALIKE)
        return int(drawn[within[0] if len(within) else np.argmin(apart)])

    def _another(self, row: int, random: np.random.Generator) -> int:
        """Another face of the same person, if there is one that is turned much alike."""
        own = self._crowd.faces_of(int(self._crowd.person[row]))
        others = [each for each in own if each != row and abs(self._yaw[each] - self._yaw[row]) <= 2 * _ALIKE]
        return int(random.choice(others)) if others else row


def _digest_in(folder: Path) -> str:
    try:
        return str(json.loads((folder / _INDEX).read_text(encoding="utf-8"))["digest"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
