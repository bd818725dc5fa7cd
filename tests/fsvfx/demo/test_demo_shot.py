"""The demo's folder is a shot like any other, and its identity is another face than the sitter's."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from fsvfx.demo import make
from fsvfx.demo.puppet import Pose, morph, perform
from fsvfx.faces import embedding
from fsvfx.faces.search import FaceFinder
from fsvfx.identity.contract import distance
from fsvfx.manifests import jobs
from fsvfx.media import open_plate
from fsvfx.rights import clear


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("demo"))


def test_the_manifest_is_valid_and_its_rights_are_clear(manifest: Path) -> None:
    (job,) = jobs(manifest)
    decision = clear(job)
    assert decision.allow
    assert set(decision.test_records) == set(decision.records), "the demo's records must say that they are that"


def test_the_plate_has_the_frames_it_declares(manifest: Path) -> None:
    (job,) = jobs(manifest)
    info = open_plate(job).info
    assert (info.first, info.last) == (1001, 1072)
    assert info.frame_rate == 24


def test_nobody_is_not_the_sitter(manifest: Path) -> None:
    (job,) = jobs(manifest)
    plate = next(iter(open_plate(job).pictures([1072])))
    other = cv2.cvtColor(cv2.imread(str(manifest.parent / "refs/nobody.05.png")), cv2.COLOR_BGR2RGB)
    finder = FaceFinder()
    one, two = (embedding.embeddings(rgb, finder.find(rgb).landmarks)[0] for rgb in (plate, other))
    assert float(distance(one, two)) > 0.3


def test_a_mesh_at_rest_moves_no_pixel() -> None:
    rng = np.random.default_rng(0)
    mesh = np.concatenate([rng.uniform(30, 90, (468, 2)), np.zeros((468, 1))], 1).astype(np.float32)
    picture = rng.integers(0, 255, (120, 120, 3), np.uint8)
    still = perform(mesh, Pose())
    assert np.array_equal(morph(picture, mesh[:, :2], still[:, :2]), picture)
