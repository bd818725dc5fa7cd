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
from toy_packages import made_up, toy_package

from flows.verbs import facesets as verb
from fsvfx import packages, rights
from fsvfx.api.readiness import footage_ready
from fsvfx.engines import registry
from fsvfx.engines.contract import EngineSettings
from fsvfx.engines.open_set import OpenSet
from fsvfx.engines.samples import Pairs
from fsvfx.engines.trainable import Model
from fsvfx.errors import InputError, PreflightError
from fsvfx.facesets.lookup import crowd_of, learned_of, receipts_of, told_of
from fsvfx.manifests import training_job
from fsvfx.training import result, steps, weights
from fsvfx.training.data import PairSampler
from fsvfx.training.result import Trained
from fsvfx.training.run import run
from schemas.evaluation import CrowdReport
from schemas.job import TrainJob
from schemas.receipts import Receipt
from schemas.train import HeldOut, Occluders
from schemas.trainer import TrainerSettings
from schemas.training import Finished

MANIFEST = """\
schema_version: 1
production: harbour
model: anybody
engine: open
architecture: {resolution: 64}
learn: {collections: [made_up], held_out: {people: [wall, %s], share: 0}}
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


class Sizes(EngineSettings):
    """Of the toy below."""

    resolution: int = 64


class Mixer(Model):
    """A toy that swaps anybody: target and code in, a picture out. It learns to rebuild where both are one person."""

    def __init__(self, resolution: int) -> None:
        super().__init__()
        self.people, self.resolution = (), resolution
        self.paint, self.tint = torch.nn.Conv2d(3, 3, 3, padding=1), torch.nn.Linear(128, 3)

    def made(self, pairs: Pairs) -> torch.Tensor:
        return self.paint(pairs.target.crop) + self.tint(pairs.source.code)[..., None, None]

    def forward(self, batch: Any, turn: str = "generator") -> dict[str, torch.Tensor]:
        apart = ((self.made(batch) - batch.target.crop).abs() * batch.target.mask).mean((1, 2, 3))
        return {"rebuilt": (apart * (0.1 + batch.same.float())).mean()}

    def previews(self, held_out: Any, rows: int) -> list[list[torch.Tensor]]:
        return [[held_out.target.crop[:rows], held_out.source.crop[:rows], self.made(held_out)[:rows].clamp(0, 1)]]


class Open(OpenSet):
    """Stands in for an engine that swaps anybody."""

    name: ClassVar[str] = "open"
    version: ClassVar[int] = 1
    summary: ClassVar[str] = "a toy"
    source: ClassVar[str] = "a test"
    Architecture: ClassVar[type[EngineSettings]] = Sizes

    @classmethod
    def model_of(cls, architecture: EngineSettings, people: tuple[str, ...]) -> Model:
        assert isinstance(architecture, Sizes)
        return Mixer(architecture.resolution)


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
    monkeypatch.setattr(weights, "learned", lambda name: Open)
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


def test_the_one_trainer_takes_a_crowd(job: TrainJob, built: dict[str, Receipt], shown: list[Path]) -> None:
    two = HeldOut(people=(shown[0].name, shown[1].name), share=0)
    settings = TrainerSettings(iterations=4, batch=3, preview_iterations=2, log_every=1, lr=1e-2)
    some = job.model_copy(update={"held_out": two, "trainer": settings})
    crowd_of(some, built, steps.resolution_of(some))
    first = run(some, {}, report=lambda event: None)
    assert first.step == 4
    assert first.preview
    assert first.preview.is_file()
    longer = some.model_copy(update={"trainer": settings.model_copy(update={"iterations": 30})})
    again = run(longer, {}, report=lambda event: None)
    assert again.step == 30
    assert again.losses["generator/rebuilt"] < first.losses["generator/rebuilt"]


def test_a_second_stage_sees_things_in_front(
    job: TrainJob, built: dict[str, Receipt], shown: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fronts: list[torch.Tensor] = []
    whole = Mixer.forward

    def forward(self: Mixer, batch: Any, turn: str = "generator") -> dict[str, torch.Tensor]:
        fronts.append(batch.front)
        return whole(self, batch, turn)

    monkeypatch.setattr(Mixer, "forward", forward)
    changed: dict[str, Any] = {
        "held_out": HeldOut(people=(shown[0].name, shown[1].name), share=0),
        "trainer": TrainerSettings(iterations=1, batch=2, preview_iterations=1),
        "occluders": Occluders(share=1),
        "folder": str(tmp_path),
    }
    second = job.model_copy(update=changed)
    crowd_of(second, built, 64)
    run(second, {}, report=lambda event: None)
    assert len(fronts) == 2, "of the batch, and of those who are held out"
    assert all(float(front.amax()) > 0.9 for front in fronts)
    package = tmp_path / "package"
    package.mkdir()
    (package / packages.CARD).touch()
    done = Finished(
        digest=result._digest(second, built), package=str(package), sha256="0" * 64, iterations=1, reason=""
    )
    (tmp_path / "done.json").write_text(done.model_dump_json())
    assert result.finished(second, built)
    other = second.model_copy(update={"occluders": Occluders(share=0.5)})
    assert result.finished(other, built) is None


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


def test_the_package_is_evaluated_on_who_is_held_out(
    job: TrainJob, built: dict[str, Receipt], shown: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = tuple(person.name for person in shown)
    package, _ = toy_package(tmp_path, "simswap", roster=made_up(names[2]))
    monkeypatch.undo()  # a real engine from here on
    held_out = job.model_copy(update={"held_out": HeldOut(people=names[:3], share=0)})
    figures = steps.evaluate_package(held_out, built, package)
    assert figures is not None
    assert (figures.identity, figures.pairs, figures.faces) == (None, 2, 2)
    report = CrowdReport.model_validate_json((package / "evaluation.json").read_bytes())
    assert report.people == names[:2], "the third one's face is in the weights"
    assert set(report.groups["stills"].beside) == {"landmark_warp", "blur"}
    alone = job.model_copy(update={"held_out": HeldOut(people=names[:1], share=0)})
    assert steps.evaluate_package(alone, built, package) is None, "a swap takes two"


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
    (tmp_path / "people/bea").rename(tmp_path / "people/béa")
    (tmp_path / "people/ada/1.png").write_bytes(b"x")
    [told] = footage_ready(job.model_copy(update={"collections": (half,)}), manifest).troubles["made_up"]
    assert (told.what, told.stops) == ("skipped béa: these folders' names can't be used as people's names", False)
