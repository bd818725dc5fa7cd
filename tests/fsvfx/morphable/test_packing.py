"""The FaceKit as it is published, packed: the arrays that are read, the same bytes again, and what is no FaceKit."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from toy_facekit import MORE, NAMES, changed, faces, neutral, write_facekit, write_obj

from flows.cli import code_of
from fsvfx import models
from fsvfx.errors import InputError
from fsvfx.models.cards import Catalogue
from fsvfx.morphable import packing
from fsvfx.morphable.ict import is_in_order
from fsvfx.settings import machine

COUNT = len(neutral())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_facekit(tmp_path / "ICT-FaceKit")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Heads of the toy's size are taken, into an empty models folder, which is yielded."""
    monkeypatch.delenv("FSVFX_ICT_MODEL", raising=False)
    monkeypatch.setenv("FSVFX_MODELS", str(tmp_path / "models"))
    whole = packing.packed
    monkeypatch.setattr(packing, "packed", lambda folder: whole(folder, COUNT))
    monkeypatch.setattr(packing, "is_in_order", lambda neutral: True)
    machine.cache_clear()
    yield tmp_path / "models"
    machine.cache_clear()


def test_the_arrays_are_those_that_a_head_is_read_from(folder: Path) -> None:
    with np.load(io.BytesIO(packing.packed(folder, COUNT))) as made:
        head = dict(made)
    assert list(head) == ["neutral", "quads", "uv", "uv_quads", "identity", "expression", "expression_names",
                          "vertex_indices"]  # fmt: skip
    np.testing.assert_array_equal(head["neutral"], neutral().astype(np.float32))
    assert head["identity"].shape == (packing.MODES, COUNT, 3)
    assert [*head["expression_names"]] == [MORE, *NAMES], "in the order of their names, listed or not"
    for name, row, shape in (("identity", 7, 7), ("expression", 1, 41), ("expression", 0, 43)):
        wanted = (changed(shape).astype(np.float32) - neutral().astype(np.float32)).astype(np.float16)
        np.testing.assert_array_equal(head[name][row], wanted)
    np.testing.assert_array_equal(head["quads"][0], [*(np.array(faces()[0]) - 1), -1])
    np.testing.assert_array_equal(head["quads"][1:], np.array(faces()[1:]) - 1)
    np.testing.assert_array_equal(head["uv_quads"], head["quads"])
    assert head["uv"].shape == (COUNT, 2)
    assert json.loads(str(head["vertex_indices"]))["idx_to_landmark_verts"] == [*range(68)]


def test_the_same_shapes_make_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    assert packing.packed(folder, COUNT) == packing.packed(write_facekit(tmp_path / "again"), COUNT)


def test_a_head_is_packed_as_the_known_one_was(shared_models: Path) -> None:
    """Its arrays, written again, are the file of the card: so a FaceKit of the same shapes is that very file."""
    file = shared_models / "ict_facekit_light.npz"
    with np.load(file) as data:
        arrays = dict(data)
    assert is_in_order(arrays["neutral"])
    assert not is_in_order(arrays["neutral"][np.random.default_rng(0).permutation(len(arrays["neutral"]))])
    assert hashlib.sha256(packing.content_of(arrays)).hexdigest() == models.known_head().sha256
    # rows of the published identity000.obj
    published = {37: (-5.53864, 2.76537, 7.71747), 56: (-5.33906, 4.10981, 8.35782), 59: (-5.47841, 4.25515, 8.22825)}
    for row, point in published.items():
        change = np.array(point, np.float32) - arrays["neutral"][row]
        np.testing.assert_array_equal(change.astype(np.float16), arrays["identity"][0, row])


def without_a_vertex(folder: Path) -> None:
    write_obj(folder / "jawOpen.obj", changed(42)[:-1], [])


def with_five_corners(folder: Path) -> None:
    write_obj(folder / "generic_neutral_mesh.obj", neutral(), [[1, 2, 3, 4, 5]])


def torn(folder: Path) -> None:
    (folder / "identity003.obj").write_text("v 1 2 x\n")


def without_uvs(folder: Path) -> None:
    file = folder / "generic_neutral_mesh.obj"
    file.write_text(file.read_text().replace("f 2/2", "f 2"))


