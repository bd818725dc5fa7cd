"""Facesets out of real footage, through the stages, in process."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from fsvfx.errors import InputError
from fsvfx.facesets import VIEWS, Faceset, Footage, build, footage_of, merged, open_faceset, store_of, view
from fsvfx.manifests import jobs
from fsvfx.runner import dag, run_unit
from fsvfx.store import ShotStore, open_store
from fsvfx.training.data import Sampler, plain
from schemas.augmentation import Augmentation
from schemas.faceset import FacesetSettings
from schemas.frames import FrameRange
from schemas.receipts import Receipt, Unit

pytestmark = pytest.mark.slow

_MANIFEST = """\
schema_version: 1
production: faces
people:
  lead: {references: [still.png], consent: lead.yaml}
  double: {consent: double.yaml}
shots:
  - name: talk
    plate: {path: franck.mp4, frames: 1001-1048, color_space: sRGB}
    replace: [{performer: double, identity: lead, engine: landmark_warp}]
store: work/
"""
SETTINGS = FacesetSettings(size=96, held_out=0.2, stretch=8, gap=4)


@pytest.fixture(scope="module")
def footage(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Footage:
    folder = tmp_path_factory.mktemp("faces")
    shutil.copy(clips / "franck.mp4", folder)
    still, picture = cv2.VideoCapture(str(clips / "franck.mp4")).read()
    assert still
    assert cv2.imwrite(str(folder / "still.png"), picture)
    (folder / "talk.yaml").write_text(_MANIFEST)
    (job,) = jobs(folder / "talk.yaml", store="memory://facesets")
    done: dict[tuple[str, Unit], Receipt] = {}
    for stage in ("references", "ingest", "detect", "track", "align"):
        for unit in dag.units_of(stage, job):
            done[stage, unit] = run_unit(job, stage, unit, [done[one] for one in dag.inputs_of(stage, unit, job)])
    return footage_of("talk", job, open_store(job), list(done.values()))


@pytest.fixture(scope="module")
def store() -> ShotStore:
    return store_of("memory://facesets", "faces")


@pytest.fixture(scope="module")
def faceset(footage: Footage, store: ShotStore) -> Faceset:
    return open_faceset(store, build("double", [footage], SETTINGS, store))


def test_faces_are_upright_sharp_and_told_apart(faceset: Faceset) -> None:
    count = len(faceset)
    held = faceset.frame[faceset.held_out]
    trained = faceset.frame[~faceset.held_out]
    assert len(held) == 10
    assert len(held) < count < 48
    assert np.abs(held[:, None] - trained[None]).min() > 4
    assert (np.diff(faceset.frame) > 0).all()
    assert (faceset.crops[0].shape, faceset.crops[0].dtype) == ((96, 96, 3), np.float16)
    assert np.abs(faceset.pose).max() < 25
    inside = np.asarray(faceset.mask[0]) > 127
    assert 0.2 < inside.mean() < 0.6
    face, around = (np.asarray(faceset.crops[0], np.float32)[which].mean(axis=0) for which in (inside, ~inside))
    assert face[0] > face[2]  # skin
    assert around[2] > around[0]  # before a blue backdrop
    assert faceset.source(0) == ("talk", int(faceset.frame[0]))


def test_the_same_is_not_built_again_and_other_settings_are(footage: Footage, store: ShotStore) -> None:
    first = build("double", [footage], SETTINGS, store)
    assert build("double", [footage], SETTINGS, store).attempt == first.attempt
    unrelated = SETTINGS.model_copy(update={"exclude": {"walk": FrameRange.span(1, 5)}})
    assert build("double", [footage], unrelated, store).attempt == first.attempt
    without = SETTINGS.model_copy(update={"exclude": {"talk": FrameRange.span(1001, 1020)}})
    second = build("double", [footage], without, store)
    assert second.digest != first.digest
    assert second.qc["excluded"] == 20
    assert open_faceset(store, second).frame.min() > 1020


def test_nothing_to_train_on_says_why(footage: Footage, store: ShotStore) -> None:
    nothing = SETTINGS.model_copy(update={"exclude": {"talk": FrameRange.span(1001, 1048)}})
    with pytest.raises(InputError, match="48 excluded"):
        build("double", [footage], nothing, store)


def test_merged_facesets_have_all_faces_and_one_digest(faceset: Faceset) -> None:
    both = merged([faceset, faceset])
    assert len(both) == 2 * len(faceset)
    last = len(both) - 1
    assert np.array_equal(both.crops[last], faceset.crops[len(faceset) - 1])
    assert both.source(last) == faceset.source(len(faceset) - 1)
    assert both.digest != faceset.digest
    other = Faceset(**{**vars(faceset), "person": "lead"})
    with pytest.raises(InputError, match="merge"):
        merged([faceset, other])


def test_views_show_faces_in_every_row(faceset: Faceset) -> None:
    for name in VIEWS:
        rows = VIEWS[name](faceset)
        assert rows
        assert all(row.thumbs and np.stack(row.thumbs).std() > 20 for row in rows)
        assert view(faceset, name).ndim == 3
    assert sum(row.number for row in VIEWS["left out"](faceset)) == 48 - len(faceset)


def test_batches_of_it_are_faces(faceset: Faceset) -> None:
    with Sampler({"double": faceset, "lead": faceset}, 64, 4, Augmentation(), "cpu", 0) as sampler:
        side = next(sampler)["double"]
    shown = plain(faceset, range(4), 64, "cpu")
    assert side.target.shape == shown.target.shape == (4, 3, 64, 64)
    assert (side.warped - side.target).abs().mean() > 0.005
    skin = (shown.target * shown.mask).sum((0, 2, 3)) / shown.mask.sum()
    assert skin[0] > skin[2]
