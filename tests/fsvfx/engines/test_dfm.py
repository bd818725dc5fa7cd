"""Engine dfm: networks of DeepFaceLab's interface, of every face type, with and without morph."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import toy_dfm
from pydantic import ValidationError
from swaps import nobody, swapped
from toy_dfm import engine

from fsvfx.engines.contract import FaceBatch
from fsvfx.errors import InputError, ModelError
from fsvfx.faces.geometry import apply, inverse, margin_of
from fsvfx.networks.cuts import cut_matrix
from schemas.network_pictures import Cut

Made = Callable[..., Any]
SIZE = 256
LEAD = nobody("lead")
MORPH = "morph_value:0"
KINDS: list[tuple[Any, int, bool]] = [
    ("half", 128, False),
    ("mid", 160, True),
    ("full", 192, False),
    ("whole_face", 224, True),
    ("whole_face", 320, False),
    ("head", 320, False),
    ({"facemesh": {}}, 224, False),
    ({"aligned": True}, 256, False),
]


@pytest.fixture
def faces(mesh: Made, picture: Made) -> FaceBatch:
    """With as much around as a head's cut wants."""
    margin = margin_of(SIZE, 2.0)
    wide = np.stack([picture(SIZE + 2 * margin, seed) for seed in range(3)])
    meshes = np.stack([mesh(SIZE), mesh(SIZE, yaw=20, shift=(3, -2)), mesh(SIZE, pitch=10)])
    crops = np.ascontiguousarray(wide[:, margin:-margin, margin:-margin])
    return FaceBatch(crops, meshes, (1001, 1002, 1003), wide=wide)


def psnr(one: np.ndarray, other: np.ndarray, where: np.ndarray) -> float:
    squares = np.square(one.astype(np.float64) - other) * where
    return float(-10 * np.log10(max(squares.sum() / (where.sum() * 3), 1e-12)))


