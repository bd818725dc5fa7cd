"""A crowd from manifest to EXR: everybody but the one who is named gets another face, the same in every chunk."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import OpenEXR
import pytest
import toy_banks
from numpy.typing import NDArray

import fsvfx
from fsvfx import models
from fsvfx.banks.bank import Faces, placed
from fsvfx.colour import PlateColour
from fsvfx.entries import entry_name
from fsvfx.faces import embedding
from fsvfx.faces.geometry import crop, crop_matrix, move_points
from fsvfx.faces.search import FaceFinder
from fsvfx.manifests import jobs
from fsvfx.media import open_plate
from fsvfx.runner import plan
from fsvfx.store import open_data, open_store

SHOWN = ("fak_m001", "fak_m002", "fak_f004")
"""From left to right; the one in the middle is left alone."""
FIRST, COUNT, SIDE, CROP = 1001, 4, 192, 96
MANIFEST = f"""\
schema_version: 1
production: trial
people:
  lead: {{references: [lead.png], consent: lead.yaml}}
shots:
  - name: group
    plate: {{path: "plate.####.png", frames: {FIRST}-{FIRST + COUNT - 1}, color_space: sRGB, frame_rate: 24}}
    replace:
      - performers: {{all_but: [lead]}}
        at_most: 2
        identity: {{bank: made_up}}
        engine: landmark_warp
        basis:
          kind: privacy
          decided_by: the tests
          decided_on: 2026-11-20
          why: Made-up people side by side, whose faces are replaced to test that.
    chunk_size: 2
    measure: {{every: 1}}
    composite: {{occlusion: none}}
deliver:
  - {{kind: exr, path: "out/####.exr", layers: [matte]}}
  - {{kind: report, path: out/report.json}}
packages: packages/
"""


def picture(folder: Path) -> NDArray[np.uint8]:
    read = cv2.imread(str(folder / "0.jpg"))
    assert read is not None
    return np.asarray(cv2.resize(read, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)


def bank_of(people: list[Path], root: Path) -> None:
    """A bank of made-up people, told apart by one network."""
    finder, crops, meshes = FaceFinder(perturb=1), [], []
    for folder in people:
        rgb = np.ascontiguousarray(picture(folder)[..., ::-1])
        mesh = finder.find(rgb).landmarks[0]
        matrix = crop_matrix(mesh, CROP)
        crops.append(np.asarray(crop(rgb, matrix, CROP), np.uint8))
        meshes.append(move_points(matrix, mesh))
    shown = np.asarray(np.stack(crops) / np.float32(255), np.float32)
    names = tuple(folder.name for folder in people)
    codes = embedding.vectors_in(shown, np.stack(meshes), embedding.NETWORK)
    faces = Faces(names, np.stack(crops), np.stack(meshes), np.ones(len(names), np.float32), codes)
    record = toy_banks.record(people=["*"])
    placed(root, "made_up", faces, (embedding.NETWORK,), record, (), datetime(2026, 11, 20, tzinfo=UTC), lambda _: b"")


@pytest.fixture(scope="module")
def shot(faces: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The manifest of three people side by side, who move a bit; after its run."""
    people = [faces / name for name in SHOWN]
    others = sorted(set(faces.glob("fak_*0?")) - set(people))[:5]
    if not all(each.is_dir() for each in people) or len(others) < 4:
        pytest.skip(f"those whom the test shows are not in {faces}")
    if not models.present("dlib_embedding"):
        pytest.skip("dlib_embedding is not here; `fsvfx models pull` fetches it")
    folder = tmp_path_factory.mktemp("crowd")
    for step in range(COUNT):
        frame = np.concatenate([np.roll(picture(each), step, axis=1) for each in people], axis=1)
        cv2.imwrite(str(folder / f"plate.{FIRST + step}.png"), frame)
    cv2.imwrite(str(folder / "lead.png"), picture(people[1]))
    bank_of(others, folder / "packages")
    path = folder / "group.yaml"
    path.write_text(MANIFEST)
    result = fsvfx.run(path, executor="serial")
    assert result.ok, str(result)
    return path


@pytest.fixture(scope="module")
def cast(shot: Path) -> dict[str, Any]:
    """What the ledger has of who goes in."""
    (receipt,) = [one.receipt for one in plan(jobs(shot)[0]).entries if one.stage == "cast" and one.receipt]
    return dict(receipt.qc)


def bits(shot: Path, number: int) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """Of the delivered frame and of the plate, (H, W, 3)."""
    delivered = OpenEXR.File(str(shot.parent / f"out/{number}.exr")).channels()["RGB"].pixels
    job = jobs(shot)[0]
    (frame,) = open_plate(job).pictures([number])
    return delivered.view(np.uint16), np.ascontiguousarray(PlateColour.of(job).to_comp(frame)).view(np.uint16)


def test_who_is_named_keeps_every_bit_and_the_others_do_not(shot: Path) -> None:
    for number in range(FIRST, FIRST + COUNT):
        delivered, plate = bits(shot, number)
        changed = (delivered != plate).any(axis=-1)
        left, middle, right = (changed[:, place * SIDE : (place + 1) * SIDE] for place in range(3))
        assert not middle.any()
        assert left.mean() > 0.1
        assert right.mean() > 0.1


def test_nobody_is_double_and_members_stay_from_chunk_to_chunk(shot: Path, cast: dict[str, Any]) -> None:
    assert set(cast) == {entry_name(0), entry_name(1)}
    assert len({said["member"] for said in cast.values()}) == 2
    job = jobs(shot)[0]
    receipts = [one.receipt for one in plan(job).entries if one.receipt and one.stage == "measure"]
    assert len(receipts) == 2, "one for each chunk"
    figures = open_data(open_store(job), receipts).table("figures")
    assert sorted(zip(figures["frame"].tolist(), figures["entry"].tolist(), strict=True)) == [
        (number, entry) for number in range(FIRST, FIRST + COUNT) for entry in (0, 1)
    ]
    assert (figures["to_identity"] < figures["to_performer"]).all(), "in both chunks it is the same person's face"


def test_the_report_says_whether_they_are_recognized(shot: Path, cast: dict[str, Any]) -> None:
    told = json.loads((shot.parent / "out/report.json").read_text())["qc"]["recognition"]
    assert {name: said["member"] for name, said in told.items()} == {
        f"crowd_{index + 1}": cast[entry_name(index)]["member"] for index in (0, 1)
    }
    for index, said in enumerate(told.values()):
        assert said["unrecognizable"]
        network = said["networks"]["dlib"]
        assert network["frames"] == COUNT
        tried = cast[entry_name(index)]
        assert 1 <= tried["tried"] <= 12
        assert network["lowest"] / network["threshold"] == pytest.approx(tried["delivered"]["dlib"], abs=0.2)
