"""Users' own swappers under their cards: every row of the tables, by small networks of exactly those interfaces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import toy_networks
import toy_swappers
from swaps import nobody, swapped
from toy_swappers import ROWS, Row, engine

from fsvfx import models
from fsvfx.engines.contract import FaceBatch, Identity, SwapBatch
from fsvfx.engines.onnx_swapper import weighted
from fsvfx.errors import InputError, ModelError
from fsvfx.identity import registry
from fsvfx.networks import session, vectors
from fsvfx.networks.pictures import cut_faces
from schemas.network_pictures import Cut, Template

Made = Callable[..., Any]
SIZE = 256
EMAP = {"initializer": "buff2fs", "shape": [512, 512], "unit_after": True}


@pytest.fixture(autouse=True)
def _arcface(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A network of ArcFace's interface in place of this machine's."""
    file = toy_swappers.arcface(tmp_path / "models")
    card = models.card("arcface").model_copy(update={"sha256": toy_networks.ARCFACE})
    monkeypatch.setattr(vectors, "machine_arcface", lambda: (file, card.sha256))
    real = session.sha256_of
    monkeypatch.setattr(session, "sha256_of", lambda path: toy_networks.ARCFACE if path == file else real(path))


@pytest.fixture
def faces(mesh: Made, picture: Made, batch: Made) -> FaceBatch:
    meshes = [mesh(SIZE), mesh(SIZE, yaw=20, shift=(3, -2)), mesh(SIZE, pitch=10)]
    made: FaceBatch = batch([picture(SIZE, seed) for seed in range(3)], meshes)
    return made


@pytest.fixture
def lead(mesh: Made, picture: Made, identity: Made) -> Identity:
    made: Identity = identity([picture(SIZE, seed) for seed in (7, 8)], [mesh(SIZE), mesh(SIZE, yaw=5)])
    return made


