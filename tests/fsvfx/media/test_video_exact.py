"""Frame i of a plate is the i-th presented frame, however the codec orders, hides or refreshes its pictures."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from footage import ffmpeg, number_in, shot_job, write_video

from fsvfx.media import open_plate

COUNT = 60
_X264 = "keyint=12:min-keyint=12:scenecut=0:log-level=none"
_HIDDEN = {"auto-alt-ref": "1", "lag-in-frames": "16", "g": "24"}

KINDS: dict[str, tuple[str, str, dict[str, str], str]] = {
    "h264 with B-frames": ("a.mp4", "libx264", {"x264-params": _X264 + ":bframes=3"}, "yuv420p"),
    "h264 open GOP": ("a.mp4", "libx264", {"x264-params": _X264 + ":bframes=3:open-gop=1"}, "yuv420p"),
    "h264 open GOP in mkv": ("a.mkv", "libx264", {"x264-params": _X264 + ":bframes=3:open-gop=1"}, "yuv420p"),
    "h264 gradual refresh": ("a.mkv", "libx264", {"x264-params": _X264 + ":intra-refresh=1"}, "yuv420p"),
    "h264 one keyframe": ("a.mov", "libx264", {"g": "600", "bf": "2"}, "yuv420p"),
    "hevc open GOP": (
        "a.mp4",
        "libx265",
        {"x265-params": "keyint=12:min-keyint=12:open-gop=1:bframes=3:log-level=none:pools=1"},
        "yuv420p10le",
    ),
    "mpeg4": ("a.mkv", "mpeg4", {"g": "12", "bf": "2"}, "yuv420p"),
    "prores": ("a.mov", "prores_ks", {}, "yuv422p10le"),
    "mjpeg": ("a.mov", "mjpeg", {"q:v": "3"}, "yuvj422p"),
    "ffv1": ("a.mkv", "ffv1", {"g": "1"}, "yuv422p10le"),
    "vp8 with hidden frames": ("a.webm", "libvpx", _HIDDEN, "yuv420p"),
    "vp9": (
        "a.webm",
        "libvpx-vp9",
        _HIDDEN | {"cpu-used": "8"},
        "yuv420p",
    ),
    "gif": ("a.gif", "gif", {}, "rgb8"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_frame_by_number_in_any_order(kind: str, tmp_path: Path) -> None:
    name, codec, options, pix_fmt = KINDS[kind]
    rate = Fraction(25) if name.endswith("gif") else Fraction(24)
    path = write_video(tmp_path / name, COUNT, codec=codec, options=options, pix_fmt=pix_fmt, rate=rate)
    plate = open_plate(shot_job(path, f"1001-{1000 + COUNT}"))
    numbers = range(1001, 1001 + COUNT)

    whole = dict(zip(numbers, plate.pictures(numbers), strict=True))
    assert [number_in(rgb) for rgb in whole.values()] == list(range(COUNT))

    jumps = random.Random(7).choices(numbers, k=12)
    for number, rgb in zip(jumps, plate.pictures(jumps), strict=True):
        np.testing.assert_array_equal(rgb, whole[number], err_msg=f"frame {number}")
    for first in (1013, 1024, 1049):
        chunk = list(plate.pictures(range(first, first + 12)))
        assert all(np.array_equal(a, whole[n]) for n, a in enumerate(chunk, start=first))


def test_frames_that_an_edit_list_hides_are_not_counted(tmp_path: Path) -> None:
    """Cutting without re-encoding leaves pictures in the file that no player shows."""
    whole = write_video(tmp_path / "whole.mp4", COUNT, options={"x264-params": _X264 + ":bframes=2"})
    cut = tmp_path / "cut.mp4"
    ffmpeg("-ss", "0.75", "-i", whole, "-c", "copy", cut)
    plate = open_plate(shot_job(cut, "1-20", first_frame=1))
    assert [number_in(rgb) for rgb in plate.pictures(range(1, 21))] == list(range(18, 38))


def test_frames_are_decoded_from_the_keyframe_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from fsvfx.media.video.decoder import VideoDecoder

    path = write_video(tmp_path / "a.mp4", COUNT, options={"x264-params": _X264 + ":bframes=3"})
    plate = open_plate(shot_job(path, f"1001-{1000 + COUNT}"))
    begun: list[int] = []
    one_pass = VideoDecoder._pass

    def spied(self: VideoDecoder, wanted: list[int], start: int, *, seek: bool):
        begun.append(start)
        return one_pass(self, wanted, start, seek=seek)

    monkeypatch.setattr(VideoDecoder, "_pass", spied)
    list(plate.pictures(range(1030, 1035)))
    assert begun == [24]
    list(plate.pictures([1001, 1050]))
    assert begun[1:] == [0, 48]


@pytest.mark.parametrize("size", [(95, 47), (97, 33), (66, 48)])
def test_odd_sizes(size: tuple[int, int], tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", 4, codec="ffv1", size=size)
    plate = open_plate(shot_job(path, "1001-1004"))
    pictures = list(plate.pictures(range(1001, 1005)))
    assert {rgb.shape for rgb in pictures} == {(size[1], size[0], 3)}
    assert [number_in(rgb) for rgb in pictures] == [0, 1, 2, 3]


def test_real_footage(clips: Path) -> None:
    plate = open_plate(shot_job(clips / "franck.mp4", "1001-5800"))
    assert (plate.info.last, plate.info.frame_rate, plate.info.has_audio) == (5800, Fraction(24), False)
    straight = list(plate.pictures(range(1240, 1260)))
    np.testing.assert_array_equal(next(plate.pictures([1259])), straight[-1])
    np.testing.assert_array_equal(next(plate.pictures([1251])), straight[11])