@pytest.mark.parametrize(("cut", "size", "morph"), KINDS)
def test_a_network_that_changes_nothing_gives_the_plate_back(
    cut: Any, size: int, morph: bool, tmp_path: Path, faces: FaceBatch
) -> None:
    """Through cut, layout and the way back: at least 52 dB under the matte."""
    file = toy_dfm.made(tmp_path / "lead.dfm", size, morph=morph)
    card = toy_dfm.card(file, size, cut, constants={MORPH: 0.75} if morph else {})
    swap = swapped(engine(file, card), faces, LEAD)
    assert swap.crops.dtype == swap.matte.dtype == np.float32
    assert swap.matte[:, SIZE // 2, SIZE // 2].min() > 0.95
    assert psnr(swap.crops, faces.crops, swap.matte[..., None]) > 52


@pytest.mark.parametrize("cut", ["half", "whole_face", "head", {"facemesh": {}}])
def test_what_the_network_draws_lies_where_its_cut_says(cut: Any, tmp_path: Path, faces: FaceBatch) -> None:
    """A dot at a known place of its picture, found again in the crop, within half a pixel."""
    size, place = 256, np.array([150.0, 110.0])
    x, y = np.meshgrid(np.arange(size), np.arange(size))
    dot = np.exp(-((x - place[0]) ** 2 + (y - place[1]) ** 2) / 50)
    file = toy_dfm.made(tmp_path / "lead.dfm", size, drawn=np.repeat(dot[..., None], 3, axis=2))
    swap = swapped(engine(file, toy_dfm.card(file, size, cut)), faces, LEAD)
    for crop, mesh in zip(swap.crops, faces.landmarks, strict=True):
        wanted = apply(inverse(cut_matrix(mesh, toy_dfm.card(file, size, cut).target.cut, size)), place)
        left, top = (int(each) - 20 for each in wanted)
        light = crop[top : top + 41, left : left + 41, 0].astype(np.float64)
        found = [(light.sum(axis) * np.arange(41)).sum() / light.sum() for axis in (0, 1)]
        assert np.abs(np.array(found) + np.array([left, top]) - wanted).max() < 0.5


def test_channels_are_blue_first(tmp_path: Path, faces: FaceBatch) -> None:
    file = toy_dfm.made(tmp_path / "lead.dfm", tint=(0.25, 0, 0))
    swap = swapped(engine(file, toy_dfm.card(file, 128)), faces, LEAD)
    change = (swap.crops - faces.crops)[:, SIZE // 2, SIZE // 2]
    assert change[:, 2] == pytest.approx(0.25, abs=0.01)
    assert change[:, :2] == pytest.approx(0, abs=0.01)


def test_masks_are_mattes_and_where_both_agree_is_the_smaller(tmp_path: Path, faces: FaceBatch) -> None:
    """The plate's mask leaves out the lower half, the swap's the right half."""
    left = toy_dfm.mask(128, 0.5)
    file = toy_dfm.made(tmp_path / "lead.dfm", masks={"swap": left, "plate": left.transpose(0, 2, 1, 3)})
    card = toy_dfm.card(file, 128)
    found = {
        masks: swapped(engine(file, card, masks=masks), faces, LEAD).matte[0] for masks in ("both", "swap", "plate")
    }
    near, far = SIZE // 2 - 30, SIZE // 2 + 30
    shown = {masks: [matte[y, x] > 0.5 for y in (near, far) for x in (near, far)] for masks, matte in found.items()}
    assert shown == {
        "swap": [True, False, True, False],
        "plate": [True, True, False, False],
        "both": [True, False, False, False],
    }
    whole = swapped(engine(file, card, matte="mesh"), faces, LEAD).matte[0]
    assert whole[far, far] == 1


def test_morph_is_the_settings_else_the_cards(tmp_path: Path, faces: FaceBatch) -> None:
    file = toy_dfm.made(tmp_path / "lead.dfm", morph=True, tint=(0.2, 0.2, 0.2))
    card = toy_dfm.card(file, 128, constants={MORPH: 0.75})
    for morph, wanted in ((None, 0.15), (0.0, 0.0), (1.0, 0.2)):
        swap = swapped(engine(file, card, morph=morph), faces, LEAD)
        middle = (swap.crops - faces.crops)[:, SIZE // 2, SIZE // 2]
        assert middle == pytest.approx(wanted, abs=0.01)


def test_sharpening_is_off_unless_it_is_asked_for(tmp_path: Path, faces: FaceBatch) -> None:
    file = toy_dfm.made(tmp_path / "lead.dfm", 256)
    card = toy_dfm.card(file, 256)
    plain, sharp = (swapped(engine(file, card, sharpen=amount), faces, LEAD) for amount in (0.0, 0.75))
    at = (slice(None), slice(100, 150), slice(100, 150))
    assert np.std(sharp.crops[at]) > np.std(plain.crops[at])
    assert np.abs(plain.crops - faces.crops)[at].max() < 0.005


def test_nothing_is_kept_in_eight_bits(tmp_path: Path, faces: FaceBatch) -> None:
    """A ramp over a sixteenth of the range has far more levels than sixteen."""
    ramp = np.linspace(0.5, 0.5625, SIZE, dtype=np.float32)
    crops = np.broadcast_to(ramp[None, None, :, None], faces.crops.shape).copy()
    file = toy_dfm.made(tmp_path / "lead.dfm", 256)
    one = engine(file, toy_dfm.card(file, 256, "full"))
    swap = swapped(one, FaceBatch(crops, faces.landmarks, faces.frames), LEAD)
    row = swap.crops[0, SIZE // 2, 64:192, 1]
    assert len(np.unique(row)) > 120
    assert np.abs(row - ramp[64:192]).max() < 1 / 2000


def test_batches_change_nothing(tmp_path: Path, faces: FaceBatch) -> None:
    file = toy_dfm.made(tmp_path / "lead.dfm", batch=1)
    one = engine(file, toy_dfm.card(file, 128))
    prepared, together = one.prepare(LEAD, SIZE), swapped(one, faces, LEAD)
    for row in range(3):
        at = slice(row, row + 1)
        assert faces.wide is not None
        alone = FaceBatch(faces.crops[at], faces.landmarks[at], faces.frames[at], wide=faces.wide[at])
        assert np.array_equal(one.swap(alone, prepared).crops[0], together.crops[row])


def test_the_face_is_the_cards_persons(tmp_path: Path, faces: FaceBatch) -> None:
    file = toy_dfm.made(tmp_path / "lead.dfm")
    with pytest.raises(InputError, match="has learned lead, not 'double'"):
        engine(file, toy_dfm.card(file, 128, people=["lead", "double"])).prepare(nobody("double"), SIZE)


WRONG: dict[str, tuple[dict[str, Any], dict[str, Any], type[Exception], str]] = {
    "layout": ({"target": {"layout": "nchw"}}, {}, ModelError, "the card says"),
    "size": ({"target": {"size": 160}}, {}, ModelError, "the card says"),
    "input": ({"target": {"input": "in_face"}}, {}, ModelError, "has no input 'in_face'"),
    "output": ({"output": {"name": "out_celeb"}}, {}, ModelError, "has no output 'out_celeb'"),
    "face for mask": ({"masks": [{"name": "out_celeb_face:0", "of": "swap"}]}, {}, ModelError, "the card says"),
    "no such mask": ({"masks": []}, {"masks": "plate"}, InputError, "names no mask of the plate's face"),
    "a morph that is not there": ({"constants": {MORPH: 1}}, {}, ModelError, "has no input 'morph_value:0'"),
    "morph of a file without": ({}, {"morph": 0.5}, InputError, "can't morph"),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_statements_are_refused(what: str, tmp_path: Path, faces: FaceBatch) -> None:
    more, settings, error, told = WRONG[what]
    file = toy_dfm.made(tmp_path / "lead.dfm")
    said = toy_dfm.said(file, 128)
    said |= {
        name: {**said[name], **value} if isinstance(value, dict) and name in said else value
        for name, value in more.items()
    }
    card = type(toy_dfm.card(file, 128)).model_validate(said)
    with pytest.raises(error, match=told) as caught:
        swapped(engine(file, card, **settings), faces, LEAD)
    assert caught.value.hint  # type: ignore[attr-defined]


def test_a_morph_input_that_the_card_does_not_name_is_told(tmp_path: Path, faces: FaceBatch) -> None:
    file = toy_dfm.made(tmp_path / "lead.dfm", morph=True)
    with pytest.raises(ModelError, match="needs an input 'morph_value:0' that the card does not name"):
        swapped(engine(file, toy_dfm.card(file, 128)), faces, LEAD)


def test_another_file_than_the_cards_is_not_run(tmp_path: Path, faces: FaceBatch) -> None:
    """Of the same size, but other bytes."""
    file = toy_dfm.made(tmp_path / "lead.dfm")
    one = engine(file, toy_dfm.card(file, 128))
    there = one.package / "lead.dfm"
    content = bytearray(there.read_bytes())
    content[-1] ^= 1
    there.write_bytes(content)
    with pytest.raises(ModelError, match="is not the one that the card names"):
        swapped(one, faces, LEAD)


@pytest.mark.parametrize("gone", ["cut", "people", "commercial_use"])
def test_a_card_must_say_how_the_face_lies_whose_it_is_and_what_it_may_be_used_for(gone: str, tmp_path: Path) -> None:
    file = toy_dfm.made(tmp_path / "lead.dfm")
    said = toy_dfm.said(file, 128)
    said = {**said, "target": {**said["target"]}}
    (said["target"] if gone == "cut" else said).pop(gone)
    with pytest.raises(ValidationError, match=gone):
        type(toy_dfm.card(file, 128)).model_validate(said)


def test_a_head_is_cut_from_the_plate_around_the_crop(tmp_path: Path, faces: FaceBatch) -> None:
    """What the network sees above the crop is the plate, not the crop in a mirror."""
    from fsvfx.networks.pictures import cut_faces

    assert faces.wide is not None
    cut = cut_faces(faces.crops, faces.landmarks, Cut(dfl="head"), 320, faces.wide)
    margin = (faces.wide.shape[1] - SIZE) // 2
    above = np.array([SIZE / 2, -40.0])
    for row in range(3):
        x, y = apply(cut.matrices[row], above).round().astype(int)
        at_x, at_y = apply(inverse(cut.matrices[row]), np.array([x, y], np.float64)) + margin
        seen = faces.wide[row, int(at_y) : int(at_y) + 2, int(at_x) : int(at_x) + 2].mean(axis=(0, 1))
        assert np.abs(cut.pictures[row, y, x] - seen).max() < 0.02
