"""One frame from Python: what ``swap`` makes is what a shot delivers, and only with the consent that a shot needs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import OpenEXR
import pytest
import yaml

from fsvfx import models, runner
from fsvfx.api.frames import Identity, Performer, detect, swap
from fsvfx.colour import DEFAULT_CONFIG, convert
from fsvfx.demo import shot as demo
from fsvfx.errors import InputError, ModelError, RightsError
from fsvfx.manifests import jobs
from schemas.consent import ConsentRecord
from schemas.receipts import Receipt

pytestmark = pytest.mark.slow
Pictures = list[np.ndarray]


def record(person: str, **changes: Any) -> dict[str, Any]:
    scope = {
        "production": "harbour",
        "shots": ["*"],
        "uses": ["face_replacement"],
        "description": "A made-up record for a made-up face, which stands for no agreement at all.",
        "valid_from": "2020-01-01",
    }
    return {
        "schema_version": 1,
        "record_id": f"made-{person}",
        "person": person,
        "subject": {"legal_name": f"{person}, who is made up"},
        "replica_kind": "background",
        "roles": ["target_performer", "source_identity"],
        "scope": scope,
        "document": {"sha256": "0" * 64},
        "revocation": {"status": "none", "checked_at": datetime.now(UTC).isoformat(), "checked_by": "a test"},
        "is_test_record": True,
        **changes,
    }


def loaded(person: str, **changes: Any) -> ConsentRecord:
    return ConsentRecord.model_validate_json(json.dumps(record(person, **changes)))


CONSENT = ("sitter", "nobody")


@pytest.fixture(scope="module")
def sitter() -> np.ndarray:
    try:
        models.pull()
    except ModelError as error:
        pytest.skip(f"no weights here, and none to be had: {error}")
    return np.asarray(cv2.resize(demo.portrait(), None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA))


@pytest.fixture(scope="module")
def nobody() -> Pictures:
    portrait = demo.portrait()
    return [view for view, _ in demo.nobody(portrait, demo.mesh_of(portrait))][::4]


@pytest.fixture(scope="module")
def swapped(sitter: np.ndarray, nobody: Pictures) -> Any:
    return swap(sitter, performer="sitter", identity=Identity("nobody", nobody), consent=list(map(loaded, CONSENT)))


def test_the_comp_is_what_a_shot_of_the_frame_delivers(
    swapped: Any, sitter: np.ndarray, nobody: Pictures, tmp_path: Path
) -> None:
    write(tmp_path / "plate.1001.png", sitter)
    for index, view in enumerate(nobody):
        write(tmp_path / f"refs.{index}.png", view)
    for person in CONSENT:
        (tmp_path / f"{person}.yaml").write_text(yaml.safe_dump(record(person)))
    (tmp_path / "shot.yaml").write_text(MANIFEST)
    run_shot(tmp_path / "shot.yaml")
    delivered = cv2.imread(str(tmp_path / "out.1001.png"))[..., ::-1]
    assert np.array_equal(swapped.comp, delivered)
    matte = OpenEXR.File(str(tmp_path / "out.1001.exr")).channels()["matte.A"].pixels
    assert np.array_equal(swapped.matte, matte.astype(np.float32))


def test_outside_the_matte_the_frame_is_as_it_was(swapped: Any, sitter: np.ndarray) -> None:
    assert swapped.comp.dtype == np.uint8
    assert 0.02 < (swapped.matte > 0).mean() < 0.9
    assert np.array_equal(swapped.comp[swapped.matte == 0], sitter[swapped.matte == 0])
    assert not np.array_equal(swapped.comp, sitter)


def test_saved_files_and_shown_pictures_say_that_they_are_altered(swapped: Any, tmp_path: Path) -> None:
    [exr] = swapped.save(tmp_path / "frame.exr")
    header = OpenEXR.File(str(exr)).header()
    assert header["fsvfx/altered"].startswith("yes")
    assert header["fsvfx/statement"] == swapped.statement
    assert header["fsvfx/rights"]
    [png] = swapped.save(tmp_path / "frame.png")
    assert np.array_equal(cv2.imread(str(png))[..., ::-1], swapped.comp)
    assert swapped.statement.encode() in png.read_bytes()
    assert swapped.statement.encode() in swapped._repr_png_()
    assert swapped.statement in swapped._repr_html_()


def test_a_file_that_is_there_stays(swapped: Any, tmp_path: Path) -> None:
    (tmp_path / "frame.png").write_bytes(b"somebody's")
    with pytest.raises(InputError):
        swapped.save(tmp_path / "frame.png")
    assert (tmp_path / "frame.png").read_bytes() == b"somebody's"
    with pytest.raises(InputError, match="not a kind of picture"):
        swapped.save(tmp_path / "frame.jpg")


REFUSED = {
    "no records": (
        [],
        ("sitter (performer): there is no consent record", "nobody (identity): there is no consent record"),
    ),
    "one record": ([record("sitter")], ("nobody (identity): there is no consent record",)),
    "another role": (
        [record("sitter", roles=["source_identity"]), record("nobody")],
        ("does not cover the role target_performer",),
    ),
    "revoked": (
        [record("nobody", revocation={"status": "revoked", "checked_at": "2020-01-01T00:00:00Z"}), record("sitter")],
        ("is revoked",),
    ),
    "two of one person": ([record("sitter"), record("sitter"), record("nobody")], ("two records of sitter",)),
}


@pytest.mark.parametrize("case", REFUSED)
def test_nothing_is_swapped_without_consent(case: str) -> None:
    records, reasons = REFUSED[case]
    consent = [loaded(one.pop("person"), **one) for one in map(dict, records)]
    with pytest.raises(RightsError) as refused:
        swap(np.zeros((64, 64, 3), np.uint8), performer="sitter", identity=Identity("nobody"), consent=consent)
    assert all(any(reason in one for one in refused.value.reasons) for reason in reasons)


def test_another_shot_than_the_consented_ones_is_refused() -> None:
    scope = {**record("sitter")["scope"], "shots": ["sq010_*"]}
    consent = [loaded(person, scope=scope) for person in CONSENT]
    with pytest.raises(RightsError, match="shot frame is not among the consented shots"):
        swap(np.zeros((64, 64, 3), np.uint8), performer="sitter", identity=Identity("nobody"), consent=consent)


def test_a_record_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RightsError, match=r"lost\.yaml"):
        swap(
            np.zeros((64, 64, 3), np.uint8),
            performer="sitter",
            identity=Identity("nobody"),
            consent=[tmp_path / "lost.yaml"],
        )


def test_the_face_of_that_number_is_replaced_in_scene_linear_light(sitter: np.ndarray, nobody: Pictures) -> None:
    """Two faces, the second larger: it is number 1."""
    small = cv2.resize(sitter, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
    frame = np.zeros((sitter.shape[0], small.shape[1] + sitter.shape[1], 3), np.uint8)
    frame[: small.shape[0], : small.shape[1]], frame[:, small.shape[1] :] = small, sitter
    found = detect(frame)
    assert [face.number for face in found] == [1, 2]
    assert found[0].box[0] > small.shape[1] > found[1].box[2]
    assert np.isfinite(found[0].embedding).all()
    assert found._repr_png_().startswith(b"\x89PNG")
    assert "2: " in found._repr_html_()
    linear = convert(frame.astype(np.float32) / 255, "sRGB", "ACEScg", DEFAULT_CONFIG)
    result = swap(
        linear,
        performer=Performer("sitter", face=2),
        identity=Identity("nobody", nobody),
        consent=list(map(loaded, CONSENT)),
        color_space="ACEScg",
        composite={"mode": "overlay", "occlusion": "none"},
    )
    assert result.comp.dtype == np.float32
    inside = np.flatnonzero((result.matte > 0).any(axis=0))
    assert inside.max() < small.shape[1]
    outside = result.matte == 0
    assert np.array_equal(result.comp[outside], linear.astype(np.float16).astype(np.float32)[outside])


def test_a_batch_keeps_its_numbers(sitter: np.ndarray) -> None:
    batch = detect(np.stack([sitter, sitter]))
    assert [[face.number for face in faces] for faces in batch] == [[1], [1]]
    assert str(detect(np.zeros_like(sitter))) == "no faces"


WRONG: dict[str, tuple[Any, str]] = {
    "grey": (np.zeros((8, 8), np.uint8), "is not a picture"),
    "integers": (np.zeros((8, 8, 3), np.int64), "can't be read"),
    "sizes": ([np.zeros((8, 8, 3), np.uint8), np.zeros((9, 8, 3), np.uint8)], "differ"),
    "none": ([], "differ"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_frame_is_refused_in_words(case: str) -> None:
    frame, why = WRONG[case]
    with pytest.raises(InputError, match=why):
        detect(frame)


def test_a_wrong_argument_is_named() -> None:
    with pytest.raises(InputError, match="min_score"):
        detect(np.zeros((8, 8, 3), np.uint8), faces={"min_score": 7})


MANIFEST = """\
schema_version: 1
production: harbour
people:
  nobody: {references: ["refs.*.png"], consent: nobody.yaml}
  sitter: {consent: sitter.yaml}
shots:
  - name: frame
    plate: {path: plate.####.png, frames: 1001-1001, color_space: sRGB}
    replace: [{performer: sitter, identity: nobody, engine: landmark_warp}]
deliver:
  - {kind: frames, path: out.####.png, depth: 8}
  - {kind: exr, path: out.####.exr}
store: work/
"""


def run_shot(manifest: Path) -> None:
    [job] = jobs(manifest)
    receipts: list[Receipt] = []
    for stage, unit in runner.Graph.of(job):
        if stage != "measure" and not (stage == "deliver" and unit.chunk is None):
            receipts.append(runner.run_unit(job, stage, unit, receipts))


def write(path: Path, picture: np.ndarray) -> None:
    assert cv2.imwrite(str(path), picture[..., ::-1])
