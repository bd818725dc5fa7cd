"""A package is judged by what was held out of its own training, and its card and folder are told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from toy_facesets import faceset
from toy_packages import toy_package

from fsvfx import packages
from fsvfx.errors import InputError
from fsvfx.evaluation import evaluate_package, recorded
from fsvfx.evaluation.table import side_by_side
from fsvfx.facesets.faceset import Faceset
from schemas.evaluation import EvaluationReport


def people(*names: str, held_out: int = 2) -> dict[str, Faceset]:
    """As toy packages say that they were trained on."""
    made = {name: faceset(name, count=4, held_out=held_out, seed=seed) for seed, name in enumerate(names)}
    return {name: replace(each, digest=f"{name}-digest") for name, each in made.items()}


def test_a_package_its_card_and_its_folder(tmp_path: Path) -> None:
    facesets = people("ada", "bea")
    made, card = toy_package(tmp_path)
    weights = (made / "weights.safetensors").read_bytes()
    evaluated = evaluate_package(made, facesets)
    report = evaluated.report
    assert (report.identity, report.performer, report.faces) == ("ada", "bea", 2)
    assert report.settings["sha256"] == card.sha256
    assert (report.lost, report.likeness, report.pose) == (2, None, {}), "noise is no face"
    assert report.self_swap is not None
    assert report.frames[0].footage == "bea_talk"
    assert np.abs(evaluated.comps.astype(int) - evaluated.plates).max() > 20
    assert ("nearer the identity", "no face found", "over 90 %") in side_by_side([report])

    written = recorded(made, evaluated)
    assert [each.name for each in written] == ["evaluation.json", "evaluation.png"]
    assert EvaluationReport.model_validate_json(written[0].read_text()) == report
    assert cv2.imread(str(written[1])) is not None
    figures = packages.card_of(made).figures
    assert figures is not None
    assert (figures.faces, figures.nearer, figures.self_swap_psnr) == (2, None, report.self_swap.psnr)
    assert (made / "weights.safetensors").read_bytes() == weights


def test_any_two_people_of_a_comb(tmp_path: Path) -> None:
    made, _ = toy_package(tmp_path, "comb", ("ada", "bea", "cid"))
    evaluated = evaluate_package(made, people("ada", "bea", "cid"), identity="cid", performer="ada", most=1)
    report = evaluated.report
    assert (report.identity, report.performer, report.faces) == ("cid", "ada", 1)
    assert report.people == ("ada", "bea", "cid")
    assert [each.name for each in recorded(made, evaluated)] == ["evaluation_cid_ada.json", "evaluation_cid_ada.png"]
    assert packages.card_of(made).figures is None


def test_what_can_not_be_judged_is_refused(tmp_path: Path) -> None:
    facesets = people("ada", "bea")
    made, _ = toy_package(tmp_path)
    with pytest.raises(InputError, match="may have been trained on"):
        evaluate_package(made, facesets | {"bea": faceset("bea", held_out=2, seed=9)})
    with pytest.raises(InputError, match="No faceset of 'franck'"):
        evaluate_package(made, facesets, performer="franck")
    with pytest.raises(InputError, match="no held-out face of 'bea'"):
        evaluate_package(made, people("ada", "bea", held_out=0))
