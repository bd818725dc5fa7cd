"""A person's references: stills, globs, sequences and footage, in a fixed order; what is missing is named."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from footage import number_in, shot_job, write_stills, write_video

from fsvfx.arrays import Source
from fsvfx.errors import PlateError
from fsvfx.media import source_for
from fsvfx.media.references import spread
from schemas.receipts import Unit


def lead(*references: Path | str) -> Source:
    return source_for(shot_job("none.mp4", "1001", [str(r) for r in references]), Unit.of_person("lead"))


def test_stills_then_footage_in_the_manifests_order(tmp_path: Path) -> None:
    write_stills(str(tmp_path / "b%04d.png"), [7, 5])
    write_stills(str(tmp_path / "exr" / "c%04d.exr"), [9], np.float16)
    video = write_video(tmp_path / "take.mp4", 5)
    source = lead(tmp_path / "b*.png", tmp_path / "exr/*.exr", video, tmp_path / "b0005.png")
    assert [number_in(rgb) for rgb in source.pictures()] == [5, 7, 9, 0, 1, 2, 3, 4]
    assert list(source.fingerprint()) == ["0", "1", "2", "3"]


def test_long_footage_and_sequences_are_sampled_evenly(tmp_path: Path) -> None:
    video = write_video(tmp_path / "take.mp4", 200, options={"g": "12"})
    numbers = [number_in(rgb) for rgb in lead(video).pictures()]
    assert len(numbers) == 64
    assert (numbers[0], numbers[-1]) == (0, 199)
    assert {b - a for a, b in pairwise(numbers)} == {3, 4}
    write_stills(str(tmp_path / "s.%04d.jpg"), range(1001, 1101), width=48, height=24)
    numbers = [number_in(rgb) for rgb in lead(tmp_path / "s.####.jpg").pictures()]
    assert (len(numbers), numbers[0], numbers[-1]) == (64, 1001, 1100)


@pytest.mark.parametrize(("count", "wanted"), [(0, []), (1, [0]), (5, [0, 1, 2, 3, 4])])
def test_spread_of_few(count: int, wanted: list[int]) -> None:
    assert spread(count) == wanted


def test_everything_that_is_missing_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(PlateError) as told:
        lead(tmp_path / "gone.mp4", tmp_path / "refs/*.png")
    message = str(told.value)
    assert "references of lead not found" in message
    assert "gone.mp4" in message
    assert "refs/*.png" in message
    assert "people.lead.references" in message


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.png", b"text", "this is plain text"),
        ("a.jpg", b"", "empty"),
        ("a.mp4", b"text" * 99, "this is plain text"),
        ("a.exr", b"text", "this is plain text"),
    ],
)
def test_an_unreadable_reference_is_named(name: str, content: bytes, says: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(PlateError, match=says) as told:
        list(lead(tmp_path / name).pictures())
    assert name in str(told.value)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PlateError, match="is a folder"):
        lead(tmp_path)


def test_nobody_has_no_pictures() -> None:
    assert list(lead().pictures()) == []
    assert lead().fingerprint() == {}


def test_content_decides_the_fingerprint(tmp_path: Path) -> None:
    write_stills(str(tmp_path / "a%04d.png"), [1, 2])
    assert lead(tmp_path / "a0001.png").fingerprint() != lead(tmp_path / "a0002.png").fingerprint()


def test_a_link_that_a_glob_matches_may_not_lead_out_of_reach(tmp_path: Path) -> None:
    outside = tmp_path / "private"
    outside.mkdir()
    cv2.imwrite(str(outside / "face.png"), np.zeros((8, 8, 3), np.uint8))
    inside = tmp_path / "shot"
    inside.mkdir()
    (inside / "face.png").symlink_to(outside / "face.png")
    with pytest.raises(PlateError, match="is outside"):
        source_for(shot_job("plate.mp4", "1001", references=[str(inside / "*.png")]), Unit.of_person("lead"))
