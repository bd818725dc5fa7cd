"""Manifests of a second stage: it goes on from a package, and sees things in front of faces whose licence is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from safetensors.torch import load_file
from toy_packages import toy_package

from fsvfx.errors import LicenceError, ManifestError
from fsvfx.manifests import load_training, training_job
from fsvfx.preflight import occluder_troubles
from fsvfx.rights.weights import check_use, occluder_weights
from fsvfx.training.weights import first_model
from schemas.train import Occluders

SIZES = "resolution: 64, encoder_width: 4, generator_width: 64"
MANIFEST = f"""\
schema_version: 1
production: harbour
model: second
engine: faceshifter
architecture: {{{SIZES}, hear: {{width: 4, halvings: 3}}}}
learn: {{collections: [made_up]}}
start: {{model: toy, sha256: SHA}}
occluders: {{path: hands, licence: MIT, commercial_use: false, share: 0.5}}
collections:
  made_up: {{path: faces, record: made_up.yaml}}
trainer: {{iterations: 10}}
"""


def written(folder: Path, *changes: tuple[str, str]) -> Path:
    text = MANIFEST
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    (folder / "train.yaml").write_text(text.replace("SHA", "0" * 64))
    return folder / "train.yaml"


WRONG = [
    ("nothing to go on from", "start: {model: toy, sha256: SHA}\n", "", "start", "on a finished first one"),
    ("a first stage sees none", ", hear: {width: 4, halvings: 3}", "", "occluders", "takes no occluders"),
    ("no licence", "licence: MIT, ", "", "occluders", ""),
    ("no such field", "halvings: 3", "halving: 3", "architecture.hear.halving", ""),
    ("written over", "trainer:", "training: hands\ntrainer:", "training", "would overwrite the occluders"),
    ("outside", "path: hands", "path: ../hands", "occluders.path", "outside"),
]


@pytest.mark.parametrize(("old", "new", "field", "what"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_what_is_wrong_is_told(tmp_path: Path, old: str, new: str, field: str, what: str) -> None:
    with pytest.raises(ManifestError) as refused:
        load_training(written(tmp_path, (old, new)))
    told = {problem.field: problem.what for problem in refused.value.problems}
    assert what in told.get(field, "nothing"), told


def test_it_begins_with_the_first_stage_s_weights(tmp_path: Path) -> None:
    _, card = toy_package(tmp_path / "packages", "faceshifter")
    path = written(tmp_path)
    path.write_text(path.read_text().replace("0" * 64, card.sha256))
    job = training_job(path).model_copy(update={"learned": ("ada", "bea")})
    assert job.occluders
    assert job.occluders.path == str(tmp_path / "hands")
    model = first_model(job, resumes=False)
    weights = model.state_dict()
    [file] = (tmp_path / "packages").rglob("weights.safetensors")
    assert all((weights[name] == value).all() for name, value in load_file(file).items())
    assert any(name.startswith("hear.") for name in weights)


MEGAFS = (
    ("engine: faceshifter", "engine: megafs"),
    (
        f"{{{SIZES}, hear: {{width: 4, halvings: 3}}}}",
        "{resolution: 64, width: 4, code: 8, structure: 4, transfer: {}}",
    ),
)
PASTED = ("occluders: {path: hands, licence: MIT, commercial_use: false, share: 0.5}\n", "")


def test_not_every_second_stage_sees_things_in_front_of_faces(tmp_path: Path) -> None:
    _, card = toy_package(tmp_path / "packages", "megafs")
    with pytest.raises(ManifestError) as refused:
        load_training(written(tmp_path, *MEGAFS))
    [problem] = refused.value.problems
    assert "this stage of 'megafs' takes no occluders" in problem.what
    path = written(tmp_path, *MEGAFS, PASTED)
    path.write_text(path.read_text().replace("0" * 64, card.sha256))
    job = training_job(path).model_copy(update={"learned": ("ada", "bea")})
    assert job.occluders is None
    weights = first_model(job, resumes=False).state_dict()
    [file] = (tmp_path / "packages").rglob("weights.safetensors")
    assert all((weights[name] == value).all() for name, value in load_file(file).items())
    assert any(name.startswith("transfer.") for name in weights)


def test_cut_outs_bind_the_model_and_must_be_there(tmp_path: Path) -> None:
    hands = Occluders(path=str(tmp_path), licence="CC-BY-NC-4.0", commercial_use=False)
    with pytest.raises(LicenceError, match="the licence of 'occluders' excludes commercial use"):
        check_use([occluder_weights(hands)], "commercial")
    check_use([replace(occluder_weights(hands), commercial_use=True)], "commercial")
    [trouble] = occluder_troubles(hands)
    assert (trouble.field, trouble.stops) == ("occluders.path", True)
    assert cv2.imwrite(str(tmp_path / "1.png"), np.zeros((4, 4, 4), np.uint8))
    assert not [*occluder_troubles(hands)]
    assert not [*occluder_troubles(Occluders())]
