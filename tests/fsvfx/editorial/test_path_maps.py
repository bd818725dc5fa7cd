"""Paths of other machines in edits, mapped to where they are here."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from edits import (
    FILM,
    HOUR,
    NAME,
    clip,
    event,
    exr_plates,
    imported,
    save,
    shown,
    span,
    template,
    timeline,
)
from opentimelineio.schema import (
    Clip,
    ExternalReference,
    ImageSequenceReference,
)

from fsvfx.errors import EditError, InputError


def sh(name: str, start: int, frames: int, **more: Any) -> Clip:
    return clip(name, HOUR + start, frames, media="A001.mov", **more)


MAPS = [
    (r"D:\shots\reel 1\A001.mov", r"D:\shots", ""),
    (r"d:\Shots\reel 1\A001.mov", "D:/SHOTS/", ""),
    (r"\\server\raid\shots\reel 1\A001.mov", r"\\SERVER\raid\shots", ""),
    ("file:///D:/shots/reel%201/A001.mov", r"D:\shots", ""),
    ("file://localhost/D%3a/shots/reel%201/A001.mov", "D:/shots", ""),
    ("file://server/raid/shots/reel%201/A001.mov", "//server/raid/shots", ""),
    ("file:///Volumes/RAID/shots/reel%201/A001.mov", "/Volumes/RAID/shots", ""),
    ("/Volumes/RAID/shots/reel 1/A001.mov", "file:///Volumes/RAID/shots", ""),
    ("/mnt/x/reel 1/A001.mov", "/mnt/x/reel 1", "/reel 1"),
]


@pytest.mark.parametrize(("address", "source", "below"), MAPS)
def test_maps_tell_where_other_machines_paths_are_here(
    plates: Path, tmp_path: Path, address: str, source: str, below: str
) -> None:
    template(tmp_path)
    (tmp_path / "reel 1").mkdir()
    shutil.copy(plates / "A001.mov", tmp_path / "reel 1")
    made = timeline(sh("s1", 10, 30))
    made.find_clips()[0].media_reference = ExternalReference(address)
    edit = save(made, tmp_path / "cut.otio")
    with pytest.raises(EditError) as caught:
        imported(tmp_path, edit)
    assert "--map" in caught.value.problems[0].hint
    result = imported(tmp_path, edit, maps=(r"E:\none=/nowhere", f"{source}={tmp_path}{below}"))
    assert shown(result) == {"s1": (10, 30)}
    assert r"--map E:\none=/nowhere: no path of the edit starts with E:/none" in result.notes


def test_what_no_map_is_for_is_told(plates: Path, tmp_path: Path) -> None:
    template(tmp_path)
    shutil.copy(plates / "A001.mov", tmp_path)
    made = timeline(clip("s1", HOUR + 10, 5, media=r"D:\a\A001.mov"), sh("s2", 20, 5))
    result = imported(tmp_path, save(made, tmp_path / "cut.otio"), maps=(rf"D:\a={tmp_path}",))
    assert "no --map covers A001.mov" in result.notes
    with pytest.raises(InputError, match="FROM=TO"):
        imported(tmp_path, tmp_path / "cut.otio", maps=("D:/a",))


def test_a_map_for_a_sequence_of_an_edl(tmp_path: Path) -> None:
    template(tmp_path)
    exr_plates(tmp_path / "A", "A002", range(1093, 1141))
    lines = [event("001", "A002", "V", "C", 0, 20, 0), NAME("s1"), r"* FROM CLIP: X:\p\A\A002.[1093-1140].exr"]
    text = "\n".join(lines).replace("01:00:", "00:00:", 2)
    (tmp_path / "cut.edl").write_text(text)
    result = imported(tmp_path, tmp_path / "cut.edl", rate=FILM, maps=(rf"X:\p={tmp_path}",))
    assert [str(shot.needed) for shot in result.shots] == ["1093-1112"]


def test_a_map_for_an_image_sequence_of_an_otio(tmp_path: Path) -> None:
    template(tmp_path)
    exr_plates(tmp_path / "A", "A002", range(1093, 1141))
    cut = clip("s1", 500, 24)
    cut.media_reference = ImageSequenceReference(
        "file:///P:/show%201/A/", "A002.", ".exr", 1093, 1, 24, 4, available_range=span(490, 48)
    )
    edit = save(timeline(cut), tmp_path / "cut.otio")
    result = imported(tmp_path, edit, maps=(rf"P:\show 1={tmp_path}",))
    assert [str(shot.needed) for shot in result.shots] == ["1103-1126"]
