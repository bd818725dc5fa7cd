"""Builds the faceset of a picture collection, once: a single object in the store, recorded by a receipt in the ledger.

The largest face in each picture is used. Few pictures are in memory at a time, however many there are.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from fsvfx import models
from fsvfx.arrays import Array, Data, LazyFrames, Result
from fsvfx.comp.matte import hull
from fsvfx.errors import InputError, Where
from fsvfx.faces.detectors import weights_of
from fsvfx.faces.embedding import chip_of, vectors
from fsvfx.faces.geometry import crop_matrix, move_points
from fsvfx.faces.looks import colour_of, display_crop
from fsvfx.faces.measures import head_pose
from fsvfx.faces.references import face_in
from fsvfx.faces.search import FaceFinder
from fsvfx.facesets.faceset import Faceset, Pictures, Stored
from fsvfx.media.collections import chosen, everybody_in, pictures_of
from fsvfx.media.pictures import digests_of, read_picture
from fsvfx.printable import counted, listed
from fsvfx.reach import Reach
from fsvfx.store import Address, Ledger, ShotStore, open_data, stage_key, this_worker, write_result
from schemas.job import CollectionJob
from schemas.manifest import Faces
from schemas.receipts import Receipt, Unit

STAGE = "collection"
VERSION = 2
"""Increase it when the same pictures would give different bytes."""
_AT_ONCE = 32
"""Number of faces that are embedded together."""
_TOLD = 10
"""Number of pictures without a face named in a message; the receipt names all."""


@dataclass(frozen=True)
class Laid:
    """A collection on disk: its pictures by person, in order, with the digest of each."""

    name: str
    folder: Path
    pictures: tuple[Path, ...]
    digests: tuple[str, ...]
    reach: Reach

    @property
    def names(self) -> tuple[str, ...]:
        """``person/1.jpg``."""
        return tuple(path.relative_to(self.folder).as_posix() for path in self.pictures)


@dataclass(frozen=True)
class Gathered:
    """A collection's faceset: m faces, sorted by person.

    people: their names. person (m,) i32: index into them. pictures (m,): ``person/1.jpg``. crops: each (S, S, 3) f16,
    display [0, 1]; mask: each (S, S) u8. landmarks: each (468, 3) f32, crop px. pose (m, 3) f32, degrees. sharpness
    (m,) f32. code (m, 128) f32: the identity embedding of the crop.
    """

    name: str
    size: int
    people: tuple[str, ...]
    person: NDArray[np.int32]
    pictures: tuple[str, ...]
    crops: Pictures
    mask: Pictures
    landmarks: Pictures
    pose: NDArray[np.float32]
    sharpness: NDArray[np.float32]
    code: NDArray[np.float32]
    digest: str

    def __len__(self) -> int:
        return len(self.person)

    def as_faceset(self, held_out: NDArray[np.bool_]) -> Faceset:
        """The same as a single person's, for viewing. held_out (m,) bool."""
        return Faceset(
            person=self.name,
            size=self.size,
            crops=self.crops,
            mask=self.mask,
            landmarks=np.zeros((0, 468, 3), np.float32),
            pose=self.pose,
            sharpness=self.sharpness,
            names=(counted(len(self.people), "person", "people"),),
            footage=np.zeros(len(self), np.int64),
            frame=np.arange(len(self)),
            held_out=held_out,
            digest=self.digest,
        )


def laid_out(collection: CollectionJob, reach: Reach) -> Laid:
    """The collection's files. Raises InputError if there are none; PlateError if a file can't be read."""
    folder = Path(collection.folder)
    everybody = chosen(everybody_in(folder), collection.only, collection.leave_out)
    found = tuple(path for name in everybody for path in pictures_of(folder / name))
    if not found:
        what = f"has no pictures in {folder}" if folder.is_dir() else f"has no folder: {folder} does not exist"
        hint = "Give a folder with one folder of pictures per person, and globs that match their names"
        raise InputError(
            f"Collection '{collection.name}' {what}",
            hint=hint,
            where=Where(field=f"collections.{collection.name}.path"),
        )
    digests = digests_of(found, reach)
    return Laid(collection.name, folder, found, tuple(digests[path] for path in found), reach)


def built_collection(laid: Laid, size: int, faces: Faces, store: ShotStore) -> Receipt | None:
    """The receipt of its faceset, if it is there. Raises StoreError."""
    return Ledger(store).receipt(Address.of(_wanted(laid, size, faces, rights="")))


