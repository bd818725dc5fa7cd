"""Collections of pictures as people lay them out."""

from __future__ import annotations

from pathlib import Path

from fsvfx.media.collections import everybody_in, pictures_of, unnamed_in

LAID_OUT = ("ada/1.jpg", "bob smith/1.jpg", "çelik/1.PNG", "no pictures/notes.txt", ".cache/1.jpg", "loose.jpg")


def test_folders_that_are_nobodys_names_are_told(tmp_path: Path) -> None:
    for name in LAID_OUT:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert everybody_in(tmp_path) == ["ada"]
    assert unnamed_in(tmp_path) == ["bob smith", "çelik"]
    assert unnamed_in(tmp_path / "absent") == []


def test_pictures_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for name in ("10.jpg", "2.jpg", ".3.jpg", "4.txt"):
        (tmp_path / name).touch()
    assert [each.name for each in pictures_of(tmp_path)] == ["2.jpg", "10.jpg"]