def psnr(one: np.ndarray, other: np.ndarray, where: np.ndarray | None = None) -> float:
    squares = np.square(one.astype(np.float64) - other)
    mean = squares.mean() if where is None else float((squares * where).sum() / (where.sum() * 3))
    return float(-10 * np.log10(max(mean, 1e-12)))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_network_that_changes_nothing_gives_the_plate_back(
    row: Row, tmp_path: Path, faces: FaceBatch, lead: Identity
) -> None:
    """Through cut, range, layout, network and the way back, whatever its interface: at least 52 dB under the matte."""
    one = engine(tmp_path, toy_swappers.made(row, tmp_path))
    swap = swapped(one, faces, lead)
    assert swap.crops.dtype == swap.matte.dtype == np.float32
    assert swap.crops.shape == faces.crops.shape
    assert swap.matte[:, SIZE // 2, SIZE // 2].min() > 0.95
    assert psnr(swap.crops, faces.crops, swap.matte[..., None]) > 52
    assert one.figures(one.prepare(lead, SIZE))["provider"] == "cpu"


@pytest.mark.parametrize("row", [row for row in ROWS if not row.picture], ids=lambda row: row.name)
def test_who_goes_in_comes_as_the_card_says(row: Row, tmp_path: Path, faces: FaceBatch, lead: Identity) -> None:
    """The network's colour is the vector's first numbers: they are those that the literature's formula gives."""
    one = engine(tmp_path, toy_swappers.made(row, tmp_path, share=1.0))
    prepared = one.prepare(lead, SIZE)
    taken = added(lead) if row.adapter else chips(lead)
    unit = taken / np.linalg.norm(taken, axis=1, keepdims=True)
    mean = unit.mean(axis=0)
    mean /= np.linalg.norm(mean)
    if row.identity["length"] == "raw":
        mean *= np.linalg.norm(taken, axis=1).mean()
    wanted = mean
    if said := row.identity.get("map"):
        wanted = mean @ toy_swappers.emap()
        wanted = wanted / np.linalg.norm(wanted) if said["unit_after"] else wanted
    if row.converter:
        wanted = mean[::-1] * 2
        wanted = wanted if row.name.startswith("ghost") else wanted / np.linalg.norm(wanted)
    ready = one._source(faces, prepared)
    assert ready.shape == (1, 512)
    assert np.abs(ready[0] - wanted).max() < 2e-3 * np.abs(wanted).max()


def chips(identity: Identity, template: Template = "arcface_112_v2", step: int = 73) -> np.ndarray:
    """What the toy ArcFace says of the pictures: (m, 512), raw."""
    cut = cut_faces(identity.crops, identity.landmarks, Cut(template=template), 112)
    flat = (cut.pictures.transpose(0, 3, 1, 2) * 2 - 1).reshape(len(cut), -1)
    return flat[:, np.arange(512) * step].astype(np.float64)


def added(identity: Identity) -> np.ndarray:
    """CSCS: unit vectors of its own ArcFace and of its adapter, added; as long as that makes them."""
    both = (chips(identity, "ffhq_512"), chips(identity, "ffhq_512", toy_swappers.ADAPTERS))
    return np.sum([each / np.linalg.norm(each, axis=1, keepdims=True) for each in both], axis=0)


def by_name(name: str) -> Row:
    return next(row for row in ROWS if row.name == name)


def test_an_emap_is_found_by_name_and_shape_wherever_it_stands(tmp_path: Path) -> None:
    """Other tools take the last initialiser: here that is a scalar, and another one after the order has changed."""
    card = toy_swappers.made(by_name("inswapper_128"), tmp_path)
    said = card.identity.map  # type: ignore[union-attr]
    first = vectors.matrix_in(tmp_path / "inswapper_128.onnx", said)
    (tmp_path / "again").mkdir()
    other = tmp_path / "again" / "inswapper_128.onnx"
    other.write_bytes((tmp_path / "inswapper_128.onnx").read_bytes())
    toy_swappers.reordered(other)
    assert np.array_equal(first, toy_swappers.emap())
    assert np.array_equal(vectors.matrix_in(other, said), first)
    with pytest.raises(ModelError, match=r"has no initializer 'emap'; with that shape it has buff2fs"):
        vectors.matrix_in(other, said.model_copy(update={"initializer": "emap"}))
    with pytest.raises(ModelError, match=r"has 'buff2fs' as \(512, 512\), not as \(512, 256\)"):
        vectors.matrix_in(other, said.model_copy(update={"shape": (512, 256)}))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"target": {"input": "targt"}}, "has no input 'targt': its inputs are target, source"),
        ({"target": {"size": 256}}, "has the input 'target' as 1x3x128x128, and the card says anyx3x256x256"),
        ({"target": {"layout": "nhwc"}}, "the card says anyx128x128x3"),
        ({"output": {"name": "out"}}, "has no output 'out': its outputs are output"),
        ({"masks": [{"name": "mask", "of": "swap"}]}, "has no output 'mask'"),
        ({"constants": {"morph": 1}}, "has no input 'morph'"),
        ({"identity": {"map": {**EMAP, "initializer": "emap"}}}, "no initializer 'emap'"),
        ({"identity": {"map": {**EMAP, "shape": [256, 512]}}}, "not as"),
        ({"identity": {"input": "src"}}, "has no input 'src'"),
        ({"identity": {"net": {"sha256": "b" * 64}}}, "needs vectors of the ArcFace whose sha256 is bbbb"),
    ],
)
def test_a_card_that_says_it_wrongly_is_refused(
    change: dict[str, Any], why: str, tmp_path: Path, faces: FaceBatch, lead: Identity
) -> None:
    card = toy_swappers.made(by_name("inswapper_128"), tmp_path)
    said = card.model_dump(mode="json", exclude_none=True)
    for name, values in change.items():
        said[name] = {**said[name], **values} if isinstance(values, dict) and name != "constants" else values
    wrong = type(card).model_validate(said)
    with pytest.raises(ModelError, match=why):
        swapped(engine(tmp_path, wrong), faces, lead)


