"""Videos trimmed by an edit list, as phones and players cut them, and videos that carry cover art."""

from __future__ import annotations

import subprocess
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np
import pytest
from footage import number_in, picture, shot_job, write_video

from fsvfx.errors import PlateError
from fsvfx.media import open_plate


def _ffmpeg(*arguments: str | Path) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True)


@pytest.mark.parametrize("hidden", [1, 5, 9, 11])
@pytest.mark.parametrize("name", ["trimmed.mp4", "trimmed.mov"])
def test_frames_before_the_edit_list_are_none_of_the_plates(hidden: int, name: str, tmp_path: Path) -> None:
    """The container still counts them, which does not make the file cut off."""
    write_video(tmp_path / "a.mp4", 12, options={"bf": "2", "g": "12", "crf": "1"})
    _ffmpeg("-ss", f"{hidden / 24:.4f}", "-i", tmp_path / "a.mp4", "-c", "copy", tmp_path / name)
    plate = open_plate(shot_job(tmp_path / name, f"1001-{1012 - hidden}"))
    assert (plate.info.first, plate.info.last) == (1001, 1012 - hidden)
    shown = list(plate.pictures(range(1001, 1013 - hidden)))
    whole = list(open_plate(shot_job(tmp_path / "a.mp4", "1001-1012")).pictures(range(1001, 1013)))
    assert np.array_equal(np.stack(shown), np.stack(whole[hidden:]))


@pytest.mark.parametrize("codec", ["prores_ks", "libx264"])
def test_frames_behind_the_edit_list_are_none_of_the_plates(codec: str, tmp_path: Path) -> None:
    """As players trim a video's end: the media stays as it is, the edit list names a part of it."""
    options = {"bf": "0"} if codec == "libx264" else {}
    path = write_video(tmp_path / "a.mov", 12, codec=codec, options=options, pix_fmt="yuv422p10le")
    content = bytearray(path.read_bytes())
    lasts = content.index(b"elst") + 12  # after flags and the number of edits: a duration in the movie's clock
    content[lasts : lasts + 4] = (int.from_bytes(content[lasts : lasts + 4]) * 5 // 12).to_bytes(4)
    path.write_bytes(content)
    plate = open_plate(shot_job(path, "1001-1005"))
    assert (plate.info.first, plate.info.last) == (1001, 1005)
    assert [number_in(shown) for shown in plate.pictures(range(1001, 1006))] == [0, 1, 2, 3, 4]
    with pytest.raises(PlateError, match="the video has frames 1001-1005"):
        open_plate(shot_job(path, "1001-1012"))


@pytest.mark.parametrize(("cover", "name"), [("c.jpg", "a.mp4"), ("c.png", "a.m4v"), ("c.jpg", "a.mkv")])
def test_cover_art_is_no_plate(cover: str, name: str, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / cover), picture(5)[:40, :40])
    write_video(tmp_path / "plain.mp4", 6)
    both = ("-i", tmp_path / cover, "-i", tmp_path / "plain.mp4", "-map", "0:v", "-map", "1:v")
    attached = ("-i", tmp_path / "plain.mp4", "-attach", tmp_path / cover, "-metadata:s:t", "mimetype=image/jpeg")
    _ffmpeg(*(attached if name.endswith("mkv") else (*both, "-disposition:v:0", "attached_pic")), "-c", "copy",
            tmp_path / name)  # fmt: skip
    info = open_plate(shot_job(tmp_path / name, "1001-1006")).info
    assert (info.first, info.last) == (1001, 1006)
    assert not any("several" in note for note in info.notes)


def test_a_song_with_its_cover_is_no_video(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "c.jpg"), picture(5))
    _ffmpeg("-i", tmp_path / "c.jpg", "-f", "lavfi", "-i", "sine=d=0.3", "-map", "0", "-map", "1",
            "-c:v", "copy", "-c:a", "aac", "-disposition:v:0", "attached_pic", tmp_path / "song.mp4")  # fmt: skip
    with pytest.raises(PlateError, match="no moving picture, only cover art"):
        open_plate(shot_job(tmp_path / "song.mp4", "1001"))
