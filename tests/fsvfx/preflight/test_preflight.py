"""Preflight: what would stop a run, or be met by it, is told before it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import face_shapes
import numpy as np
import pytest
from footage import shot_job, write_stills, write_video
from servers import s3_bucket, s3_server  # noqa: F401
from skimage import data

from fsvfx import models
from fsvfx.media import remote
from fsvfx.preflight import Trouble, checks, inputs, preflight, refusal
from fsvfx.settings import machine
from schemas.job import ShotJob
from schemas.manifest import Replace

FRAMES = "1001-1012"


@pytest.fixture
def face(tmp_path: Path) -> str:
    path = tmp_path / "refs/face.png"
    path.parent.mkdir()
    cv2.imwrite(str(path), cv2.cvtColor(data.astronaut()[:300, 70:380], cv2.COLOR_RGB2BGR))
    return str(path)


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., ShotJob]:
    """A shot that has nothing wrong, but for what is given."""

    def made(
        plate: Path | str | None = None,
        frames: str = FRAMES,
        references: Sequence[str] = (),
        deliver: Sequence[dict[str, Any]] = (),
        replace: Sequence[dict[str, Any]] = (),
        store: str | None = None,
        **more: Any,
    ) -> ShotJob:
        path = plate if plate is not None else write_video(tmp_path / "plate.mp4", 12)
        job = shot_job(path, frames, references, **more)
        placed = [one | {"path": one["path"].replace("OUT", str(tmp_path))} for one in deliver]
        entries = tuple(Replace(performer="lead", identity="lead", engine="landmark_warp", **one) for one in replace)
        whole = job.model_dump() | {
            "shot": job.shot.model_copy(update={"replace": entries}).model_dump(),
            "deliver": placed,
            "store": store or str(tmp_path / "work"),
            "manifest": str(tmp_path / "shots.yaml"),
        }
        return ShotJob.model_validate(whole)

    return made


def troubles(job: ShotJob) -> list[Trouble]:
    return list(preflight([job])["sh010"])


REVIEW = {"kind": "review", "path": "OUT/out/r.mp4"}
MOVIE = {"kind": "movie", "path": "OUT/out/m.mov"}
MXF = {"kind": "movie", "path": "OUT/out/m.mxf", "codec": "dnxhr_hq"}
EXR = {"kind": "exr", "path": "OUT/out/e.####.exr"}


def _still(folder: Path, name: str = "p.%04d.png", numbers: Sequence[int] = range(1001, 1013), **how: Any) -> str:
    (folder / "seq").mkdir(exist_ok=True)
    return write_stills(str(folder / "seq" / name), numbers, **how).replace("%04d", "####")


def test_a_shot_in_order_has_no_trouble(make: Callable[..., ShotJob], face: str, tmp_path: Path) -> None:
    plate = write_video(tmp_path / "large.mp4", 12, size=(256, 120))
    job = make(plate, references=[face], deliver=[EXR, REVIEW, MOVIE, MXF])
    assert troubles(job) == []
    assert not Path(job.store).exists()
    assert not Path(job.deliver[0].path).parent.exists()


def _truncated(folder: Path) -> Path:
    whole = write_video(folder / "whole.mp4", 12).read_bytes()
    (folder / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    return folder / "cut.mp4"


def _text(folder: Path) -> Path:
    (folder / "text.mp4").write_text("no video")
    return folder / "text.mp4"


PLATES: dict[str, tuple[Callable[[Path], Any], dict[str, Any], str]] = {
    "absent": (lambda folder: folder / "absent.mp4", {}, "absent.mp4"),
    "too short": (lambda folder: write_video(folder / "short.mp4", 5), {}, "frame"),
    "cut off": (_truncated, {}, "cut.mp4"),
    "text": (_text, {}, "text.mp4"),
    "missing frames": (lambda f: _still(f, numbers=[*range(1001, 1005), *range(1008, 1013)]), {}, "3 of 12 frames"),
    "no such folder": (lambda folder: folder / "none/p.####.exr", {}, "folder does not exist"),
    "timecode without rate": (_still, {"timecode": "01:00:00:00"}, "has no frame rate"),
}


@pytest.mark.parametrize("name", PLATES)
def test_plates_that_can_not_be_read(name: str, make: Callable[..., ShotJob], tmp_path: Path) -> None:
    write, more, said = PLATES[name]
    [trouble] = troubles(make(write(tmp_path), **more))
    assert (trouble.field, trouble.stops) == ("plate", True)
    assert said in trouble.what
    assert trouble.hint


@pytest.mark.parametrize("number", [1001, 1012])
def test_one_frame_that_can_not_be_read_is_told_and_stops_nothing(
    number: int, make: Callable[..., ShotJob], tmp_path: Path
) -> None:
    path = _still(tmp_path)
    broken = Path(path.replace("####", str(number)))
    broken.write_bytes(broken.read_bytes()[:60])
    found = troubles(make(path, frame_rate="24"))
    assert [(one.field, one.stops) for one in found] == [("plate", False)]
    assert f"frame {number}" in found[0].what


RATES: dict[str, tuple[dict[str, Any], str, dict[str, Any], str]] = {
    "review of png": (REVIEW, "png", {}, "a review needs a frame rate"),
    "movie of png": (MOVIE, "png", {}, "a movie needs a frame rate"),
    "movie of tiff": (MOVIE, "tif", {}, "a movie needs a frame rate"),
    "mxf at 12": (MXF, "png", {"frame_rate": "12"}, "MXF has no rate of 12 frames a second"),
    "mxf at 72": (MXF, "png", {"frame_rate": "72"}, "MXF has no rate of 72 frames a second"),
}


@pytest.mark.parametrize("name", RATES)
def test_videos_need_a_frame_rate(name: str, make: Callable[..., ShotJob], tmp_path: Path) -> None:
    wish, ending, more, said = RATES[name]
    [trouble] = troubles(make(_still(tmp_path, f"p.%04d.{ending}", width=256, height=120), deliver=[EXR, wish], **more))
    assert (trouble.field, trouble.stops) == ("deliver[1]", True)
    assert said in trouble.what


DPX = {"kind": "frames", "path": "OUT/f.####.dpx", "color_space": "Rec.709"}
MATTES = {"kind": "mattes", "path": "OUT/m.####.png"}


@pytest.mark.parametrize("wish", [EXR, DPX, MATTES, {"kind": "report", "path": "OUT/r.json"}])
def test_frames_need_none(wish: dict[str, Any], make: Callable[..., ShotJob], tmp_path: Path) -> None:
    assert troubles(make(_still(tmp_path), deliver=[wish])) == []


SIZES: list[tuple[tuple[int, int], dict[str, Any], str, bool]] = [
    ((97, 48), REVIEW, "padded by a repeated row or column", False),
    ((96, 49), MOVIE, "padded by a repeated row or column", False),
    ((200, 110), MXF, "needs at least 256x120", True),
    ((255, 120), MOVIE | {"codec": "dnxhr_444"}, "needs at least 256x120", True),
    ((17_000, 16), REVIEW, "takes at most 16888 pixels per side", True),
    ((17_000, 16), MOVIE | {"path": "OUT/m.mp4", "codec": "hevc"}, "takes at most 16888 pixels per side", True),
    ((96, 48), MOVIE | {"codec": "prores_4444"}, "", False),
]


@pytest.mark.parametrize(("size", "wish", "said", "stops"), SIZES)
def test_codecs_against_the_size(
    size: tuple[int, int], wish: dict[str, Any], said: str, stops: bool, make: Callable[..., ShotJob], tmp_path: Path
) -> None:
    path = _still(tmp_path, numbers=[1001], width=size[0], height=size[1])
    found = troubles(make(path, "1001", deliver=[wish], frame_rate="24"))
    assert [(one.field, one.stops) for one in found] == ([("deliver[0]", stops)] if said else [])
    assert all(said in one.what for one in found)


def test_what_the_encoder_refuses_is_told(make: Callable[..., ShotJob], monkeypatch: pytest.MonkeyPatch) -> None:
    from fsvfx.delivery import videos
    from fsvfx.errors import MachineError

    def refuses(*_: Any) -> None:
        raise MachineError("The video can't be written: dimensions not set", hint="")

    monkeypatch.setattr(videos, "write_video", refuses)
    videos._try.cache_clear()
    [trouble] = troubles(make(deliver=[REVIEW]))
    assert "dimensions not set" in trouble.what


def _noise(path: Path) -> str:
    cv2.imwrite(str(path), np.random.default_rng(1).integers(0, 255, (120, 160, 3), np.uint8))
    return str(path)


def _broken(path: Path) -> str:
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))
    return str(path)


REFERENCES: dict[str, tuple[Callable[[Path], list[str]], str, bool]] = {
    "absent": (lambda f: [str(f / "none.png")], "not found", True),
    "no match": (lambda f: [str(f / "none*.png")], "not found", True),
    "no face in a still": (lambda f: [_noise(f / "n.png")], "no face was found in the 1 picture", True),
    "no face in a video": (lambda f: [str(write_video(f / "v.mp4", 3))], "no face was found in the 3 pictures", True),
    "broken": (lambda f: [_broken(f / "b.png")], "b.png", True),
    "a folder": (lambda f: [str(f)], "is a folder", True),
}


@pytest.mark.parametrize("name", REFERENCES)
def test_references_that_are_of_no_use(name: str, make: Callable[..., ShotJob], tmp_path: Path) -> None:
    write, said, stops = REFERENCES[name]
    [trouble] = troubles(make(references=write(tmp_path)))
    assert (trouble.field, trouble.stops) == ("people.lead.references", stops)
    assert said in trouble.what


def test_one_face_among_the_references_is_enough(make: Callable[..., ShotJob], face: str, tmp_path: Path) -> None:
    assert troubles(make(references=[_noise(tmp_path / "n.png"), face])) == []


@pytest.mark.parametrize(
    ("engine", "yaws", "said"),
    [
        ("landmark_warp", [0], None),
        ("landmark_warp", [30], "turned to the picture's right, by 30 degrees"),
        ("landmark_warp", [-30, -45, -21], "turned to the picture's left, by 21 to 45 degrees"),
        ("landmark_warp", [30, 10], None),
        ("landmark_warp", [30, -30], None),
        ("original", [30], None),
    ],
)
def test_pictures_that_show_one_side_are_told(
    engine: str,
    yaws: list[float],
    said: str | None,
    make: Callable[..., ShotJob],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = {20 * (place + 1): face_shapes.face(yaw=yaw)[None] for place, yaw in enumerate(yaws)}
    finder = SimpleNamespace(find=lambda rgb: SimpleNamespace(landmarks=found[rgb.max()]))
    monkeypatch.setattr(inputs, "FaceFinder", lambda *_, **__: finder)
    for shade in found:
        cv2.imwrite(str(tmp_path / f"r{shade:03}.png"), np.full((9, 9, 3), shade, np.uint8))
    job = make(references=[str(tmp_path / "r*.png")], replace=[{}])
    entry = job.shot.replace[0].model_copy(update={"engine": engine})
    job = job.model_copy(update={"shot": job.shot.model_copy(update={"replace": (entry,)})})
    told = [one for one in troubles(job) if one.field == "people.lead.references"]
    assert [one.stops for one in told] == ([] if said is None else [False])
    assert all(said in one.what and engine in one.hint for one in told if said)


ROTOS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "another size": ({"width": 48, "height": 48}, {}, "48x48"),
    "frames missing": ({"numbers": range(1001, 1010)}, {}, "no file for 3 of 12 frames"),
    "no such layer": ({}, {"roto_layer": "hero"}, "hero"),
    "no such channel of an EXR": ({"name": "r.%04d.exr", "dtype": np.float16}, {"roto_layer": "mask.Q"}, "mask.Q"),
}


@pytest.mark.parametrize("name", ROTOS)
def test_rotos_that_do_not_fit(name: str, make: Callable[..., ShotJob], tmp_path: Path) -> None:
    how, more, said = ROTOS[name]
    roto = _still(tmp_path, **({"name": "r.%04d.png"} | how))
    [trouble] = [one for one in troubles(make(replace=[{"roto": roto, **more}])) if "roto" in one.field]
    assert (trouble.field, trouble.stops) == ("replace[0].roto", True)
    assert said in trouble.what


def _file_in_the_way(folder: Path) -> None:
    (folder / "out").write_text("a file")


def _folder_in_the_way(folder: Path) -> None:
    (folder / "out/r.mp4").mkdir(parents=True)


def _folder_of_a_frame(folder: Path) -> None:
    (folder / "out/e.1005.exr").mkdir(parents=True)


PLACES: dict[str, tuple[Callable[[Path], None], dict[str, Any], str]] = {
    "a file is in the way": (_file_in_the_way, REVIEW, "is a file"),
    "a folder has the name": (_folder_in_the_way, REVIEW, "is a folder"),
    "a folder has a frame's name": (_folder_of_a_frame, EXR, "e.1005.exr is a folder"),
    "too long": (lambda folder: None, EXR | {"path": f"OUT/{'x' * 250}.####.exr"}, "longer than 255 bytes"),
    "two folders below a file": (_file_in_the_way, EXR | {"path": "OUT/out/a/b/e.####.exr"}, "is a file"),
}


@pytest.mark.parametrize("name", PLACES)
def test_outputs_that_can_not_be_written(name: str, make: Callable[..., ShotJob], tmp_path: Path) -> None:
    before, wish, said = PLACES[name]
    before(tmp_path)
    [trouble] = troubles(make(deliver=[wish]))
    assert (trouble.field, trouble.stops) == ("deliver[0].path", True)
    assert said in trouble.what


def test_folders_that_may_not_be_written(
    make: Callable[..., ShotJob], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: Path(path) != tmp_path)
    job = make(deliver=[REVIEW], store=str(tmp_path / "work"))
    found = troubles(job)
    assert [one.field for one in found] == ["deliver[0].path", "store"]
    assert all(f"nearest existing folder is {tmp_path}" in one.what for one in found)


@pytest.mark.parametrize(
    ("deliver", "free", "is_told"),
    [
        ([], 12 * 96 * 48 * 3 - 1, True),
        ([], 12 * 96 * 48 * 3, False),
        ([{"kind": "frames", "path": "OUT/f.####.dpx", "color_space": "Rec.709"}], 12 * 96 * 48 * 7 - 1, True),
        ([{"kind": "frames", "path": "OUT/f.####.dpx", "color_space": "Rec.709"}], 12 * 96 * 48 * 7, False),
        ([EXR], 12 * 96 * 48 * 5 - 1, True),
    ],
)
def test_too_little_room(
    deliver: list[dict[str, Any]],
    free: int,
    is_told: bool,
    make: Callable[..., ShotJob],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(total=free, used=0, free=free))
    found = troubles(make(deliver=deliver))
    assert [one.field for one in found] == (["store"] if is_told else [])
    assert all("is free at" in one.what for one in found)


def test_missing_models(make: Callable[..., ShotJob], face: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "present", lambda name: name != "facemesh")
    [trouble] = troubles(make(references=[face]))
    assert (trouble.field, trouble.stops) == ("models", True)
    assert "facemesh" in trouble.what
    assert "fsvfx models pull facemesh" in trouble.hint


@pytest.mark.parametrize(
    ("head", "hints"),
    [("ict_facekit", ("fsvfx models add ICT-FaceKit", "faces: {head: makehuman}")),
     ("makehuman", ("fsvfx models pull makehuman",))],
)  # fmt: skip
def test_a_missing_head_is_the_one_that_was_chosen(
    make: Callable[..., ShotJob], face: str, monkeypatch: pytest.MonkeyPatch, head: str, hints: tuple[str, ...]
) -> None:
    monkeypatch.setattr(models, "present", lambda name: name not in ("ict_facekit", "makehuman"))
    job = make(references=[face], replace=[{}], deliver=[{"kind": "mesh", "path": "OUT/out/m.####.obj"}])
    faces = job.shot.faces.model_copy(update={"head": head})
    job = job.model_copy(update={"shot": job.shot.model_copy(update={"faces": faces})})
    [trouble] = [one for one in troubles(job) if one.field == "models"]
    assert trouble.what == f"model '{head}' is missing"
    assert all(hint in trouble.hint for hint in hints)


def _names(bucket: str) -> dict[str, dict[str, Any]]:
    return {
        "store": {"store": f"{bucket}/work"},
        "plate.path": {"plate": f"{bucket}/plate.mp4"},
        "people.lead.references": {"references": [f"{bucket}/face.png"]},
        "deliver[0].path": {"deliver": [{"kind": "exr", "path": f"{bucket}/e.####.exr"}]},
    }


@pytest.mark.parametrize("field", _names(""))
def test_s3_that_does_not_answer(field: str, make: Callable[..., ShotJob], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    machine.cache_clear()
    [trouble] = troubles(make(**_names("s3://some-bucket")[field]))
    assert (trouble.field, trouble.stops) == (field, True)
    assert "can't be reached" in trouble.what


@pytest.mark.parametrize("field", _names(""))
def test_a_bucket_that_is_not_there(field: str, make: Callable[..., ShotJob], s3_bucket: str) -> None:  # noqa: F811
    [trouble] = troubles(make(**_names("s3://no-such-bucket-here")[field]))
    assert (trouble.field, trouble.stops) == (field, True)
    assert "the bucket does not exist" in trouble.what


def test_keys_that_are_wrong(
    make: Callable[..., ShotJob],
    s3_bucket: str,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    [trouble] = troubles(make(store=f"{s3_bucket}/work"))
    assert "refuses the keys" in trouble.what


def test_s3_in_order(make: Callable[..., ShotJob], s3_bucket: str, tmp_path: Path) -> None:  # noqa: F811
    remote.upload(write_video(tmp_path / "p.mp4", 12), f"{s3_bucket}/plate.mp4")
    out = [{"kind": "exr", "path": f"{s3_bucket}/e.####.exr"}]
    assert troubles(make(f"{s3_bucket}/plate.mp4", store=f"{s3_bucket}/work", deliver=out)) == []


def test_all_problems_of_a_shot_at_once_and_only_its_own(make: Callable[..., ShotJob], tmp_path: Path) -> None:
    _file_in_the_way(tmp_path)
    bad = make(_still(tmp_path), references=[str(tmp_path / "none.png")], deliver=[REVIEW])
    good = make()
    good = good.model_copy(update={"shot": good.shot.model_copy(update={"name": "sh020"})})
    found = preflight([bad, good])
    assert [one.field for one in found["sh010"]] == ["people.lead.references", "deliver[0]", "deliver[0].path"]
    assert found["sh020"] == ()
    assert refusal("shots.yaml", found) is None
    error = refusal("shots.yaml", {"sh010": found["sh010"]})
    assert error is not None
    assert [problem.field.split(": ")[0] for problem in error.problems] == ["sh010"] * 3
    assert error.exit_code == 2


def test_every_check_says_what_it_looks_at() -> None:
    assert len({check.name for check in checks.CHECKS}) == len(checks.CHECKS)
    assert all(check.says.endswith(".") for check in checks.CHECKS)


def test_a_drivers_footage_is_opened(make: Callable[..., ShotJob], tmp_path: Path) -> None:
    """It must be there, with all its frames; another rate is told, and stops nothing."""

    def found(path: Path, frames: str = "1001-1012") -> list[Trouble]:
        plate = {"path": str(path), "frames": frames, "color_space": "sRGB"}
        return [one for one in troubles(make(replace=[{"driver": {"person": "lead", "plate": plate}}]))
                if one.field.startswith("replace[0].driver")]  # fmt: skip

    take = write_video(tmp_path / "take.mp4", 12)
    assert found(take) == []
    (gone,) = found(tmp_path / "gone.mp4")
    assert gone.stops
    assert gone.field == "replace[0].driver.plate"
    (short,) = found(take, "1001-1020")
    assert short.stops
    (rate,) = found(write_video(tmp_path / "fast.mp4", 12, rate=Fraction(48)))
    assert not rate.stops
    assert "48 frames per second" in rate.what
    times = [40 * each + 500 * (each > 3) for each in range(12)]
    uneven = found(write_video(tmp_path / "uneven.mkv", 12, times=times))
    assert ["replace[0].driver.plate" for _ in uneven] == [one.field for one in uneven if not one.stops]
    assert "longest gap after frame 1004" in uneven[0].what


def test_what_a_plate_says_against_the_manifest_is_told(make: Callable[..., ShotJob], tmp_path: Path) -> None:
    """And stops nothing. What is only good to know (a matrix that is not tagged) is left to ``fsvfx new``."""
    times = [40 * each + 500 * (each > 3) for each in range(12)]
    (uneven,) = troubles(make(write_video(tmp_path / "uneven.mkv", 12, times=times)))
    assert (uneven.field, uneven.stops) == ("plate", False)
    assert "longest gap after frame 1004" in uneven.what
