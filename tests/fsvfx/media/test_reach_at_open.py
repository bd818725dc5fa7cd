"""Whatever a path has become since the manifest was loaded, nothing outside of what it may reach is read or written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from footage import ffmpeg, number_in, shot_job, write_stills, write_video

from fsvfx.errors import PlateError
from fsvfx.media import open_plate
from fsvfx.media.references import PersonSource
from fsvfx.media.sources import RotoSource
from fsvfx.settings import machine
from schemas.job import ShotJob
from schemas.manifest import Replace

NUMBERS = [1001, 1002, 1003]


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder beside the job's, with somebody else's pictures."""
    folder = tmp_path / "outside"
    folder.mkdir()
    write_stills(f"{folder}/s.%04d.png", NUMBERS)
    write_stills(f"{folder}/s.%04d.exr", NUMBERS, np.float16)
    write_stills(f"{folder}/s.%04d.tif", NUMBERS)
    write_stills(f"{folder}/s.%04d.dpx".replace(".dpx", ".jpg"), NUMBERS)
    write_video(folder / "s.mp4", 4)
    return folder


@pytest.fixture
def inside(tmp_path: Path) -> Path:
    (tmp_path / "job/plates").mkdir(parents=True)
    return tmp_path / "job"


def _job(inside: Path, plate: str, **given: object) -> ShotJob:
    job = shot_job(inside / plate, "1001-1003", first_frame=1001, frame_rate=None if plate[-3:] == "mp4" else "24")
    return job.model_copy(update={"manifest": str(inside / "shots.yaml"), **given})


def _read_plate(job: ShotJob) -> list[int]:
    return [number_in(frame) for frame in open_plate(job).pictures(NUMBERS)]


def _fingerprint(job: ShotJob) -> dict[str, str]:
    return open_plate(job).fingerprint(NUMBERS)


@pytest.mark.parametrize("kind", ["png", "exr", "tif", "jpg"])
@pytest.mark.parametrize("use", [_read_plate, _fingerprint])
def test_a_frame_that_is_a_link_out_is_refused(
    inside: Path, outside: Path, kind: str, use: Callable[[ShotJob], object]
) -> None:
    for number in NUMBERS[:2]:
        shutil.copy(outside / f"s.{number}.{kind}", inside / f"plates/p.{number}.{kind}")
    (inside / f"plates/p.1003.{kind}").symlink_to(outside / f"s.1003.{kind}")
    with pytest.raises(PlateError, match="outside") as told:
        use(_job(inside, f"plates/p.####.{kind}"))
    assert f"p.1003.{kind}" in str(told.value)
    assert "1003" in str(told.value.where.frames)


@pytest.mark.parametrize("kind", ["png", "exr", "tif", "jpg"])
def test_a_frame_that_is_a_link_within_is_read(inside: Path, outside: Path, kind: str) -> None:
    shutil.copytree(outside, inside / "delivered")
    for number in NUMBERS:
        (inside / f"plates/p.{number}.{kind}").symlink_to(f"../delivered/s.{number}.{kind}")
    assert _read_plate(_job(inside, f"plates/p.####.{kind}")) == NUMBERS


def test_a_frame_that_links_out_of_range_does_no_harm(inside: Path, outside: Path) -> None:
    for number in NUMBERS:
        shutil.copy(outside / f"s.{number}.png", inside / f"plates/p.{number}.png")
    (inside / "plates/p.1009.png").symlink_to(outside / "s.1001.png")
    (inside / "plates/p.1010.png").symlink_to("nowhere.png")
    job = _job(inside, "plates/p.####.png")
    assert _read_plate(job) == NUMBERS
    assert len(_fingerprint(job)) == 3


@pytest.mark.parametrize("kind", ["png", "mp4"])
def test_a_link_to_nothing_says_where_it_points(inside: Path, outside: Path, kind: str) -> None:
    for number in NUMBERS[:2]:
        shutil.copy(outside / f"s.{number}.png", inside / f"plates/p.{number}.png")
    (inside / f"plates/p{'.1003' if kind == 'png' else ''}.{kind}").symlink_to("../nas/there")
    with pytest.raises(PlateError, match=r"a link to '\.\./nas/there', which is not there"):
        open_plate(_job(inside, "plates/p.####.png" if kind == "png" else "plates/p.mp4"))


@pytest.mark.parametrize("to", ["nowhere.png", "p.1003.png"])
def test_a_link_to_nothing_or_itself_is_a_missing_frame(inside: Path, outside: Path, to: str) -> None:
    for number in NUMBERS[:2]:
        shutil.copy(outside / f"s.{number}.png", inside / f"plates/p.{number}.png")
    (inside / "plates/p.1003.png").symlink_to(to)
    with pytest.raises(PlateError, match="1 of 3 frames is missing"):
        open_plate(_job(inside, "plates/p.####.png"))


