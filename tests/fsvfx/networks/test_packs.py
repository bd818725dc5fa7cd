"""insightface's packs as users have them, offline: added, found by name, run by insightface itself."""

from __future__ import annotations

import socket
from pathlib import Path

import numpy as np
import pytest
import toy_networks
import toy_packs

from fsvfx import models
from fsvfx.errors import InputError, ModelError
from fsvfx.evaluation.judges import judges
from fsvfx.evaluation.told_apart import told_apart
from fsvfx.faces import insightface
from fsvfx.faces.detectors import detector, weights_of
from fsvfx.identity.registry import network
from fsvfx.models import packs
from fsvfx.networks import drafting_identity
from fsvfx.networks.files import inspect
from fsvfx.networks.packs import PackWishes, add_pack, remove_pack
from fsvfx.networks.recognise import recognise
from fsvfx.settings import machine
from schemas.pack import Measured, Spread


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without weights, and without a network."""
    monkeypatch.setenv("FSVFX_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    machine.cache_clear()

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("nothing may reach the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    return tmp_path


def picture() -> np.ndarray:
    """(480, 640, 3): dark, with a bright square of 64 px."""
    rgb = np.random.default_rng(0).integers(0, 40, (480, 640, 3), np.uint8)
    rgb[200:264, 300:364] = 250
    return rgb


def test_a_pack_is_known_by_its_shapes(home: Path) -> None:
    added = add_pack(toy_packs.legacy(home / "buffalo_m"), PackWishes())
    assert [one.task for one in added.card.networks] == ["landmarks_68", "landmarks_106", "detection", "recognition"]
    assert set(added.passed_over) == {"genderage.onnx"}
    assert (added.card.pack, added.card.commercial_use) == ("buffalo_m", False)
    assert models.path("buffalo_m.detection").parent == home / "models/packs/buffalo_m"
    assert {"buffalo_m.recognition", "insightface"} <= set(models.cards())
    with pytest.raises(InputError, match="There is a pack named"):
        add_pack(home / "buffalo_m", PackWishes())


def test_its_detector_is_insightfaces_own_and_finds_faces(home: Path) -> None:
    add_pack(toy_packs.legacy(home / "buffalo_m"), PackWishes())
    assert weights_of("buffalo_m") == ("buffalo_m.detection",)
    found = detector("buffalo_m", 0.3).detect(picture())
    assert len(found) == 1
    box = found.boxes[0]
    assert (box[:2] <= [300, 200]).all()
    assert (box[2:] >= [364, 264]).all()
    shares = (found.keypoints[0] - box[:2]) / (box[2:] - box[:2])
    assert shares == pytest.approx(np.array(toy_packs.FIVE), abs=0.01)
    with pytest.raises(InputError, match="buffalo_m"):
        detector("buffalo_x")


@pytest.mark.parametrize(
    "made",
    [{}, {"numbers": 256}, {"size": 128}, {"batch": 1}, {"inside": True}, {"numbers": 128, "size": 224}],
    ids=lambda made: "_".join(map(str, made)) or "plain",
)
def test_its_vectors_are_those_of_insightface(home: Path, made: dict[str, int]) -> None:
    toy_packs.recognition(home / "own/own_face.onnx", **made)
    add_pack(home / "own", PackWishes(name="mine"))
    one = network("mine")
    size, numbers = made.get("size", 112), made.get("numbers", 512)
    assert (one.dimensions, one.chip.size) == (numbers, size)
    chips = np.random.default_rng(1).integers(0, 256, (3, size, size, 3), np.uint8)
    theirs = insightface.loaded("mine", "recognition")
    wanted = np.concatenate([theirs.get_feat(np.ascontiguousarray(chip[..., ::-1])) for chip in chips])
    assert one.vectors(chips) == pytest.approx(wanted / np.linalg.norm(wanted, axis=1, keepdims=True), abs=1e-5)


@pytest.mark.parametrize("size", [112, 128, 224])
def test_faces_are_cut_where_insightface_cuts_them(home: Path, size: int) -> None:
    from insightface.utils import face_align

    from fsvfx.faces.embedding import chip_matrix
    from fsvfx.identity.arcface import MESH, chip_of

    mesh = np.zeros((468, 3), np.float32)
    turn = np.array([[1.3, 0.4], [-0.4, 1.3]])
    five = np.float32(np.array(face_align.arcface_dst) @ turn.T + [60, 80])
    for vertices, point in zip(MESH, five, strict=True):
        mesh[list(vertices), :2] = point
    assert chip_matrix(mesh, chip_of(size)) == pytest.approx(face_align.estimate_norm(five, size), abs=2e-2)


def test_newer_packs_are_what_their_manifest_says(home: Path) -> None:
    added = add_pack(toy_packs.newer(home / "unpacked"), PackWishes(in_place=True))
    assert (added.card.pack, added.card.model_id, added.card.manifest) == ("raccoon_s", "raccoon_s", "v2")
    assert models.path("raccoon_s.recognition") == home / "unpacked/recognition/model.onnx"
    one = network("raccoon_s")
    chips = np.random.default_rng(3).integers(0, 256, (2, 128, 128, 3), np.uint8)
    theirs = insightface.loaded("raccoon_s", "recognition")
    assert (theirs.input_mean, theirs.input_std) == (100.0, 50.0)
    wanted = theirs.get_feat([np.ascontiguousarray(chip[..., ::-1]) for chip in chips])
    assert one.vectors(chips) == pytest.approx(wanted / np.linalg.norm(wanted, axis=1, keepdims=True), abs=1e-5)
    assert len(detector("raccoon_s", 0.3).detect(picture())) == 1


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"embedding_dimension": 512}, "numbers is 256, not 512"),
        ({"input_size": [112, 112]}, "size is 128, not 112"),
        ({"sha256": "0" * 64}, "not the one that the pack's manifest names"),
        ({"file": "../elsewhere.onnx"}, "escapes the package"),
        ({"file": "detection/model.onnx"}, "distinct files"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(home: Path, said: dict[str, object], why: str) -> None:
    with pytest.raises(InputError, match=why):
        add_pack(toy_packs.newer(home / "unpacked", **said), PackWishes())
    assert not packs.names()


def test_a_file_that_changed_is_refused(home: Path) -> None:
    add_pack(toy_packs.legacy(home / "buffalo_m"), PackWishes(in_place=True))
    toy_packs.recognition(home / "buffalo_m/w600k_r50.onnx", size=128)
    with pytest.raises(ModelError, match="does not match its card"):
        network("buffalo_m").vectors(np.zeros((1, 112, 112, 3), np.uint8))


def test_a_pack_brings_what_fsvfx_knows_by_its_hash(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_pack(toy_packs.legacy(home / "buffalo_m"), PackWishes())
    assert not models.present("arcface")
    sha256 = models.card("buffalo_m.recognition").sha256
    assert models.with_weights("f" * 64, sha256) == "buffalo_m.recognition"
    assert models.with_weights("f" * 64) is None
    known = models.card
    monkeypatch.setattr(
        "fsvfx.models.catalogue.card",
        lambda name: known(name).model_copy(update={"sha256": sha256} if name == "arcface" else {}),
    )
    assert models.path("arcface") == home / "models/packs/buffalo_m/w600k_r50.onnx"


def test_the_threshold_is_the_networks_own_and_part_of_the_key(home: Path) -> None:
    add_pack(toy_packs.legacy(home / "buffalo_m"), PackWishes())
    with pytest.raises(ModelError, match=r"fsvfx models measure buffalo_m"):
        _ = network("buffalo_m").same_person
    assert network("buffalo_m").weights == ("buffalo_m.recognition",)
    packs.keep_measured(measured_of("buffalo_m", models.card("buffalo_m.recognition").sha256))
    assert network("buffalo_m").same_person == 0.93
    assert network("buffalo_m").weights == ("buffalo_m.recognition", "buffalo_m.measured")
    assert models.path("buffalo_m.measured").is_file()


def test_a_swappers_card_has_what_was_measured_of_its_identity_network(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever pack has that very file; where none was measured, that is said."""
    add_pack(toy_packs.legacy(home / "buffalo_m"), PackWishes())
    sha256 = models.card("buffalo_m.recognition").sha256
    monkeypatch.setattr(drafting_identity, "ARCFACE_AGAIN", sha256)
    graph = inspect(toy_networks.echo(home / "inswapper_128.onnx", 128))
    draft = recognise(graph, {})
    assert "same_person" not in draft.said["identity"]["net"]
    assert any("was not measured for its identity network" in why for why in draft.because)
    packs.keep_measured(measured_of("buffalo_m", sha256))
    answers: dict[str, str]
    for answers in ({}, {"net": "buffalo_m"}):
        draft = recognise(graph, answers)
        assert draft.said["identity"]["net"]["same_person"] == 0.93
        assert not any("not measured" in why for why in draft.because)


