"""A crowd's faces in a few large files that are mapped into memory: thousands of people need no more of it than ten.

The store is authoritative: the files are made from its facesets, and remade when those change.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.lib.format import dtype_to_descr, write_array_header_1_0
from numpy.typing import NDArray

from fsvfx.digests import digest_of
from fsvfx.disk import place_folder
from fsvfx.errors import InputError, Where
from fsvfx.facesets.faceset import Faceset
from fsvfx.facesets.footage import resized, scaled
from fsvfx.facesets.pictures import Gathered, codes_of
from fsvfx.media.collections import is_held_out
from schemas.train import HeldOut

VERSION = 1
"""Increase it when the same facesets would give different files."""
_INDEX = "index.json"
_AT_ONCE = 32
"""Number of faces in memory at once while the files are made."""

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]


@dataclass(frozen=True)
class Crowd:
    """m faces of p people, sorted by person; everything except ``people`` and ``starts`` is mapped.

    people: names; starts (p + 1,): person i has the faces from starts[i] up to starts[i + 1]. person (m,) i32: index.
    crops (m, S, S, 3) u8 display RGB; mask (m, S, S) u8, 255 in the face with its forehead; landmarks (m, 468, 3) f32
    crop px; pose (m, 3) f32 degrees: yaw, pitch, roll; code (m, 128) f32: identity embedding of the crop; aside (m,)
    bool: held out as a frame of its footage. held_out (p,) bool: people that training never sees.
    """

    people: tuple[str, ...]
    starts: NDArray[np.int64]
    person: NDArray[np.int32]
    crops: U8
    mask: U8
    landmarks: F32
    pose: F32
    code: F32
    aside: NDArray[np.bool_]
    held_out: NDArray[np.bool_]
    digest: str

    def __len__(self) -> int:
        return len(self.person)

    @property
    def size(self) -> int:
        return int(self.crops.shape[1])

    def faces_of(self, person: int) -> range:
        """The rows of a person's faces."""
        return range(int(self.starts[person]), int(self.starts[person + 1]))

    @cached_property
    def trained(self) -> NDArray[np.int64]:
        """The rows that training may use."""
        return np.flatnonzero(~np.asarray(self.aside) & ~self.held_out[np.asarray(self.person)])

    @cached_property
    def unseen(self) -> NDArray[np.int64]:
        """The rows for previews and evaluation: of held-out people; if there are none, of held-out frames."""
        return np.flatnonzero(self.held_out[np.asarray(self.person)] if self.held_out.any() else np.asarray(self.aside))


def crowd_in(
    folder: Path,
    facesets: Sequence[Faceset],
    collections: Sequence[Gathered],
    size: int,
    held_out: HeldOut,
) -> Crowd:
    """The crowd of these facesets at ``size`` px, with its files in ``folder``: made there if missing.

    Raises InputError if a person is in it twice, or nobody remains to train on; StoreError, MachineError.
    """
    _check_once(facesets, collections)
    digest = digest_of([VERSION, size, [each.digest for each in facesets], [each.digest for each in collections]])
    if _digest_in(folder) != digest:
        shutil.rmtree(folder, ignore_errors=True)
        place_folder(folder, lambda draft: _write(draft, facesets, collections, size, digest))
    found = open_crowd(folder, held_out)
    if not len(found.trained):
        raise InputError(
            f"None of the crowd's {len(found.people)} people are left to train on",
            hint="Hold out fewer of them",
            where=Where(field="learn.held_out"),
        )
    return found


def open_crowd(folder: Path, held_out: HeldOut) -> Crowd:
    """Opens what ``crowd_in`` has made there."""
    index = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
    people, counts = tuple(index["people"]), index["counts"]
    arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in _ARRAYS}
    return Crowd(
        people=people,
        starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        held_out=np.array([is_held_out(name, held_out) for name in people], np.bool_),
        digest=index["digest"],
        **arrays,
    )


