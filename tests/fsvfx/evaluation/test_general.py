"""Engines that swap anybody are judged on people whom no training has seen: pairs, pooled figures, ratios."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from fsvfx import packages
from fsvfx.context import Context
from fsvfx.engines.registry import engine, settings_of
from fsvfx.errors import InputError
from fsvfx.evaluation import Asked
from fsvfx.evaluation.comparison import Contest, seen_by
from fsvfx.evaluation.contestants import of_engines
from fsvfx.evaluation.general import GeneralResult, files_of, on_strangers
from fsvfx.evaluation.pairing import Pair, pairs_of
from fsvfx.evaluation.pooling import pooled
from fsvfx.evaluation.report import is_own
from fsvfx.evaluation.strangers import paired, trials
from fsvfx.evaluation.table import compared, side_by_side
from fsvfx.faces.measures import head_pose
from fsvfx.facesets import build_collection, laid_out, store_of
from fsvfx.facesets.faceset import Faceset
from fsvfx.facesets.unseen import Unseen, unseen_of
from fsvfx.reach import Reach
from schemas.evaluation import CrowdReport, EvaluationReport, Followed
from schemas.job import CollectionJob, TrainJob
from schemas.manifest import Faces
from schemas.train import HeldOut

SIZE = 128


@pytest.fixture(scope="module")
def people(faces: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Unseen]:
    """Three with one picture each; one of them moves, too. A fourth was trained on."""
    root = tmp_path_factory.mktemp("unseen") / "people"
    for person in sorted(faces.glob("fak_*"))[:4]:
        shutil.copytree(person, root / person.name)
    store = "memory://unseen"
    one = {"name": "made_up", "folder": str(root), "only": ("*",), "leave_out": (), "record": "", "faceless": 0}
    collection = CollectionJob.model_validate(one)
    laid = laid_out(collection, Reach(root.parent / "crowd.yaml"))
    receipt = build_collection(laid, SIZE, Faces(), store_of(store, "test"))
    names = sorted(path.name for path in root.iterdir())
    held_out = HeldOut(people=tuple(names[1:]), share=0)
    job = TrainJob.model_construct(
        store=store, production="test", learned=(), collections=(collection,), held_out=held_out
    )
    found = unseen_of(job, {"made_up": receipt})
    assert list(found) == names[1:]
    assert list(unseen_of(job, {"made_up": receipt}, but=names[1:3])) == names[3:]
    still = found[names[1]].faceset
    assert (len(still), still.held_out.tolist(), still.names) == (1, [True], (f"{names[1]}/0.jpg",))
    return {**found, "mover": Unseen(moved(still), True, None)}


def moved(still: Faceset) -> Faceset:
    """Footage of somebody who tilts the head."""
    crops, meshes = [], []
    for degrees in (-9, -3, 3, 9):
        matrix = cv2.getRotationMatrix2D((SIZE / 2, SIZE / 2), degrees, 1)
        crop = cv2.warpAffine(
            np.asarray(still.crops[0], np.float32), matrix, (SIZE, SIZE), borderMode=cv2.BORDER_REFLECT
        )
        mesh = still.landmarks[0].copy()
        mesh[:, :2] = mesh[:, :2] @ matrix[:, :2].T + matrix[:, 2]
        crops.append(crop)
        meshes.append(mesh.astype(np.float32))
    return replace(
        still, person="mover", crops=crops, mask=[still.mask[0]] * 4, landmarks=np.stack(meshes), frame=np.arange(1, 5),
        pose=np.array([head_pose(mesh) for mesh in meshes], np.float32), sharpness=np.ones(4, np.float32),
        names=("tilt",), footage=np.zeros(4, np.int64), held_out=np.ones(4, bool),
    )  # fmt: skip


@pytest.fixture(scope="module")
def result(people: dict[str, Unseen]) -> GeneralResult:
    warp = engine("landmark_warp")(settings_of("landmark_warp", {}), Context())
    blur = {one.label: one.engine for one in of_engines(["blur"], [], "cpu")}
    [found] = on_strangers({"warp": warp}, blur, people, Asked(pairs=2, one_reference=True), ())
    return found


def test_performers_with_footage_and_with_pictures_have_their_own_figures(result: GeneralResult) -> None:
    report = result.report
    footage, stills = report.groups["footage"], report.groups["stills"]
    assert (footage.pairs, footage.faces, stills.pairs, stills.faces) == (2, 8, 2, 2)
    assert (footage.pose["roll"].r or 0) > 0.9
    assert footage.flicker is not None
    assert footage.steady is not None
    assert (stills.flicker, stills.steady, stills.pose["roll"].r) == (None, None, None)
    assert all(each.identity != each.performer for each in report.pairs)
    assert all(each.performer == "mover" for each in report.pairs[:2])


def test_a_swap_is_told_from_a_blurred_copy_on_the_same_faces(result: GeneralResult) -> None:
    own = result.report.groups["stills"]
    blur = own.beside["blur"]
    assert own.likeness
    assert blur.figures.likeness
    assert own.likeness.to_identity < blur.figures.likeness.to_identity
    assert blur.figures.likeness.plate_to_identity == pytest.approx(own.likeness.plate_to_identity, abs=0.2)
    assert blur.figures.gradient is not None
    assert own.gradient is not None
    assert blur.ratios["gradient"] == pytest.approx(own.gradient / blur.figures.gradient)
    assert blur.ratios["gradient"] > 1.2
    rows = {row[0]: row for row in side_by_side([own, blur.figures, blur.ratios])}
    assert rows["gradient"][3] == f"{blur.ratios['gradient']:.2f}"
    assert rows["held-out faces"][1:4] == ("2 in 2 pairs", "2", "-")


def test_it_is_written_and_known_again(result: GeneralResult, tmp_path: Path) -> None:
    files = files_of(result)
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
        assert is_own(tmp_path / name)
    assert CrowdReport.model_validate_json(files["evaluation.json"]) == result.report
    assert json.loads(files["evaluation.json"])["one_reference"] is True


def test_a_swap_takes_two_who_are_held_out(people: dict[str, Unseen]) -> None:
    with pytest.raises(InputError, match="Only one person is held out"):
        paired({"mover": people["mover"]}, Asked())
    with pytest.raises(InputError, match="1 of the people it learned"):
        paired({"mover": people["mover"]}, Asked(learned=True))
    with pytest.raises(InputError, match="'zoe' is not among the people"):
        paired(people, Asked(identity="zoe"))
    wanted = paired(people, Asked(identity="mover", performer=min(people)))
    assert wanted == {"stills": [Pair("mover", min(people))]}


def test_people_whom_it_learned_are_shown_held_out_and_known_by_what_was_trained_on(people: dict[str, Unseen]) -> None:
    mover = people["mover"].faceset
    first = replace(mover, held_out=np.array([False, False, True, True]))
    second = replace(first, person="other")
    known = {one.person: Unseen(one, True, None) for one in (first, second)}
    asked = Asked(learned=True)
    pairs = paired(known, asked)["footage"]
    found = list(trials(known, pairs, asked))
    assert [trial.faces.frames for trial in found] == [(3, 4)] * 2
    trained = [np.asarray(mover.crops[row], np.float32) for row in (0, 1)]
    for trial in found:
        assert all(any(np.array_equal(crop, one) for one in trained) for crop in trial.identity.crops)


def test_only_what_the_training_ended_with_is_judged_by_its_held_out_frames() -> None:
    [starter] = of_engines(["refine"], [], "cpu")
    assert starter.package
    sha256 = packages.card_of(starter.package).sha256
    job = TrainJob.model_construct(
        manifest="crowd.yaml", store="memory://none", production="test", learned=(), held_out=HeldOut()
    )
    contest = Contest([replace(starter, is_own=True)])
    assert seen_by(job, {}, contest, sha256) == {}
    with pytest.raises(InputError, match="may have been trained on the frames") as found:
        seen_by(job, {}, contest, None)
    assert "this manifest's training ended with" in str(found.value.hint)
    assert seen_by(job, {}, Contest([starter]), None) == {}


def test_pairs_are_of_like_yaw_and_the_same_every_time() -> None:
    yaws = {f"p{place}": np.array([degrees]) for place, degrees in enumerate((0.0, 5.0, 40.0, 42.0))}
    everybody = sorted(yaws)
    some = pairs_of(yaws, everybody, everybody, 4)
    assert some == pairs_of(dict(reversed(yaws.items())), everybody[::-1], everybody[::-1], 4)
    assert {each.performer for each in some} == set(everybody)
    like = {"p0": "p1", "p1": "p0", "p2": "p3", "p3": "p2"}
    assert all(each.identity == like[each.performer] for each in some)
    every = pairs_of(yaws, everybody, everybody, 99)
    assert len(set(every)) == len(every) == 12


def test_each_pair_weighs_the_same_and_r_is_of_what_moves(result: GeneralResult) -> None:
    base = result.report.pairs[0]

    def report(faces: int, detail: float | None, r: float | None, spread: float) -> EvaluationReport:
        yaw = Followed(error=1, bias=0, spread=spread, spread_of_swap=spread, r=r)
        return base.model_copy(update={"faces": faces, "detail": detail, "pose": {"yaw": yaw}})

    found = pooled([report(8, 0.5, 1.0, 10), report(1, 1.0, 0.0, 1), report(3, None, None, 0)])
    assert (found.pairs, found.faces, found.detail) == (3, 12, 0.75)
    assert found.pose["yaw"].r == pytest.approx(100 / 101)
    assert compared(found, found).ratios["yaw"] == pytest.approx(1)