@pytest.mark.parametrize("change", [{"mean": 0.5, "std": 0.5}, {"cut": {"template": "ffhq_512"}}], ids=["mean", "cut"])
def test_what_only_pictures_tell_shows_in_them(
    change: dict[str, Any], tmp_path: Path, faces: FaceBatch, lead: Identity
) -> None:
    """A network that darkens all but the middle of its picture: with a wrong mean or template it lies elsewhere."""
    row = by_name("hyperswap_256")
    card = toy_swappers.made(replace(row, mask=""), tmp_path, share=0.3)
    said = card.model_dump(mode="json", exclude_none=True)
    said["target"] |= change if "cut" in change else {"mean": 0.0, "std": 1.0}
    wrong = type(card).model_validate(said)
    right = swapped(engine(tmp_path, card), faces, lead)
    found = swapped(engine(tmp_path, wrong), faces, lead)
    if "cut" in change:
        assert found.matte.sum() > right.matte.sum()
    else:
        assert psnr(found.crops, right.crops) < 30


@pytest.mark.parametrize("boost", [2, 3, 4])
def test_a_boosted_network_sees_more_and_leaves_no_pattern(
    boost: int, tmp_path: Path, faces: FaceBatch, lead: Identity
) -> None:
    one = engine(tmp_path, toy_swappers.made(by_name("unknown_64"), tmp_path), boost=boost)
    swap = swapped(one, faces, lead)
    plain = swapped(engine(tmp_path, toy_swappers.made(by_name("unknown_64"), tmp_path)), faces, lead)
    where = swap.matte[..., None]
    assert psnr(swap.crops, faces.crops, where) > psnr(plain.crops, faces.crops, where)
    assert swap.faults["boost_pattern"].shape == (3,)
    assert 0 < swap.faults["boost_pattern"].max() < 2e-3
    assert not plain.faults


def test_batches_change_nothing(tmp_path: Path, faces: FaceBatch, lead: Identity) -> None:
    for name in ("inswapper_128", "reswapper_128"):
        one = engine(tmp_path / name, toy_swappers.made(by_name(name), tmp_path / name, share=0.2), likeness=0.8)
        whole = swapped(one, faces, lead)
        alone = [swapped(one, part(faces, row), lead) for row in range(3)]
        assert np.array_equal(whole.crops, np.concatenate([each.crops for each in alone]))
        assert np.array_equal(whole.matte, np.concatenate([each.matte for each in alone]))


def part(faces: FaceBatch, row: int) -> FaceBatch:
    some = slice(row, row + 1)
    return FaceBatch(faces.crops[some], faces.landmarks[some], faces.frames[some])


def test_several_pictures_are_averaged_and_told(tmp_path: Path, lead: Identity) -> None:
    one = engine(tmp_path, toy_swappers.made(by_name("inswapper_128"), tmp_path))
    prepared = one.prepare(lead, SIZE)
    told = {"identity_pictures": 2, "identity_left_out": 0, "identity_threshold": "not measured"}
    assert one.figures(prepared) == {"provider": "cpu", **told}
    assert np.linalg.norm(prepared.value) == pytest.approx(1, abs=1e-5)
    with pytest.raises(InputError, match="no usable reference pictures"):
        one.prepare(nobody(), SIZE)


def test_references_are_left_out_by_the_measured_threshold_alone(tmp_path: Path, lead: Identity) -> None:
    """Both of the toy's pictures are far from each other: only a threshold that was measured says so."""
    said = toy_swappers.made(by_name("inswapper_128"), tmp_path).model_dump(mode="json", exclude_none=True)
    said["identity"]["net"]["same_person"] = 0.01
    one = engine(tmp_path, type(toy_swappers.made(by_name("inswapper_128"), tmp_path)).model_validate(said))
    assert one.figures(one.prepare(lead, SIZE)) == {"provider": "cpu", "identity_pictures": 1, "identity_left_out": 1}


