"""How old members look and of which sex: estimates on labelled people, and labels that know better."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from fsvfx import models
from fsvfx.banks.about import about, read_labels, said
from fsvfx.banks.bank import Faces
from fsvfx.errors import InputError
from fsvfx.faces.geometry import crop, crop_matrix, move_points
from fsvfx.identity import age_sex
from schemas.bank import Labels
from schemas.bank_card import About

PEOPLE = Path(__file__).resolve().parents[4] / "shared/faces/people"
LONDON = {"lon_136": (54, "female"), "lon_140": (42, "male"), "lon_119": (39, "male"), "lon_123": (18, "male"),
          "lon_100": (19, "female"), "lon_007": (21, "female")}  # fmt: skip
"""Ages and sexes as the Face Research Lab London Set states them."""
NAMES = ("ada", "ben", "bob")


@pytest.fixture(scope="module")
def faces() -> Faces:
    """Of people whose age and sex are stated."""
    names = [name for name in LONDON if (PEOPLE / name).is_dir()]
    if len(names) < 4:
        pytest.skip("../shared/faces is not here")
    if not all(map(models.present, age_sex.WEIGHTS)):
        pytest.skip("faceres is not here; `fsvfx models pull faceres` fetches it")
    from fsvfx.faces.search import FaceFinder

    finder, crops, meshes = FaceFinder(perturb=1), [], []
    for name in names:
        rgb = np.ascontiguousarray(cv2.imread(str(PEOPLE / name / "0.jpg"))[..., ::-1], np.uint8)
        mesh = finder.find(rgb).landmarks[0]
        matrix = crop_matrix(mesh, 256)
        crops.append(np.asarray(crop(rgb, matrix, 256), np.uint8))
        meshes.append(move_points(matrix, mesh))
    ones = np.ones(len(names), np.float32)
    return Faces(tuple(names), np.stack(crops), np.stack(meshes), ones, np.zeros((len(names), 128), np.float32))


def test_ages_and_sexes_are_those_that_are_stated(faces: Faces) -> None:
    found = dict(zip(faces.names, about(faces, None), strict=True))
    assert [one.sex for one in found.values()] == [LONDON[name][1] for name in found]
    assert all(one.sex_probability and 0.5 <= one.sex_probability <= 1 for one in found.values())
    apart = [abs((one.age or 0) - LONDON[name][0]) for name, one in found.items()]
    assert np.median(apart) < 8
    ages = {name: one.age or 0 for name, one in found.items()}
    old, young = ([ages[name] for name in ages if (LONDON[name][0] > 30) == is_old] for is_old in (True, False))
    assert min(old) > max(young)


def test_without_network_and_labels_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "present", lambda card: False)
    nobody = Faces(NAMES, np.zeros((3, 8, 8, 3), np.uint8), *(np.zeros((3, 1), np.float32),) * 3)
    assert about(nobody, None) == ()
    labels = Labels.model_validate({"schema_version": 1, "members": {"ada": {"age": 30}}})
    assert about(nobody, labels) == (About(age=30), About(), About())


def test_labels_know_better_and_the_later_one_wins() -> None:
    known = [About(age=35, age_deviation=8, sex="male", sex_probability=0.7)] * 3
    labels = Labels.model_validate(
        {"schema_version": 1, "members": {"*": {"sex": "male"}, "ada": {"sex": "female", "age": 29}}}
    )
    one, other, _ = said(NAMES, known, labels)
    assert one == About(age=29, sex="female")
    assert other == About(age=35, age_deviation=8, sex="male")


def test_all_labels_of_nobody_are_told() -> None:
    members = {"adda": {"age": 30}, "ada": {"age": 30}, "zz*": {"sex": "male"}}
    labels = Labels.model_validate({"schema_version": 1, "members": members})
    with pytest.raises(InputError, match=r"does not have: adda, zz\*") as error:
        said(NAMES, [About()] * 3, labels)
    assert error.value.hint == "Did you mean 'ada'?"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("members: {ada: {age: 30}}", "schema_version"),
        ("schema_version: 1\nmembers:\n  ada: {age: old}", "line 3"),
        ("schema_version: 1\nmembers: {ada: {sex: woman}}", "female"),
        ("- ada", "labels can't be read"),
        (None, "labels can't be read"),
    ],
)
def test_labels_that_cannot_be_read_are_told(tmp_path: Path, text: str | None, what: str) -> None:
    path = tmp_path / "labels.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError, match=what):
        read_labels(path)