def measured_of(pack: str, sha256: str) -> Measured:
    spread = Spread(pairs=10, median=0.5, tail=0.7)
    return Measured(
        network=pack,
        sha256=sha256,
        people=20,
        pictures=40,
        same=spread,
        different=spread,
        same_person=0.93,
        right=0.99,
        fsvfx="0",
        measured_at="2026-11-30T00:00:00Z",
    )


def test_thresholds_tell_most_pairs_right() -> None:
    vectors = np.float32([[0], [0.2], [1], [1.3], [3], [3.1]])
    same, different, threshold, right = told_apart(vectors, ["a", "a", "b", "b", "c", "c"])
    assert (same.pairs, different.pairs, right) == (3, 12, 1.0)
    assert 0.3 < threshold < 0.8


def test_it_judges_research_alone(home: Path) -> None:
    add_pack(toy_packs.legacy(home / "buffalo_m"), PackWishes())
    assert "buffalo_m" not in judges()
    assert "buffalo_m" in judges("research")
    own = PackWishes(name="ours", licence="our own", commercial_use=True)
    add_pack(toy_packs.recognition(home / "ours.onnx", numbers=128), own)
    assert "ours" in judges()


@pytest.mark.parametrize(("task", "count"), [("landmarks_106", 106), ("landmarks_68", 68)])
def test_landmarks_are_where_insightface_puts_them(home: Path, task: insightface.Task, count: int) -> None:
    add_pack(toy_packs.legacy(home / "buffalo_m"), PackWishes())
    box = np.float32([100, 100, 200, 180])
    five = insightface.five_points("buffalo_m", task, picture(), box)
    groups = insightface.FIVE_OF_106 if count == 106 else insightface.FIVE_OF_68
    square = toy_packs.circle(count)[:, :2] * (100 * 1.5 / 2) + [150, 140]
    wanted = np.stack([square[list(group)].mean(axis=0) for group in groups])
    assert five == pytest.approx(wanted, abs=0.5)


def test_removing_leaves_files_that_stayed_in_place(home: Path) -> None:
    add_pack(toy_packs.legacy(home / "buffalo_m"), PackWishes(in_place=True))
    remove_pack("buffalo_m")
    assert not packs.names()
    assert (home / "buffalo_m/w600k_r50.onnx").is_file()
    with pytest.raises(InputError, match="No pack named"):
        remove_pack("buffalo_m")


def test_what_is_no_pack_is_told(home: Path) -> None:
    toy_packs.detection(home / "odd/det.onnx", keypoints=False)
    with pytest.raises(InputError, match="a detector without key points"):
        add_pack(home / "odd", PackWishes())
    with pytest.raises(InputError, match="is the name of one of fsvfx's own"):
        add_pack(toy_packs.recognition(home / "dlib.onnx"), PackWishes())
