"""A crowd's faces as swaps for refiners, made ahead of time (``engines.retouching``), in memory-mapped files."""

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
from fsvfx.engines.priors import WARPS, Face, LinearPrior
from fsvfx.engines.retouching import Swap, Swapper
from fsvfx.facesets.crowd import Crowd
from fsvfx.training.data.ahead import seed_of
from fsvfx.training.data.faces import Faces

VERSION = 4
"""Increase it when the same crowd would give different swaps."""
_INDEX, _PRIOR = "index.json", "prior.npz"
_FORWARDS = 0.75
"""Share of swaps made forward: those only need the damage undone, which is learned quickly."""
_UNSEEN = 0.04
"""Share of swaps of held-out people."""

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]


@dataclass(frozen=True)
class MadeSwaps:
    """n swaps (everything except the prior is mapped): target, warp, guess, truth (n, S, S, 3) u8; matte, sure (n, S,
    S) u8; landmarks (n, 468, 3) f32; code (n, 128) f32; unseen (n,) bool: of held-out people. See ``Retouches``.

    prior: of all people that training sees.
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
    """``count`` swaps between the crowd's people, in ``folder``: made there if missing. ``report``: how many are done.

    Raises InputError if there are too few people; MachineError.
    """
    held_out = ",".join(name for name, held in zip(crowd.people, crowd.held_out, strict=True) if held)
    digest = digest_of([VERSION, WARPS, crowd.digest, held_out, count, seed])
    if _digest_in(folder) != digest:
        shutil.rmtree(folder, ignore_errors=True)
        place_folder(folder, lambda draft: _Maker(crowd, seed).write(draft, count, digest, report))
    return open_swaps(folder)


def open_swaps(folder: Path) -> MadeSwaps:
    """Opens what ``swaps_in`` has made there."""
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
    """Samples the faces."""

    def __init__(self, crowd: Crowd, seed: int) -> None:
        self._crowd, self._seed, self._faces = crowd, seed, Faces(crowd)
        self._swapper = Swapper(self._faces.priors())

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
        """The swap, and the faces that its picture and its identity come from."""
        row = int(random.choice(rows))
        face, stranger = self._faces.of(row), self._faces.of(self._faces.stranger(row, rows, random))
        if random.random() < _FORWARDS:
            return self._swapper.forwards(face, stranger, random), face, stranger
        other = self._faces.of(self._faces.another(row, random))
        return self._swapper.backwards(face, other, stranger, random), face, face


def _digest_in(folder: Path) -> str:
    try:
        return str(json.loads((folder / _INDEX).read_text(encoding="utf-8"))["digest"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