def build_collection(
    laid: Laid,
    size: int,
    faces: Faces,
    store: ShotStore,
    *,
    faceless: float = 1.0,
    rights: str = "",
    report: Callable[[str], None] = lambda message: None,
) -> Receipt:
    """The receipt of its faceset: the ledger's, if it was built from the same input before.

    size: of the crops, px. faceless: the maximum share of pictures without a face. Raises InputError if there are more,
    with their names; PlateError, StoreError.
    """
    started, attempt = datetime.now(UTC), f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"
    wanted = _wanted(laid, size, faces, rights)
    at, ledger = Address.of(wanted), Ledger(store)
    done = ledger.receipt(at)
    if done is None:
        found = _looked_through(laid, size, faces, report)
        _check_faceless(laid, [laid.names[row] for row in found.without], faceless)
        path, result = at.group(attempt), _result(laid, found, size)
        written = write_result(store, path, range(len(found.rows)), result)
        made = {
            "attempt": attempt,
            "path": path,
            "digest": written.digest,
            "bytes": written.bytes,
            "qc": dict(result.qc),
        }
        done = ledger.commit(wanted.model_copy(update={**made, "started": started, "ended": datetime.now(UTC)}))
        if done.attempt != attempt:
            store.delete(path)
    _check_faceless(laid, faceless_of(done), faceless)
    return done


def faceless_of(receipt: Receipt) -> list[str]:
    """Names of the pictures in which no face was found."""
    found = receipt.qc["faceless"]
    return [str(name) for name in found] if isinstance(found, list) else []


def open_collection(store: ShotStore, receipt: Receipt) -> Gathered:
    """Opens what ``build_collection`` has committed; pictures and meshes are read on demand. Raises StoreError."""
    data: Data = open_data(store, [receipt])
    names = receipt.parameters["pictures"]
    assert isinstance(names, list)
    rows = np.asarray(data.frames("picture"), np.int64)
    pictures = tuple(str(names[row]) for row in rows)
    owners = [_person_of(name) for name in pictures]
    people = tuple(dict.fromkeys(owners))
    place = {name: index for index, name in enumerate(people)}
    return Gathered(
        name=receipt.unit.person,
        size=int(str(receipt.qc["size"])),
        people=people,
        person=np.array([place[name] for name in owners], np.int32),
        pictures=pictures,
        crops=Stored(data, "crops"),
        mask=Stored(data, "mask"),
        landmarks=Stored(data, "landmarks"),
        pose=np.asarray(data.frames("pose"), np.float32),
        sharpness=np.asarray(data.frames("sharpness"), np.float32),
        code=np.asarray(data.frames("code"), np.float32),
        digest=receipt.digest,
    )


def codes_of(crops: Sequence[NDArray[np.floating]], landmarks: Sequence[NDArray[np.floating]]) -> NDArray[np.float32]:
    """Identity embeddings (k, 128) of crops (S, S, 3) in [0, 1] with their meshes (468, 3) px. Raises ModelError."""
    shown = [np.rint(np.asarray(crop, np.float32) * 255).astype(np.uint8) for crop in crops]
    return vectors([chip_of(crop, mesh) for crop, mesh in zip(shown, landmarks, strict=True)])


@dataclass(frozen=True)
class _Found:
    """rows: the pictures with a face; the other fields are about these. without, several: those without a face, and
    with more than one."""

    rows: list[int]
    meshes: NDArray[np.float32]
    sharpness: NDArray[np.float32]
    code: NDArray[np.float32]
    without: list[int]
    several: int


