"""From a crowd's manifest to what training is given, and to the package: real pictures and store, nothing trained."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, ClassVar

import cv2
import numpy as np
import pytest
import torch

from flows.verbs import facesets as verb
from fsvfx import packages, rights
from fsvfx.api.readiness import footage_ready
from fsvfx.engines import registry
from fsvfx.engines.df import Df
from fsvfx.errors import InputError, PreflightError
from fsvfx.facesets.lookup import crowd_of, learned_of, receipts_of, told_of
from fsvfx.manifests import training_job
from fsvfx.training import result, steps
from fsvfx.training.data import PairSampler
from fsvfx.training.result import Trained
from schemas.job import TrainJob
from schemas.receipts import Receipt
from schemas.train import HeldOut

MANIFEST = """\
schema_version: 1
production: harbour
model: anybody
engine: open
architecture: {resolution: 64}
learn: {collections: [made_up], held_out: {people: [wall, %s]}}
collections:
  made_up: {path: people, record: made_up.yaml, faceless: 0.3}
faceset: {size: 96}
trainer: {iterations: 10}
licence: for tests
"""
RECORD: dict[str, Any] = {
    "schema_version": 1,
    "record_id": "made-up-1",
    "collection": "made_up",
    "people": ["t2i_*", "wall"],
    "made_up": True,
    "generators": [{"name": "Flux.1", "terms": "those of its outputs"}],
    "statement": "A made-up record for a test: nobody in this collection exists, as its generator is known.",
    "source": "a test",
    "licence": "MIT",
    "commercial_use": True,
    "is_test_record": True,
}


class Open(Df):
    """Stands in for an engine that swaps anybody."""

    name: ClassVar[str] = "open"
    family: ClassVar = "any_to_any"


@pytest.fixture(scope="module")
def shown(faces: Path) -> list[Path]:
    return sorted(faces.glob("t2i_*"))[:4]


@pytest.fixture(scope="module")
def manifest(shown: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("crowd")
    for person in shown:
        shutil.copytree(person, folder / "people" / person.name)
    (folder / "people/wall").mkdir()
    assert cv2.imwrite(str(folder / "people/wall/1.png"), np.full((200, 200, 3), 90, np.uint8))
    (folder / "made_up.yaml").write_text(json.dumps(RECORD))
    (folder / "crowd.yaml").write_text(MANIFEST % shown[0].name)
    return folder / "crowd.yaml"


@pytest.fixture
def job(manifest: Path, monkeypatch: pytest.MonkeyPatch) -> TrainJob:
    monkeypatch.setattr(registry, "learned", lambda name: Open)
    monkeypatch.setattr(result, "learned", lambda name: Open)
    made = training_job(manifest)
    return made.model_copy(update={"rights": rights.clear_training(made).digest})


@pytest.fixture
def built(job: TrainJob) -> dict[str, Receipt]:
    return {name: steps.build_collection(job, name) for name in job.sets}


def test_what_is_not_built_is_told(job: TrainJob) -> None:
    with pytest.raises(InputError, match="collection 'made_up' is not built yet"):
        receipts_of(job.model_copy(update={"store": "memory://nothing"}))


def test_training_gets_the_people_who_are_not_held_out(job: TrainJob, built: dict[str, Receipt]) -> None:
    assert receipts_of(job) == built
    assert told_of(built["made_up"]) == "4 faces of 4 people; in 1 of 5 pictures there is none"
    crowd = crowd_of(job, built, 64)
    assert crowd.size == 74, "what the closest view needs of 64 px"
    assert (len(crowd.trained), len(crowd.unseen)) == (3, 1)
    made = PairSampler(crowd, 64, 4, job.augmentation, "cpu", 0).make(0)
    assert made.target.crop.shape == (4, 3, 64, 64)
    assert Path(job.folder, "crowd/crops.npy").is_file()


def test_the_package_says_who_is_in_it(
    job: TrainJob, built: dict[str, Receipt], shown: list[Path], tmp_path: Path
) -> None:
    folder = tmp_path / "training"
    trained = Trained(10, 1.0, "iterations", {"loss": 0.5}, {"weight": torch.ones(2)}, 0.0, folder / "none", None)
    result.save_result(folder, trained)
    moved = job.model_copy(update={"folder": str(folder), "packages": str(tmp_path / "packages")})
    placed = steps.make_package(moved, built, "cpu")
    card = packages.card_of(placed)
    assert card.people == ()
    assert card.commercial_use
    assert card.roster
    assert (card.roster.people, card.roster.real) == (3, 0)
    assert card.roster.collections[0].generators[0].terms == "those of its outputs"
    roster = packages.roster_in(placed, card.roster.sha256)
    assert roster.people == tuple(person.name for person in shown[1:]), "who is held out is not in the weights"
    assert learned_of(job, built) == ((), {"made_up": roster.people})
    done = result.finish(moved, built, placed, 10, "iterations")
    assert result.finished(moved, built) == done
    other = moved.model_copy(update={"held_out": HeldOut(share=0.2)})
    assert result.finished(other, built) is None


def test_collections_can_be_looked_at(
    job: TrainJob,
    built: dict[str, Receipt],
    manifest: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    shown: list[Path],
) -> None:
    verb.run(manifest, out=tmp_path, json=True)
    [told] = json.loads(capsys.readouterr().out)["collections"]
    assert (told["people"], told["faces"], told["faceless"]) == (4, 4, ["wall/1.png"])
    assert told["held_out"] == [shown[0].name]
    assert told["digest"] == built["made_up"].digest
    assert len(told["sheets"]) == 2
    assert all(Path(sheet).is_file() for sheet in told["sheets"])
    verb.run(manifest, out=tmp_path, replace=True)
    assert "1: wall/1.png" in " ".join(capsys.readouterr().out.split())


def test_preflight_looks_for_the_folders(job: TrainJob, manifest: Path, tmp_path: Path) -> None:
    assert not footage_ready(job, manifest).refused
    [one] = job.collections
    absent = one.model_copy(update={"folder": str(tmp_path / "none")})
    with pytest.raises(PreflightError) as refused:
        footage_ready(job.model_copy(update={"collections": (absent,)}), manifest)
    [problem] = refused.value.problems
    assert problem.field == "made_up: collections.made_up.path"
    assert "no folder" in problem.what
    (tmp_path / "people/ada").mkdir(parents=True)
    (tmp_path / "people/bea").mkdir(parents=True)
    (tmp_path / "people/bea/1.png").write_bytes(b"x")
    half = one.model_copy(update={"folder": str(tmp_path / "people")})
    [told] = footage_ready(job.model_copy(update={"collections": (half,)}), manifest).troubles["made_up"]
    assert (told.what, told.stops) == ("1 of 2 people have no pictures: ada", False)
