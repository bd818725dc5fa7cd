"""The faceset of a picture collection: real pictures, found faces, those without one named."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from fsvfx.errors import InputError
from fsvfx.facesets import Gathered, build_collection, built_collection, laid_out, open_collection, store_of
from fsvfx.facesets.pictures import faceless_of
from fsvfx.identity.contract import distance
from fsvfx.reach import Reach
from fsvfx.store import ShotStore
from schemas.job import CollectionJob
from schemas.manifest import Faces


@pytest.fixture(scope="module")
def folder(faces: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three people out of the shared faces, one of them with two pictures, and one wall."""
    root = tmp_path_factory.mktemp("crowd") / "people"
    twice = next(path for path in sorted(faces.glob("lon_*")) if len(list(path.iterdir())) == 2)
    for person in (twice, *sorted(faces.glob("t2i_*"))[:2]):
        shutil.copytree(person, root / person.name)
    (root / "wall").mkdir()
    assert cv2.imwrite(str(root / "wall/1.png"), np.full((200, 200, 3), 90, np.uint8))
    (root / "wall/notes.txt").write_text("no picture")
    return root


def job(folder: Path, **more: object) -> CollectionJob:
    said = {"name": "some", "only": ("*",), "leave_out": (), "record": "", "faceless": 0.25}
    return CollectionJob.model_validate({**said, "folder": str(folder), **more})


@pytest.fixture(scope="module")
def store() -> ShotStore:
    return store_of("memory://collections", "faces")


@pytest.fixture(scope="module")
def gathered(folder: Path, store: ShotStore) -> Gathered:
    laid = laid_out(job(folder), Reach(folder.parent / "crowd.yaml"))
    told: list[str] = []
    receipt = build_collection(laid, 128, Faces(), store, faceless=0.25, report=told.append)
    assert faceless_of(receipt) == ["wall/1.png"]
    assert told == ["some: 5 of 5 pictures, 1 without a face"]
    assert built_collection(laid, 128, Faces(), store) == receipt
    assert built_collection(laid, 64, Faces(), store) is None
    return open_collection(store, receipt)


def test_each_picture_is_an_aligned_face_of_its_person(gathered: Gathered) -> None:
    assert len(gathered) == 4
    assert len(gathered.people) == 3
    assert "wall" not in gathered.people
    assert gathered.person.tolist() == [0, 0, 1, 2]
    crop = np.asarray(gathered.crops[0])
    assert (crop.shape, crop.dtype) == ((128, 128, 3), np.float16)
    mesh = np.asarray(gathered.landmarks[0])
    assert abs(float(np.ptp(mesh[:, 1])) / 128 - 0.7) < 0.1, "upright, and as large as align makes it"
    assert (np.asarray(gathered.mask[0])[mesh[1, 1].astype(int), mesh[1, 0].astype(int)]) == 255


def test_codes_tell_people_apart(gathered: Gathered) -> None:
    assert distance(gathered.code[0], gathered.code[1]) < 0.45
    assert min(distance(gathered.code[0], gathered.code[row]) for row in (2, 3)) > 0.55


def test_too_many_pictures_without_a_face_are_an_error(folder: Path, store: ShotStore, gathered: Gathered) -> None:
    laid = laid_out(job(folder), Reach(folder.parent / "crowd.yaml"))
    with pytest.raises(InputError, match=r"No face was found in 1 of 5 pictures of collection 'some': wall/1\.png"):
        build_collection(laid, 128, Faces(), store, faceless=0.1)
    alone = laid_out(job(folder, only=("wall",)), Reach(folder.parent / "crowd.yaml"))
    with pytest.raises(InputError, match="1 of 1 pictures"):
        build_collection(alone, 128, Faces(), store)


def test_a_folder_without_pictures_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        laid_out(job(tmp_path / "none"), Reach(tmp_path / "crowd.yaml"))
    (tmp_path / "ada").mkdir()
    with pytest.raises(InputError, match="has no pictures"):
        laid_out(job(tmp_path), Reach(tmp_path / "crowd.yaml"))


def test_pictures_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    (tmp_path / "ada").mkdir()
    for name in ("10.png", "2.png", "b1.png", ".hidden.png"):
        (tmp_path / "ada" / name).write_bytes(b"x")
    laid = laid_out(job(tmp_path), Reach(tmp_path / "crowd.yaml"))
    assert laid.names == ("ada/2.png", "ada/10.png", "ada/b1.png")