WRONG: dict[str, tuple[Callable[[Path], object], str]] = {
    "another size": (without_a_vertex, "jawOpen.obj"),
    "five corners": (with_five_corners, "three or four corners"),
    "no UVs": (without_uvs, "with UVs"),
    "a damaged shape": (torn, "identity003.obj"),
    "a mode is missing": (lambda folder: (folder / "identity017.obj").unlink(), "identity017.obj"),
    "an expression is missing": (lambda folder: (folder / "jawOpen.obj").unlink(), "jawOpen"),
    "no landmarks": (lambda folder: (folder / "vertex_indices.json").write_text("{}"), "vertex_indices.json"),
    "no JSON": (lambda folder: (folder / "vertex_indices.json").write_text("["), "vertex_indices.json"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_facekit_is_refused_with_its_file(folder: Path, name: str) -> None:
    spoil, said = WRONG[name]
    spoil(folder)
    with pytest.raises(InputError) as told:
        packing.packed(folder, COUNT)
    assert said in str(told.value)


def test_another_heads_size_is_refused(folder: Path) -> None:
    with pytest.raises(InputError, match=f"it has {COUNT} vertices, and the head that fsvfx knows has 26719"):
        packing.packed(folder)


def test_a_packed_head_has_its_own_card(folder: Path, small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert not models.present(models.HEAD)
    assert code_of(["models", "add", str(folder.parent)]) == 0
    said = capsys.readouterr().out
    card = models.card(models.HEAD)
    assert card.sha256 in said.replace("\n", "")
    assert (card.version, card.licence, card.commercial_use) == ("packed here", "MIT", True)
    assert card.sha256 != models.known_head().sha256
    assert models.path(models.HEAD) == small / card.file
    assert hashlib.sha256(models.path(models.HEAD).read_bytes()).hexdigest() == card.sha256
    assert code_of(["models", "add", str(folder)]) == 0, "the same again"
    assert code_of(["models", "remove", models.HEAD]) == 0
    assert models.card(models.HEAD) == models.known_head()
    assert [file for file in small.rglob("*") if file.is_file()] == []


def test_a_facekit_is_not_given_a_name(folder: Path, small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert code_of(["models", "add", str(folder), "--name", "mine"]) == 2
    assert "leave out --name" in capsys.readouterr().err.lower()
    assert not models.present(models.HEAD)


def test_a_facekit_in_another_folder_is_told_how_to_be_named(
    folder: Path, small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert code_of(["models", "add", str(folder.parent.parent)]) == 2
    assert "the one with FaceXModel/ in it" in " ".join(capsys.readouterr().err.split())


def test_another_head_is_replaced_only_if_that_is_said(
    folder: Path, small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert code_of(["models", "add", str(folder)]) == 0
    first = models.card(models.HEAD).sha256
    write_obj(folder / "jawOpen.obj", changed(99), [])
    assert code_of(["models", "add", str(folder)]) == 2
    assert "--replace" in capsys.readouterr().err
    assert models.card(models.HEAD).sha256 == first
    assert code_of(["models", "add", str(folder), "--replace"]) == 0
    assert models.card(models.HEAD).sha256 != first


def test_the_known_file_keeps_the_known_card(
    folder: Path, small: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    known = models.known_head().model_copy(update={"sha256": hashlib.sha256(packing.packed(folder)).hexdigest()})
    monkeypatch.setattr(models.catalogue, "catalogue", lambda: Catalogue(archives={}, cards=(known,)))
    assert code_of(["models", "add", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["is_known"]
    assert models.path(models.HEAD) == small / "ict_facekit/ict_facekit_light.npz"


def test_the_machines_own_setting_goes_first(
    folder: Path, small: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A packed head may lie anywhere, with its card beside it."""
    card = packing.add(folder)
    studio = (small / card.file).parent.rename(tmp_path / "studio")
    monkeypatch.setenv("FSVFX_ICT_MODEL", str(studio / "packed.npz"))
    machine.cache_clear()
    assert models.card(models.HEAD) == card
    assert models.path(models.HEAD) == studio / "packed.npz"
    with pytest.raises(InputError, match="FSVFX_ICT_MODEL"):
        packing.add(folder)