@pytest.mark.parametrize("kind", ["png", "exr", "tif", "jpg", "mp4"])
def test_a_folder_that_became_a_link_is_refused(inside: Path, outside: Path, kind: str) -> None:
    if kind == "mp4":
        shutil.copy(outside / "s.mp4", inside / "plates")
    else:
        for number in NUMBERS:
            shutil.copy(outside / f"s.{number}.{kind}", inside / "plates")
    job = _job(inside, "plates/s.mp4" if kind == "mp4" else f"plates/s.####.{kind}")
    assert len(_read_plate(job)) == 3
    plate = open_plate(job)
    (inside / "plates").rename(inside / "before")
    (inside / "plates").symlink_to(outside)
    with pytest.raises(PlateError, match="outside"):
        list(plate.pictures(NUMBERS))
    with pytest.raises(PlateError, match="outside"):
        open_plate(job)


def test_a_video_that_became_a_link_is_refused(inside: Path, outside: Path) -> None:
    shutil.copy(outside / "s.mp4", inside / "plates/p.mp4")
    job = _job(inside, "plates/p.mp4")
    plate = open_plate(job)
    (inside / "plates/p.mp4").unlink()
    (inside / "plates/p.mp4").symlink_to(outside / "s.mp4")
    with pytest.raises(PlateError, match="outside"):
        list(plate.pictures(NUMBERS))
    with pytest.raises(PlateError, match="outside"):
        open_plate(job)


@pytest.mark.parametrize(
    ("reference", "links"),
    [
        ("refs/a.png", {"refs/a.png": "s.1001.png"}),
        ("refs/a.mp4", {"refs/a.mp4": "s.mp4"}),
        ("refs/*.png", {"refs/b.png": "s.1002.png"}),
        ("refs/r.####.png", {"refs/r.0001.png": "s.1003.png"}),
        ("refs/r.####.exr", {"refs/r.0001.exr": "s.1003.exr"}),
        ("refs/s.1001.png", {"refs": ""}),
        ("refs/*.png", {"refs": ""}),
        ("refs/s.####.png", {"refs": ""}),
    ],
)
def test_a_reference_that_leads_out_is_refused(
    inside: Path, outside: Path, reference: str, links: dict[str, str]
) -> None:
    for link, target in links.items():
        (inside / link).parent.mkdir(exist_ok=True)
        (inside / link).symlink_to(outside / target)
    job = shot_job("p.mp4", "1001", [str(inside / reference)]).model_copy(
        update={"manifest": str(inside / "shots.yaml")}
    )
    with pytest.raises(PlateError, match="outside"):
        PersonSource(job, "lead").fingerprint()
    with pytest.raises(PlateError, match="outside"):
        list(PersonSource(job, "lead").pictures())


@pytest.mark.parametrize("kind", ["png", "exr", "tif"])
def test_a_roto_that_leads_out_is_refused(inside: Path, outside: Path, kind: str) -> None:
    write_stills(f"{inside}/plates/p.%04d.png", NUMBERS)
    (inside / "roto").mkdir()
    (inside / f"roto/r.1002.{kind}").symlink_to(outside / f"s.1002.{kind}")
    job = _job(inside, "plates/p.####.png")
    entry = Replace(
        performer="lead", identity="lead", engine="landmark_warp", roto=f"{inside}/roto/r.####.{kind}", roto_layer="R"
    )
    job = job.model_copy(update={"shot": job.shot.model_copy(update={"replace": (entry,)})})
    with pytest.raises(PlateError, match="outside"):
        RotoSource(job, [1002]).fingerprint()
    with pytest.raises(PlateError, match="outside"):
        list(RotoSource(job, [1002]).pictures("r0"))


@pytest.mark.parametrize("what", ["pipe", "device"])
def test_what_is_no_file_is_refused_at_once(inside: Path, what: str) -> None:
    if what == "pipe":
        os.mkfifo(inside / "plates/p.mp4")
    else:
        (inside / "plates/p.mp4").symlink_to("/dev/zero")
    with pytest.raises(PlateError, match=r"pipe|outside"):
        open_plate(_job(inside, "plates/p.mp4"))


PLAYLISTS = {
    "ffconcat": ("ffconcat version 1.0\nfile {there}\n", "an ffconcat playlist"),
    "ffconcat with a mark": ("\ufeffffconcat version 1.0\nfile {there}\n", "an ffconcat playlist"),
    "HLS": ("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{there}\n#EXT-X-ENDLIST\n", "an HLS playlist"),
    "DASH": ('<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period/></MPD>', "a DASH manifest"),
    "SDP": ("v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n", "an SDP"),
    "SMIL": ('<smil><body><video src="{there}"/></body></smil>', "a SMIL playlist"),
    "text": ("{there}\n", "not a video that fsvfx reads"),
    "subfile": ("subfile,,start,0,end,0,,:{there}\n", "not a video that fsvfx reads"),
}


