"""A package is judged by what was held out of its own training, and its card and folder are told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from toy_facesets import faceset

from fsvfx import packages
from fsvfx.engines.learned import built
from fsvfx.engines.registry import learned
from fsvfx.errors import InputError, ModelError
from fsvfx.evaluation import evaluate_package, recorded
from fsvfx.facesets.faceset import Faceset
from schemas.augmentation import Augmentation
from schemas.evaluation import EvaluationReport
from schemas.faceset import FacesetSettings
from schemas.package import PackageCard, TrainedPerson
from schemas.trainer import TrainerSettings

TINY = {
    "df": {"resolution": 64, "ae_dims": 16, "e_dims": 8, "d_dims": 8, "d_mask_dims": 4},
    "comb": {"resolution": 32, "width": 0.1},
}


def package(root: Path, facesets: dict[str, Faceset], engine: str = "df", scale: float = 1.0) -> Path:
    """Random weights, times ``scale``."""
    torch.manual_seed(0)
    kind = learned(engine)
    architecture = kind.Architecture.model_validate(TINY[engine])
    model = built(kind, TINY[engine], tuple(facesets))
    people = [
        TrainedPerson(name=name, consent=f"{name}-1", faceset=each.digest, faces=8, held_out=4, footage=each.names)
        for name, each in facesets.items()
    ]

    def card(sha256: str) -> PackageCard:
        return PackageCard(
            model="toy",
            sha256=sha256,
            engine=engine,
            architecture=architecture.model_dump(mode="json"),
            people=tuple(people),
            production="harbour",
            licence="all rights reserved",
            rights="0",
            trained_at=datetime.now(UTC),
            iterations=0,
            seconds=0,
            ended="it was never begun",
            device="cpu",
            fsvfx="0",
            trainer=TrainerSettings(iterations=1),
            augmentation=Augmentation(),
            faceset=FacesetSettings(),
            losses={},
        )

    return packages.place(root, {name: value * scale for name, value in model.state_dict().items()}, card, {})


@pytest.fixture(autouse=True)
def nowhere_else() -> Iterator[None]:
    yield
    packages.use("")


def people(*names: str) -> dict[str, Faceset]:
    return {name: faceset(name, held_out=4, seed=seed) for seed, name in enumerate(names)}


def test_a_package_its_card_and_its_folder(tmp_path: Path) -> None:
    facesets = people("lead", "double")
    made = package(tmp_path, facesets)
    weights = (made / "weights.safetensors").read_bytes()
    evaluated = evaluate_package(made, facesets)
    report = evaluated.report
    assert (report.identity, report.performer, report.faces) == ("lead", "double", 4)
    assert report.lost == 4, "noise is no face"
    assert report.likeness is None
    assert not report.pose
    assert report.self_swap is not None
    assert report.frames[0].footage == "double_talk"
    assert np.abs(evaluated.comps.astype(int) - evaluated.plates).max() > 20

    written = recorded(made, evaluated)
    assert [each.name for each in written] == ["evaluation.json", "evaluation.png"]
    assert EvaluationReport.model_validate_json(written[0].read_text()) == report
    assert cv2.imread(str(written[1])) is not None
    figures = packages.card_of(made).figures
    assert figures is not None
    assert (figures.faces, figures.nearer, figures.self_swap_psnr) == (4, None, report.self_swap.psnr)
    assert (made / "weights.safetensors").read_bytes() == weights


def test_any_two_people_of_a_comb(tmp_path: Path) -> None:
    facesets = people("a", "b", "c")
    made = package(tmp_path, facesets, "comb")
    evaluated = evaluate_package(made, facesets, identity="c", performer="a", most=2)
    assert (evaluated.report.identity, evaluated.report.performer, evaluated.report.faces) == ("c", "a", 2)
    assert [each.name for each in recorded(made, evaluated)] == ["evaluation_c_a.json", "evaluation_c_a.png"]
    assert packages.card_of(made).figures is None


def test_what_can_not_be_judged_is_refused(tmp_path: Path) -> None:
    facesets = people("lead", "double")
    made = package(tmp_path, facesets)
    with pytest.raises(InputError, match="may have been trained on"):
        evaluate_package(made, facesets | {"double": faceset("double", held_out=4, seed=9)})
    with pytest.raises(InputError, match="no faceset of 'franck'"):
        evaluate_package(made, facesets, performer="franck")
    seen = {name: faceset(name) for name in facesets}
    with pytest.raises(InputError, match="no held-out face of 'double'"):
        evaluate_package(package(tmp_path / "seen", seen), seen)
    with pytest.raises(ModelError, match="Of 4 of 4 faces"):
        evaluate_package(package(tmp_path / "nan", facesets, scale=float("nan")), facesets)
