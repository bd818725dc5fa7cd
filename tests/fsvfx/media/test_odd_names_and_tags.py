"""File names that are no UTF-8, and containers whose tags are none or say impossible things."""

from __future__ import annotations

import contextlib
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from footage import ffmpeg, number_in, picture, shot_job, write_exr, write_stills, write_video
from oiio_files import write_oiio
from PIL import Image

from fsvfx.errors import PlateError
from fsvfx.media import open_plate, source_for
from fsvfx.media.video import file as video_file
from schemas.receipts import Unit

LATIN = os.fsdecode(b"caf\xe9")
"""As a Windows or an old Linux machine wrote it."""
NAMES = {"latin 1": LATIN, "half a letter": os.fsdecode(b"a\xc3"), "escapes": "a\x1b[31m", "newline": "a\nb"}


def _references(folder: Path) -> Any:
    return source_for(shot_job("none.mp4", "1001", [f"{folder}/*"]), Unit.of_person("lead"))


WRITERS: dict[str, Callable[[Path], object]] = {
    "png": lambda path: Image.fromarray(picture(7)).save(path),
    "jpg": lambda path: Image.fromarray(picture(7)).save(path, quality=98),
    "tif": lambda path: Image.fromarray(picture(7)).save(path),
    "exr": lambda path: write_exr(path, picture(7, dtype=np.float16)),
    "dpx": lambda path: write_oiio(path, picture(7), oiio__BitsPerSample=8),
    "mp4": lambda path: write_video(path, 3),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", WRITERS)
def test_references_in_a_folder(kind: str, name: str, tmp_path: Path) -> None:
    WRITERS[kind](tmp_path / f"plain.{kind}")
    (tmp_path / f"plain.{kind}").rename(tmp_path / f"{NAMES[name]}.{kind}")
    source = _references(tmp_path)
    for _ in range(2):  # the second time, by memory
        assert len(list(source.pictures())) == (3 if kind == "mp4" else 1)
        assert list(source.fingerprint()) == ["0"]


@pytest.mark.parametrize("name", NAMES)
def test_a_broken_one_is_told(name: str, tmp_path: Path) -> None:
    (tmp_path / f"{NAMES[name]}.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    with pytest.raises(PlateError, match="damaged or cut off") as told:
        list(_references(tmp_path).pictures())
    str(told.value).encode("utf-8")


@pytest.mark.parametrize("name", ["escapes", "newline"])
def test_a_plate_beside_it_or_in_its_folder(name: str, tmp_path: Path) -> None:
    folder = tmp_path / NAMES[name]
    folder.mkdir()
    write_stills(str(tmp_path / "p.%04d.png"), [1001, 1002])
    for file in tmp_path.glob("p.*"):
        file.rename(folder / file.name)
    for odd in NAMES.values():
        (folder / f"p.{odd}.png").write_bytes(b"")
    plate = open_plate(shot_job(folder / "p.####.png", "1001-1002", frame_rate="24"))
    assert [number_in(frame) for frame in plate.pictures([1001, 1002])] == [1001, 1002]
    assert len(plate.fingerprint([1001, 1002])) == 2
    write_video(tmp_path / "v.mp4", 3).rename(folder / "v.mp4")
    video = open_plate(shot_job(folder / "v.mp4", "1001-1003"))
    assert len(list(video.pictures([1001, 1003]))) == 2
    assert video.fingerprint([1001])


def _spoilt(path: Path, text: bytes, by: bytes) -> None:
    content = path.read_bytes()
    assert text in content
    path.write_bytes(content.replace(text, by))


TAGS = [b"caf\xe9 takes", b"\xff\xfe\xff\xfe no te", b"\x1b[31m\xc0\xaf take", b"\xed\xa0\x80 surroga"]


@pytest.mark.parametrize("by", TAGS)
@pytest.mark.parametrize("name", ["a.mov", "a.mp4", "a.mkv", "a.avi"])
def test_tags_that_are_no_utf_8(name: str, by: bytes, tmp_path: Path) -> None:
    path = write_video(tmp_path / name, 4, metadata={"title": "SPOILTHERE!", "comment": "SPOILTHERE!"})
    _spoilt(path, b"SPOILTHERE!", by.ljust(11, b"!")[:11])
    plate = open_plate(shot_job(path, "1001-1004"))
    assert plate.info.frame_rate == 24
    assert len(list(plate.pictures([1001, 1004]))) == 2


@pytest.mark.parametrize("comment", [b"caf\xe9", b"\xff" * 200, b"\x1b[2J", b"\0\0\0"])
def test_a_gif_with_an_odd_comment(comment: bytes, tmp_path: Path) -> None:
    frames = [Image.fromarray(picture(number)) for number in (1, 2, 3)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], duration=40, comment=comment)
    assert len(list(open_plate(shot_job(tmp_path / "a.gif", "1001-1003")).pictures([1001, 1003]))) == 2


def _box(content: bytes, kind: bytes) -> int:
    return content.index(kind)


def _timescale_zero(content: bytearray) -> None:
    """mdhd, version 0: creation, modification, then the time scale."""
    at = _box(content, b"mdhd")
    content[at + 16 : at + 20] = bytes(4)


def _duration_zero(content: bytearray) -> None:
    at = _box(content, b"stts")
    content[at + 16 : at + 20] = bytes(4)


def _endless_frames(content: bytearray) -> None:
    at = _box(content, b"stts")
    content[at + 12 : at + 16] = struct.pack(">I", 10**9)


def _endless_samples(content: bytearray) -> None:
    """stsz: one size for all, and a billion of them."""
    at = _box(content, b"stsz")
    content[at + 8 : at + 16] = struct.pack(">II", 1, 10**9)


def _endless_width(content: bytearray) -> None:
    at = _box(content, b"avc1")
    content[at + 28 : at + 32] = struct.pack(">HH", 30_000, 30_000)


def _no_colour(content: bytearray) -> None:
    at = content.find(b"nclx") if b"nclx" in content else content.find(b"nclc")
    content[at + 4 : at + 10] = bytes(6)


def _odd_colour(content: bytearray) -> None:
    at = content.find(b"nclx") if b"nclx" in content else content.find(b"nclc")
    content[at + 4 : at + 10] = b"\xff\xff" * 3


def _odd_matrix(content: bytearray) -> None:
    """tkhd's display matrix all zero."""
    at = _box(content, b"tkhd")
    content[at + 44 : at + 80] = bytes(36)


CLAIMS = [
    _timescale_zero,
    _duration_zero,
    _endless_frames,
    _endless_samples,
    _endless_width,
    _no_colour,
    _odd_colour,
    _odd_matrix,
]


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.__name__)
def test_impossible_claims_are_read_past_or_told(claim: Callable[[bytearray], None], tmp_path: Path) -> None:
    path = tmp_path / "a.mov"
    color = ["-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-movflags", "+write_colr"]
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=96x64:r=24:d=0.25", "-c:v", "libx264", "-pix_fmt", "yuv420p", *color, path)
    content = bytearray(path.read_bytes())
    claim(content)
    path.write_bytes(content)
    with contextlib.suppress(PlateError):
        plate = open_plate(shot_job(path, "1001-1002"))
        assert plate.info.frame_rate
        assert len(list(plate.pictures([1001, 1002]))) == 2