def _looked_through(laid: Laid, size: int, faces: Faces, report: Callable[[str], None]) -> _Found:
    """meshes (m, 468, 3) in px of the pictures."""
    finder = FaceFinder(
        faces.detector,
        min_score=faces.min_score,
        min_size=faces.min_size,
        tiles=faces.tiles,
        roll=faces.roll,
        perturb=faces.perturb,
    )
    rows: list[int] = []
    without: list[int] = []
    meshes: list[NDArray[np.float32]] = []
    sharp: list[float] = []
    codes: list[NDArray[np.float32]] = []
    several = 0
    for start in range(0, len(laid.pictures), _AT_ONCE):
        some = range(start, min(start + _AT_ONCE, len(laid.pictures)))
        crops, landmarks = [], []
        for row in some:
            picture = read_picture(laid.pictures[row], laid.reach)
            shown = colour_of(picture).look(picture)
            seen = finder.find(shown)
            several += len(seen) > 1
            if not len(seen):
                without.append(row)
                continue
            mesh = seen.landmarks[int(np.argmax(seen.boxes[:, 3] - seen.boxes[:, 1]))]
            crop, moved = _crop(picture, mesh, size)
            rows.append(row)
            meshes.append(mesh)
            sharp.append(face_in(shown, mesh, row, 0).sharpness)
            crops.append(crop)
            landmarks.append(moved)
        codes.append(codes_of(crops, landmarks))
        report(f"{laid.name}: {some[-1] + 1} of {len(laid.pictures)} pictures, {len(without)} without a face")
    stacked = np.array(meshes, np.float32).reshape(-1, 468, 3)
    return _Found(rows, stacked, np.array(sharp, np.float32), np.concatenate(codes), without, several)


def _crop(picture: Array, mesh: NDArray[np.float32], size: int) -> tuple[NDArray[np.float16], NDArray[np.float32]]:
    matrix = crop_matrix(mesh, size)
    return display_crop(picture, matrix, size, colour_of(picture)), move_points(matrix, mesh)


def _result(laid: Laid, found: _Found, size: int) -> Result:
    landmarks = np.stack([move_points(crop_matrix(mesh, size), mesh) for mesh in found.meshes])

    def crops() -> Iterator[Array]:
        for row, mesh in zip(found.rows, found.meshes, strict=True):
            yield _crop(read_picture(laid.pictures[row], laid.reach), mesh, size)[0]

    def masks() -> Iterator[Array]:
        for points in landmarks:
            yield np.rint(hull(points, size) * 255).astype(np.uint8)

    frames: dict[str, Array | LazyFrames] = {
        "crops": LazyFrames((size, size, 3), np.dtype(np.float16), crops()),
        "mask": LazyFrames((size, size), np.dtype(np.uint8), masks()),
        "landmarks": landmarks,
        "pose": np.array([head_pose(points) for points in landmarks], np.float32),
        "sharpness": found.sharpness,
        "code": found.code,
        "picture": np.array(found.rows, np.int64),
    }
    names = laid.names
    qc: dict[str, JsonValue] = {
        "pictures": len(names),
        "faces": len(found.rows),
        "people": len({_person_of(names[row]) for row in found.rows}),
        "several": found.several,
        "faceless": [names[row] for row in found.without],
        "size": size,
    }
    return Result(frames=frames, qc=qc)


def _check_faceless(laid: Laid, without: Sequence[str], most: float) -> None:
    if len(without) <= most * len(laid.pictures) and len(without) < len(laid.pictures):
        return
    share = f"{len(without)} of {len(laid.pictures)} pictures"
    raise InputError(
        f"No face was found in {share} of collection '{laid.name}': {listed(without, _TOLD)}",
        hint="Leave these people out (leave_out), change faces, or raise faceless if this is expected",
        where=Where(stage=STAGE, field=f"collections.{laid.name}.faceless"),
    )


def _person_of(name: str) -> str:
    return name.partition("/")[0]


def _wanted(laid: Laid, size: int, faces: Faces, rights: str) -> Receipt:
    """The receipt, without the results of the work."""
    now = datetime.now(UTC)
    settings = faces.model_dump(mode="json", include={"detector", "min_score", "min_size", "tiles", "roll", "perturb"})
    parameters: dict[str, JsonValue] = {"pictures": list(laid.names), "size": size, "faces": settings}
    inputs = dict(zip(laid.names, laid.digests, strict=True))
    used = (*weights_of(faces.detector), "facemesh", "dlib_embedding")
    weights = {name: models.card(name).sha256 for name in used}
    return Receipt(
        shot=STAGE,
        stage=STAGE,
        stage_version=VERSION,
        unit=Unit.of_person(laid.name),
        key=stage_key(
            stage=STAGE,
            version=VERSION,
            parameters=parameters,
            weights=weights,
            colour_config="",
            seed=0,
            inputs=inputs,
        ),
        attempt="",
        path="",
        digest="",
        inputs=inputs,
        parameters=parameters,
        weights=weights,
        colour_config="",
        seed=0,
        rights=rights,
        started=now,
        ended=now,
        peak_rss_mib=0,
        bytes=0,
        worker=this_worker(),
        device="cpu",
    )
