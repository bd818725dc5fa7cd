"""Contact sheets: what is on them, and their colours."""

from __future__ import annotations

import numpy as np
import pytest

from fsvfx.qc.sheet import Cell, Grade, TrackRow, cell, contact_sheet, grade, sampled, track_sheet
from fsvfx.qc.view import box_around, packed, thumbnail, unpacked

NAN = float("nan")


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        ({}, Grade.NONE),
        ({"to_identity": [NAN], "to_performer": [NAN], "seam": [NAN], "flicker": [NAN]}, Grade.NONE),
        ({"to_identity": [0.4], "to_performer": [0.7], "seam": [1.0], "flicker": [0.002]}, Grade.GOOD),
        ({"to_identity": [0.7], "to_performer": [0.4], "seam": [1.0]}, Grade.BAD),
        ({"seam": [1.0, 1.3]}, Grade.LOOK),
        ({"seam": [1.0, 2.0]}, Grade.BAD),
        ({"flicker": [0.02]}, Grade.LOOK),
        ({"flicker": [NAN, 0.05]}, Grade.BAD),
        ({"seam": [1.0], "unseen": [NAN, 0.1]}, Grade.GOOD),
        ({"seam": [1.0], "unseen": [0.1, 0.2]}, Grade.LOOK),
        ({"seam": [1.0], "unseen": [0.5]}, Grade.BAD),
    ],
)
def test_the_worst_figure_decides(figures: dict[str, list[float]], expected: Grade) -> None:
    assert grade(figures) is expected


@pytest.mark.parametrize(
    ("flicker", "unseen", "said"),
    [
        (0.002, 0.1, "flicker 0.2 %"),
        (0.002, 0.2, "unseen 20 %"),
        (NAN, 0.2, "unseen 20 %"),
        (0.02, 0.2, "flicker 2.0 %"),
        (0.002, NAN, "flicker 0.2 %"),
    ],
)
def test_what_there_is_room_for_is_what_is_worth_a_look(flicker: float, unseen: float, said: str) -> None:
    picture = np.zeros((8, 8, 3), np.uint8)
    assert cell(1, picture, picture, {"seam": [1.0], "flicker": [flicker], "unseen": [unseen]}).words.endswith(said)


def test_a_sheet_shows_its_pictures_and_borders() -> None:
    plate, comp = (np.full((64, 64, 3), value, np.uint8) for value in ((10, 200, 30), (250, 10, 200)))
    cells = [cell(1001 + k, plate, comp, {"seam": [1.0 + k]}) for k in range(5)]
    sheet = contact_sheet("harbour  sh0040", cells)
    for colour in ((10, 200, 30), (250, 10, 200)):
        assert (sheet == colour).all(-1).sum() == 5 * 64 * 64
    for kind in (Grade.GOOD, Grade.BAD):
        assert (sheet == kind.value).all(-1).sum() > 300


def test_an_empty_sheet_is_one_too() -> None:
    assert contact_sheet("none", []).shape[2] == 3
    assert track_sheet("none", []).shape[2] == 3


def test_samples_keep_both_ends() -> None:
    assert sampled(range(1001, 1241))[0] == 1001
    assert sampled(range(1001, 1241))[-1] == 1240
    assert len(sampled(range(1001, 1241))) == 48
    assert sampled([1001, 1002]) == [1001, 1002]
    assert sampled([]) == []


def test_long_words_do_not_break_a_cell() -> None:
    picture = np.zeros((32, 32, 3), np.uint8)
    assert contact_sheet("x" * 200, [Cell(1, picture, picture, "y" * 300)]).dtype == np.uint8


def test_tracks_stand_in_their_rows() -> None:
    thumbs = [np.full((40, 40, 3), 7 * k, np.uint8) for k in range(1, 4)]
    sheet = track_sheet("s", [TrackRow(1, thumbs, ["all"]), TrackRow(2, thumbs[:1], [])])
    assert (sheet == 7).all(-1).sum() == 2 * 40 * 40
    assert (sheet == 14).all(-1).sum() == 40 * 40


@pytest.mark.parametrize("size", [(10, 400), (400, 10), (3, 3), (300, 200)])
def test_thumbnails_are_square_and_whole(size: tuple[int, int]) -> None:
    found = thumbnail(np.full((*size, 3), 255, np.uint8), 64)
    assert found.shape == (64, 64, 3)
    assert (found.any(-1).any(0).sum() == 64) or (found.any(-1).any(1).sum() == 64)


@pytest.mark.parametrize("noise", [0, 10, 255])
def test_thumbnails_come_back_from_little_room(noise: int) -> None:
    random = np.random.default_rng(0)
    smooth = np.mgrid[:128, :128].sum(axis=0)[..., None] // 2 + random.integers(0, noise + 1, (128, 128, 3)) // 2
    plate = smooth.clip(0, 255).astype(np.uint8)
    for comp in (None, 255 - plate):
        coded = packed(plate, comp, 5120)
        assert coded.shape == (5120,)
        found = unpacked(coded)
        assert all(each.shape == plate.shape for each in found)
        for each, wanted in zip(found, (plate, plate if comp is None else comp), strict=True):
            assert np.abs(each.astype(int) - wanted).mean() < 4 + noise / 4


def test_thumbnails_that_find_no_room_are_black() -> None:
    found = unpacked(packed(np.full((128, 128, 3), 200, np.uint8), None, 16))
    assert not any(each.any() for each in found)


def test_boxes_stay_in_the_plate() -> None:
    face = np.array([[-20.0, 5, 0], [60, 90, 0]])
    assert box_around([], [], (100, 120)) == (0, 0, 100, 120)
    top, left, bottom, right = box_around([face], [], (100, 120))
    assert (top, left) == (0, 0)
    assert bottom == 100
    assert 60 < right <= 120