@pytest.mark.parametrize("setting", ["FSVFX_MAX_FRAMES", "FSVFX_MAX_SIDE"])
def test_limits_of_videos(setting: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from fsvfx.settings import machine

    path = write_video(tmp_path / "a.mp4", 12)
    monkeypatch.setenv(setting, "11")
    machine.cache_clear()
    with pytest.raises(PlateError, match=setting):
        open_plate(shot_job(path, "1001-1004"))


def test_a_video_without_colour_facts(tmp_path: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=96x64:r=24:d=0.25", "-c:v", "prores_ks", tmp_path / "a.mov")
    plate = open_plate(shot_job(tmp_path / "a.mov", "1001-1004"))
    assert any("has no color matrix tag; taken as BT.601" in note for note in plate.info.notes)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04broken", b"\x93NUMPY broken", b"text", None])
def test_an_index_that_was_kept_and_is_broken_is_built_anew(
    content: bytes | None, tmp_path: Path, own_cache: Path
) -> None:
    path = write_video(tmp_path / "a.mp4", 4)
    wanted = open_plate(shot_job(path, "1001-1004")).fingerprint([1001])
    [kept] = (own_cache / "index").glob("*.npz")
    whole = kept.read_bytes()
    kept.write_bytes(whole[: len(whole) // 2] if content is None else content)
    video_file._open.cache_clear()
    assert open_plate(shot_job(path, "1001-1004")).fingerprint([1001]) == wanted