def test_likeness_moves_vectors_by_the_published_formulas(tmp_path: Path, faces: FaceBatch, lead: Identity) -> None:
    v, t = np.array([[1.0, 0.0]], np.float32), np.array([[0.0, 1.0], [1.0, 0.0]], np.float32)
    assert np.allclose(weighted(v, t, 0.5, 0), [[1, 0], [1, 0]])
    assert np.allclose(weighted(v, t, 1, 0), v * 1.35 - t * 0.35)
    assert np.allclose(weighted(v, t, 0, 0), v * 0.65 + t * 0.35)
    assert np.allclose(weighted(v, t, 0.5, 0.4), v - 0.4 * t)
    centre = np.array([0.3, 0.2], np.float32)
    assert np.allclose(weighted(v + centre, t + centre, 0.8, 0.4, centre), weighted(v, t, 0.8, 0.4) + centre)
    card = toy_swappers.made(by_name("inswapper_128"), tmp_path, share=0.5)
    plain, more = (swapped(engine(tmp_path, card, likeness=w), faces, lead).crops for w in (0.5, 1.0))
    assert np.abs(plain - more).max() > 1e-3


def test_a_network_that_takes_a_picture_has_no_likeness(tmp_path: Path, faces: FaceBatch, lead: Identity) -> None:
    card = toy_swappers.made(by_name("blendswap_256"), tmp_path)
    with pytest.raises(InputError, match="likeness has no effect") as caught:
        swapped(engine(tmp_path, card, likeness=0.7), faces, lead)
    assert caught.value.where.field == "settings.likeness"


def test_a_learned_mask_is_a_matte_and_what_is_blended_is_taken_apart(
    tmp_path: Path, faces: FaceBatch, lead: Identity
) -> None:
    """hyperswap gives ``swap * mask + target * (1 - mask)``: laid over the plate by that mask again it must be as
    strong, not fainter."""
    card = toy_swappers.made(by_name("hyperswap_256"), tmp_path)
    one = engine(tmp_path, card, matte="learned")
    swap = swapped(one, faces, lead)
    hull = swapped(engine(tmp_path, card, matte="mesh"), faces, lead).matte
    cut = cut_faces(faces.crops, faces.landmarks, card.target.cut, 256)  # type: ignore[union-attr]
    inside = swap.matte > 0.99
    assert 0.2 < inside.mean() < 0.8
    assert np.abs(swap.matte - hull).max() > 0.9, "a disc, not the mesh"
    assert len(cut) == 3


def test_the_plate_goes_on_where_the_networks_picture_ends(tmp_path: Path, faces: FaceBatch, lead: Identity) -> None:
    """No seam at the border of its square, whatever it does to colours."""
    one = engine(tmp_path, toy_swappers.made(by_name("unknown_64"), tmp_path, share=0.5), boost=2)
    swap: SwapBatch = swapped(one, faces, lead)
    changed = np.abs(swap.crops - faces.crops).max(axis=-1)
    assert changed[0].max() > 0.1
    assert changed[:, -3:].max() < 1e-6, "ArcFace's square ends above the bottom of the crop"
    steps = np.abs(np.diff((swap.crops - faces.crops).mean(axis=-1), axis=1)).max()
    assert steps < 0.12, "it fades over several pixels"


def test_wide_pictures_are_used_where_the_cut_reaches_beyond_the_crop(
    tmp_path: Path, mesh: Made, picture: Made, lead: Identity
) -> None:
    wide = picture(SIZE + 80)
    crop = wide[40:-40, 40:-40]
    given = {"crops": crop[None], "landmarks": mesh(SIZE)[None], "frames": (1,)}
    one = engine(tmp_path, toy_swappers.made(by_name("uniface_256"), tmp_path))
    seen: list[Any] = []
    run = one.network.session.run

    def spying(feeds: Any, wanted: Any) -> Any:
        seen.append(feeds["target"])
        return run(feeds, wanted)

    one.network.session.run = spying  # type: ignore[method-assign]
    swapped(one, FaceBatch(**given, wide=wide[None]), lead)
    swapped(one, FaceBatch(**given), lead)
    shown, mirrored = seen
    assert np.abs(shown - mirrored)[..., 40:, 16:-16].max() < 0.02
    assert np.abs(shown - mirrored)[..., :20, :].max() > 0.05, "above the crop it sees the plate, not a mirror"


def test_nobody_has_measured_the_machines_arcface() -> None:
    assert registry.network("arcface").dimensions == 512
    with pytest.raises(ModelError, match="not known at which distance 'arcface'") as caught:
        _ = registry.network("arcface").same_person
    assert "name the pack instead" in caught.value.hint