_ARRAYS = ("person", "crops", "mask", "landmarks", "pose", "code", "aside")


@dataclass(frozen=True)
class _Face:
    crop: F32
    mask: F32
    landmarks: F32
    pose: F32
    code: F32
    aside: bool


def _write(folder: Path, facesets: Sequence[Faceset], collections: Sequence[Gathered], size: int, digest: str) -> None:
    """A single pass, face by face, into files that are written sequentially: little is in memory."""
    counts: dict[str, int] = {each.person: len(each) for each in facesets}
    for one in collections:
        held = np.bincount(one.person, minlength=len(one.people)).tolist()
        counts |= dict(zip(one.people, held, strict=True))
    owners = np.repeat(np.arange(len(counts)), list(counts.values()))
    with ExitStack() as stack:
        files = {name: stack.enter_context((folder / f"{name}.npy").open("wb")) for name in _ARRAYS}
        shapes = _shapes(size)
        for name, file in files.items():
            dtype, shape = shapes[name]
            whole = {"descr": dtype_to_descr(np.dtype(dtype)), "fortran_order": False, "shape": (len(owners), *shape)}
            write_array_header_1_0(file, whole)
        for owner, face in zip(owners, _faces(facesets, collections), strict=True):
            for name, value in _rows(face, int(owner), size).items():
                files[name].write(np.asarray(value, shapes[name][0]).tobytes())
    said = {"digest": digest, "people": list(counts), "counts": list(counts.values())}
    (folder / _INDEX).write_text(json.dumps(said), encoding="utf-8")


def _shapes(size: int) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Per face."""
    return {
        "person": ("<i4", ()),
        "crops": ("|u1", (size, size, 3)),
        "mask": ("|u1", (size, size)),
        "landmarks": ("<f4", (468, 3)),
        "pose": ("<f4", (3,)),
        "code": ("<f4", (128,)),
        "aside": ("|b1", ()),
    }


def _rows(face: _Face, owner: int, size: int) -> dict[str, object]:
    return {
        "person": owner,
        "crops": np.rint(resized(face.crop, size).clip(0, 1) * 255),
        "mask": np.rint(resized(face.mask, size).clip(0, 255)),
        "landmarks": scaled(face.landmarks, face.crop.shape[0], size),
        "pose": face.pose,
        "code": face.code,
        "aside": face.aside,
    }


def _faces(facesets: Sequence[Faceset], collections: Sequence[Gathered]) -> Iterator[_Face]:
    for faceset in facesets:
        for start in range(0, len(faceset), _AT_ONCE):
            rows = range(start, min(start + _AT_ONCE, len(faceset)))
            crops = [np.asarray(faceset.crops[row], np.float32) for row in rows]
            codes = codes_of(crops, [faceset.landmarks[row] for row in rows])
            for row, crop, code in zip(rows, crops, codes, strict=True):
                mask, points = np.asarray(faceset.mask[row], np.float32), faceset.landmarks[row]
                yield _Face(crop, mask, points, faceset.pose[row], code, bool(faceset.held_out[row]))
    for one in collections:
        for row in range(len(one)):
            crop, mask, points = (np.asarray(each[row], np.float32) for each in (one.crops, one.mask, one.landmarks))
            yield _Face(crop, mask, points, one.pose[row], one.code[row], False)


def _check_once(facesets: Sequence[Faceset], collections: Sequence[Gathered]) -> None:
    names = Counter([*(each.person for each in facesets), *(name for one in collections for name in one.people)])
    twice = sorted(name for name, times in names.items() if times > 1)
    if twice:
        raise InputError(
            f"Somebody is in the crowd twice: {', '.join(twice[:3])}",
            hint="Leave them out of one: collections.NAME.leave_out",
            where=Where(field="learn"),
        )


def _digest_in(folder: Path) -> str:
    try:
        return str(json.loads((folder / _INDEX).read_text(encoding="utf-8"))["digest"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
