"""Evaluation tells a perfect swap from none, on actors whose true swap is known."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Literal

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from fsvfx.actors import Moment, actor
from fsvfx.context import Context
from fsvfx.engines.contract import Engine, EngineSettings, FaceBatch, Identity, SwapBatch
from fsvfx.engines.registry import engine, settings_of
from fsvfx.errors import InputError, ModelError
from fsvfx.evaluation import Trial, evaluate, picture_grid
from fsvfx.evaluation.actors import acted, actor_trial
from fsvfx.evaluation.evaluate import _batches
from fsvfx.evaluation.measures import followed
from fsvfx.evaluation.pictures import flickers, psnr, ssim, toned
from schemas.evaluation import EvaluationReport

SIZE = 96
PERFORMED = [
    Moment({"jawOpen": jaw, "browInnerUp_L": brow, "browInnerUp_R": brow}, yaw=yaw)
    for jaw, brow, yaw in ((0.0, 0.0, -12), (0.3, 0.5, -4), (0.6, 1.0, 4), (0.1, 0.3, 12))
]


class Paste(Engine[None]):
    """Lays the given pictures over the plate, in the order of frames."""

    name: ClassVar[str] = "paste"
    version: ClassVar[int] = 1
    family: ClassVar[Literal["image", "model3d", "one_to_one", "any_to_any"]] = "image"
    summary: ClassVar[str] = "pastes"
    source: ClassVar[str] = "none"
    Settings: ClassVar[type[EngineSettings]] = EngineSettings
    pictures: NDArray[np.float32] | None = None

    def prepare(self, identity: Identity, size: int) -> None:
        pass

    def swap(self, faces: FaceBatch, prepared: None) -> SwapBatch:
        rows = [number - 1001 for number in faces.frames]
        crops = faces.crops if self.pictures is None else self.pictures[rows]
        return SwapBatch(crops, np.full_like(crops[..., 0], 0.0 if self.pictures is None else 1.0))


@pytest.fixture(scope="module")
def trial(head: None) -> Trial:
    identity, performer = actor("cem"), actor("ada")
    known = acted(identity, [Moment(yaw=yaw) for yaw in (-10, 0, 10)], SIZE)
    made = actor_trial(identity, performer, known, acted(performer, PERFORMED, SIZE))
    assert len(made.faces.crops) == len(PERFORMED)
    return replace(made, own=known.faces)


def test_the_true_swap_is_told_to_be_it(trial: Trial) -> None:
    paste = Paste(EngineSettings(), Context())
    paste.pictures = trial.truth
    evaluated = evaluate(paste, replace(trial, own=None), batch=3)
    report = evaluated.report
    assert report.truth is not None
    assert (report.truth.psnr, report.truth.ssim) == (100, pytest.approx(1))
    assert report.likeness is not None
    assert (report.likeness.nearer, report.likeness.retrieved) == (1, 1)
    assert report.likeness.to_identity < 0.4 < report.likeness.plate_to_identity
    assert report.lost == 0
    assert report.pose["yaw"].error < 3
    assert min(report.pose["yaw"].r or 0, report.expression["mouth"].r or 0, report.expression["brows"].r or 0) > 0.8
    assert EvaluationReport.model_validate_json(report.model_dump_json()) == report
    assert picture_grid(evaluated).shape[2] == 3


def test_doing_nothing_is_told_to_be_nothing(trial: Trial) -> None:
    report = evaluate(Paste(EngineSettings(), Context()), trial).report
    assert report.likeness is not None
    assert (report.likeness.nearer, report.likeness.to_performer) == (0, 0)
    assert report.truth == report.truth_of_plate
    assert report.truth is not None
    assert report.truth.psnr < 25
    assert report.flicker is None, "nothing shows, so nothing flickers"
    assert all(each.error == 0 for each in report.pose.values())
    assert report.self_swap is not None
    assert report.self_swap.psnr == 100
    assert report.detail == 1
    assert report.light == pytest.approx(1)
    assert report.steady is not None
    assert (report.steady.spread, report.steady.neighbours) == (
        report.steady.spread_of_plate, report.steady.neighbours_of_plate
    )  # fmt: skip
    assert all((each.nearer, each.to_performer) == (0, 0) for each in report.judges.values())


def test_a_blurred_swap_lacks_detail(trial: Trial) -> None:
    paste, small = Paste(EngineSettings(), Context()), SIZE // 3
    assert trial.truth is not None
    coarse = [cv2.resize(each, (small, small), interpolation=cv2.INTER_AREA) for each in trial.truth]
    paste.pictures = np.stack([cv2.resize(each, (SIZE, SIZE)) for each in coarse])
    assert (evaluate(paste, replace(trial, own=None, truth=None)).report.detail or 1) < 0.7


def test_an_engine_gets_nearer_to_the_identity(trial: Trial) -> None:
    report = evaluate(engine("landmark_warp")(settings_of("landmark_warp", {}), Context()), trial).report
    assert report.likeness is not None
    assert report.likeness.to_identity < report.likeness.plate_to_identity - 0.05
    assert report.self_swap is not None
    assert report.self_swap.psnr > 20
    assert report.ms_per_face > 0
    assert report.frames[0].flicker is None
    assert report.frames[1].flicker is not None


def test_what_a_trial_lacks_is_told(trial: Trial) -> None:
    paste = Paste(EngineSettings(), Context())
    with pytest.raises(InputError, match="ada"):
        evaluate(paste, replace(trial, people={"cem": trial.people["cem"]}))
    with pytest.raises(InputError, match="held-out"):
        evaluate(paste, replace(trial, faces=FaceBatch(trial.faces.crops[:0], trial.faces.landmarks[:0], ())))
    with pytest.raises(InputError, match="shape"):
        evaluate(paste, replace(trial, truth=trial.faces.crops[:1]))


def test_pictures_that_are_no_numbers_are_no_swap(trial: Trial) -> None:
    paste = Paste(EngineSettings(), Context())
    assert trial.truth is not None
    paste.pictures = trial.truth.copy()
    paste.pictures[1, 5, 5, 0] = float("nan")
    with pytest.raises(ModelError, match="NaN for 1 of 4 faces"):
        evaluate(paste, trial)


def test_batches_end_where_other_footage_begins() -> None:
    frames = (1, 2, 3, 1, 2, 4)
    faces = FaceBatch(np.zeros((6, 8, 8, 3), np.float32), np.zeros((6, 468, 3), np.float32), frames)
    footage = ("talk",) * 3 + ("walk",) * 3
    assert [batch.frames for batch in _batches(faces, 8, 0, footage)] == [(0, 1, 2), (3, 4, 5)]
    near = [(batch.frames, batch.own) for batch in _batches(faces, 2, 1, footage)]
    assert near == [((0, 1, 2), (0, 1)), ((1, 2), (2,)), ((3, 4), (3, 4)), ((5,), (5,))]


def test_figures_of_pictures() -> None:
    random = np.random.default_rng(0)
    picture = random.uniform(0.2, 0.8, (32, 32, 3)).astype(np.float32)
    mask = np.zeros((32, 32), bool)
    mask[8:24, 8:24] = True
    outside = np.where(mask[..., None], picture, 0)
    assert psnr(picture, outside, mask) == 100
    assert psnr(picture, picture + np.float32(0.1), mask) == pytest.approx(20, abs=1e-3)
    assert ssim(picture, picture, mask) == pytest.approx(1)
    assert ssim(picture, picture[::-1].copy(), mask) < 0.3
    other = (picture * 0.5 + 0.1).astype(np.float32)
    assert psnr(toned(other[None], picture[None], mask[None])[0], picture, mask) > 60
    assert np.isnan(psnr(picture, picture, ~mask & mask))


def test_what_trembles_flickers() -> None:
    random = np.random.default_rng(1)
    plate = random.integers(0, 255, (1, 64, 64, 3), np.uint8).repeat(3, axis=0)
    comp = plate.copy()
    comp[1] = np.clip(comp[1].astype(int) + 20, 0, 255).astype(np.uint8)
    points = random.uniform(8, 56, (1, 468, 3)).astype(np.float32).repeat(3, axis=0)
    mattes = np.ones((3, 64, 64), np.float32)
    found = flickers(plate, comp, mattes, points, (1, 2, 3))
    assert np.isnan(found[0])
    assert found[1:] == pytest.approx(20 / 255, rel=0.2)
    assert np.isnan(flickers(plate, comp, mattes, points, (1, 5, 6))[1])
    assert np.isnan(flickers(plate, comp, mattes, points, (1, 2, 3), ("talk", "walk", "walk"))[1])


def test_correlation_needs_something_that_moves() -> None:
    plate = np.array([0.0, 5, 10, np.nan])
    moved = followed("yaw", np.array([1.0, 6, 11, 3]), plate)
    assert moved is not None
    assert (moved.error, moved.bias, moved.r) == (1, 1, pytest.approx(1))
    assert moved.spread == pytest.approx(np.std([0, 5, 10]))
    still = followed("yaw", np.array([1.0, 6, 11, 3]), plate * 0)
    assert still is not None
    assert still.r is None
    assert followed("yaw", plate * np.nan, plate) is None