@pytest.mark.parametrize("name", PLAYLISTS)
@pytest.mark.parametrize("ending", ["mp4", "gif", "mkv", "mxf"])
def test_a_playlist_is_no_video(inside: Path, outside: Path, name: str, ending: str) -> None:
    """Not even one that names a file beside it: what it names is in no fingerprint."""
    shutil.copy(outside / "s.mp4", inside / "plates")
    text, what = PLAYLISTS[name]
    (inside / f"plates/p.{ending}").write_text(text.format(there="s.mp4"), encoding="utf-8")
    with pytest.raises(PlateError) as told:
        open_plate(_job(inside, f"plates/p.{ending}"))
    assert what in str(told.value)


@pytest.mark.parametrize("ending", ["mov", "mp4"])
@pytest.mark.parametrize("named", ["s.mp4", "/outside/s.mp4"])
def test_a_movie_s_data_in_another_file_is_not_followed(inside: Path, outside: Path, ending: str, named: str) -> None:
    """QuickTime's data references: the movie's pictures are said to lie in another file."""
    shutil.copy(outside / "s.mp4", inside / "plates")
    path = write_video(inside / f"plates/p.{ending}", 4)
    path.write_bytes(_with_alias(path.read_bytes(), named.replace("/outside", str(outside))))
    with pytest.raises(PlateError):
        list(open_plate(_job(inside, f"plates/p.{ending}")).pictures(NUMBERS))


def _with_alias(movie: bytes, path: str) -> bytes:
    """Its first data reference is an alias record (Mac OS) of the file ``path`` instead of "this file"."""
    at = movie.index(b"\x00\x00\x00\x0curl \x00\x00\x00\x01")
    name = path.encode().ljust(len(path) + len(path) % 2, b"\0")
    short = path.rpartition("/")[2].encode()
    record = bytes(4 + 10) + b"\x01" + b"v".ljust(27, b"\0") + bytes(12) + bytes([len(short)]) + short.ljust(63, b"\0")
    record += bytes(16) + (1).to_bytes(2) + (1).to_bytes(2) + bytes(16)
    record += (2).to_bytes(2) + len(name).to_bytes(2) + name + b"\xff\xff\0\0"
    record = record.ljust(160, b"\0")
    alias = (8 + len(record)).to_bytes(4) + b"alis" + record
    grown = bytearray(movie[:at] + alias + movie[at + 12 :])
    for box in (b"moov", b"trak", b"mdia", b"minf", b"dinf", b"dref"):
        size = grown.index(box) - 4
        grown[size : size + 4] = (int.from_bytes(grown[size : size + 4]) + len(alias) - 12).to_bytes(4)
    return bytes(grown)


PIXELS = {"gif": "rgb8", "mxf": "yuv422p", "avi": "yuvj420p"}


@pytest.mark.parametrize(
    ("ending", "arguments"),
    [
        ("mp4", []), ("mov", []), ("m4v", []), ("mkv", []), ("gif", []), ("avi", ["-c:v", "mjpeg"]),
        ("webm", ["-c:v", "libvpx-vp9"]), ("mxf", ["-c:v", "dnxhd", "-profile:v", "dnxhr_hq"]),
        ("mov", ["-movflags", "frag_keyframe+empty_moov"]), ("mp4", ["-f", "mpegts"]), ("mp4", ["-f", "matroska"]),
    ],
)  # fmt: skip
def test_every_container_is_known_by_its_content(inside: Path, ending: str, arguments: list[str]) -> None:
    ffmpeg("-f", "lavfi", "-i", "testsrc=size=256x144:rate=24:duration=0.25", "-pix_fmt",
           PIXELS.get(ending, "yuv420p"),
           *arguments, inside / f"plates/p.{ending}")  # fmt: skip
    assert len(list(open_plate(_job(inside, f"plates/p.{ending}").model_copy()).pictures(NUMBERS))) == 3


@pytest.fixture
def allowed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], None]]:
    def allow(name: str, value: str) -> None:
        monkeypatch.setenv(name, value)
        machine.cache_clear()

    yield allow
    machine.cache_clear()


@pytest.mark.parametrize(("production", "is_read"), [("test", True), ("other", False)])
def test_a_production_s_root(
    inside: Path, outside: Path, allowed: Callable[[str, str], None], production: str, is_read: bool
) -> None:
    allowed("FSVFX_PRODUCTION_ROOTS", f'{{"{production}": ["{outside}"]}}')
    (inside / "plates/p.mp4").symlink_to(outside / "s.mp4")
    job = _job(inside, "plates/p.mp4")
    if is_read:
        assert _read_plate(job) == [0, 1, 2]
    else:
        with pytest.raises(PlateError, match="outside"):
            open_plate(job)
