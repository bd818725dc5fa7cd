"""External mattes: the right channel, pixel on pixel with the plate, and what can't be one told by name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import OpenEXR
import pytest
from footage import picture, shot_job, write_exr, write_stills

from fsvfx.arrays import LazyFrames
from fsvfx.errors import PlateError
from fsvfx.media import source_for
from fsvfx.media.files import Place
from fsvfx.media.mattes import read_matte
from fsvfx.media.plate import Canvas
from fsvfx.stages.contract import Work
from fsvfx.stages.roto import RotoStage
from schemas.frames import Chunk
from schemas.job import ShotJob
from schemas.manifest import Replace
from schemas.receipts import Unit

BASE = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
WHOLE = Canvas((0, 0, 95, 47), (0, 0, 95, 47))
OVERSCAN = Canvas((-8, -4, 87, 43), (0, 0, 79, 39))
UNIT = Unit.of_chunk(Chunk(first=1001, last=1003))


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    from fsvfx.settings import machine

    monkeypatch.setenv("FSVFX_CACHE", str(tmp_path_factory.mktemp("cache")))
    machine.cache_clear()


def ramp(height: int = 48, width: int = 96, dtype: Any = np.float16) -> np.ndarray:
    share = np.linspace(0, 1, height * width).reshape(height, width)
    return (share * np.iinfo(dtype).max).astype(dtype) if np.dtype(dtype).kind == "u" else share.astype(dtype)


def read(path: Path, canvas: Canvas = WHOLE, layer: str | None = None) -> np.ndarray:
    return read_matte(path, canvas, layer, Place(path.name, "sh010", frames=(1001,)))


def exr(path: Path, window: Sequence[int] = (0, 0, 95, 47), display: Sequence[int] = (0, 0, 95, 47), **channels: Any):
    corners = {
        name: (np.array(box[:2], "i4"), np.array(box[2:], "i4"))
        for name, box in (("dataWindow", window), ("displayWindow", display))
    }
    OpenEXR.File(BASE | corners, {name.replace("__", "."): a for name, a in channels.items()}).write(str(path))
    return path


def png(path: Path, matte: np.ndarray) -> Path:
    cv2.imwrite(str(path), matte)
    return path


@pytest.mark.parametrize("ending", ["png", "tif"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_codes_are_shares_of_white(ending: str, dtype: type, tmp_path: Path) -> None:
    matte = read(png(tmp_path / f"a.{ending}", ramp(dtype=dtype)))
    assert matte.dtype == np.float16
    np.testing.assert_allclose(matte, ramp(dtype=np.float64), atol=1 / np.iinfo(dtype).max + 2**-11)
    assert (matte[0, 0], matte[-1, -1]) == (0, 1)


def test_an_exr_layer_comes_bit_for_bit(tmp_path: Path) -> None:
    path = exr(tmp_path / "a.exr", Z=ramp(dtype=np.float32), matte__lead__A=ramp(), id__R=ramp()[::-1].copy())
    np.testing.assert_array_equal(read(path, layer="matte.lead"), ramp())
    np.testing.assert_array_equal(read(path, layer="id.R"), ramp()[::-1])
    with pytest.raises(PlateError, match=r"has Z, id.R, matte.lead.A.*roto_layer"):
        read(path)


def test_a_small_data_window_is_zero_elsewhere(tmp_path: Path) -> None:
    matte = read(exr(tmp_path / "a.exr", window=(30, 10, 49, 19), A=np.ones((10, 20), np.float16)))
    assert matte[10:20, 30:50].min() == 1
    assert matte.sum(dtype=float) == 200


def test_overscan_lines_up_by_display_coordinates(tmp_path: Path) -> None:
    """The matte's pixel 0,0 is the display's corner: column 8, row 4 of the plate's arrays."""
    matte = read(exr(tmp_path / "a.exr", (0, 0, 79, 39), (0, 0, 79, 39), A=ramp(40, 80)), OVERSCAN)
    np.testing.assert_array_equal(matte[4:44, 8:88], ramp(40, 80))
    assert np.count_nonzero(matte) == np.count_nonzero(ramp(40, 80))
    beyond = read(exr(tmp_path / "b.exr", (-20, -20, 99, 59), (0, 0, 79, 39), A=np.ones((80, 120), "f2")), OVERSCAN)
    assert beyond.shape == (48, 96)
    assert beyond.min() == 1


@pytest.mark.parametrize(("size", "corner"), [((48, 96), (0, 0)), ((40, 80), (4, 8))])
def test_pictures_without_windows_fit_the_plate_or_its_display(
    size: tuple[int, int], corner: tuple[int, int], tmp_path: Path
) -> None:
    matte = read(png(tmp_path / "a.png", np.full(size, 255, np.uint8)), OVERSCAN)
    y, x = corner
    assert matte[y : y + size[0], x : x + size[1]].min() == 1
    assert matte.sum(dtype=float) == size[0] * size[1]


def test_overshoot_is_clamped(tmp_path: Path) -> None:
    matte = read(exr(tmp_path / "a.exr", A=ramp() * np.float16(1.04) - np.float16(0.02)))
    assert (matte.min(), matte.max()) == (0, 1)


def spoilt(value: float) -> np.ndarray:
    matte = ramp()
    matte[7, 30] = value
    return matte


RGBA = {name: ramp() for name in "RGB"} | {"A": np.ones((48, 96), np.float16)}


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: exr(path, A=spoilt(np.nan)), ("value nan at pixel 30,7 is not a number",)),
        (lambda path: exr(path, A=spoilt(np.inf)), ("value inf at pixel 30,7",)),
        (lambda path: exr(path, A=spoilt(37)), ("value 37 at pixel 30,7 is not between 0 and 1", "roto_layer")),
        (lambda path: exr(path, A=ramp(dtype=np.float16), display=(0, 0, 63, 47)), ("(0, 0, 63, 47), the plate's is",)),
        (lambda path: exr(path, **RGBA), ("A is 1 everywhere, R is not", "roto_layer to R")),
        (lambda path: png(path.with_suffix(".png"), ramp(48, 64, np.uint8)), ("64x48, the plate is 96x48",)),
        (lambda path: png(path.with_suffix(".png"), ramp(dtype=np.uint8)).write_bytes(b""), ("is empty",)),
    ],
)
def test_what_is_no_matte_is_told(make: Any, says: tuple[str, ...], tmp_path: Path) -> None:
    make(tmp_path / "a.exr")
    (path,) = tmp_path.iterdir()
    with pytest.raises(PlateError) as told:
        read(path)
    assert [part for part in (*says, "frames 1001", path.name) if part not in str(told.value)] == [], str(told.value)


def test_a_filled_alpha_may_be_meant(tmp_path: Path) -> None:
    path = exr(tmp_path / "a.exr", **RGBA)
    np.testing.assert_array_equal(read(path, layer="R"), ramp())
    assert read(path, layer="A").min() == 1


def rotoed(folder: Path, numbers: range = range(1001, 1004)) -> ShotJob:
    """Two entries, the second with roto: an overscan plate, mattes of the display's size that count upwards."""
    for number in range(1001, 1004):
        header = {"dataWindow": OVERSCAN.data, "displayWindow": OVERSCAN.display}
        corners = {name: (np.array(w[:2], "i4"), np.array(w[2:], "i4")) for name, w in header.items()}
        write_exr(folder / f"p.{number}.exr", picture(1, dtype=np.float16), **corners)
    for number in numbers:
        png(folder / f"m.{number}.png", np.full((40, 80), number - 1000, np.uint8))
    job = shot_job(folder / "p.####.exr", "1001-1003", frame_rate="24")
    entry = Replace(performer="lead", identity="double", engine="none")
    entries = (entry, entry.model_copy(update={"roto": str(folder / "m.####.png")}))
    return job.model_copy(update={"shot": job.shot.model_copy(update={"replace": entries})})


def test_the_stage_gives_the_entries_that_have_roto(tmp_path: Path) -> None:
    job, stage = rotoed(tmp_path), RotoStage()
    settings = stage.settings(job, UNIT)
    source = source_for(job, UNIT, stage.name)
    work = Work(UNIT, (1001, 1002, 1003), settings, inputs={}, source=source)
    (lazy,) = (result := stage.run(work)).frames.values()
    assert list(result.frames) == ["r1/roto"]
    assert isinstance(lazy, LazyFrames)
    mattes = np.stack(list(lazy.frames))
    assert (mattes.shape[1:], mattes.dtype) == (lazy.shape, np.float16) == ((48, 96), np.float16)
    np.testing.assert_allclose(mattes[:, 20, 40] * 255, [1, 2, 3], rtol=1e-3)
    assert not mattes[:, 0, 0].any()


def test_it_is_wanted_only_where_an_entry_has_roto(tmp_path: Path) -> None:
    assert RotoStage().is_wanted(rotoed(tmp_path))
    assert not RotoStage().is_wanted(shot_job(tmp_path / "p.####.exr", "1001"))


def test_content_and_the_plates_window_are_in_the_key(tmp_path: Path) -> None:
    job = rotoed(tmp_path)
    before = source_for(job, UNIT, "roto").fingerprint()
    assert set(before) == {"canvas", "r1/1001", "r1/1002", "r1/1003"}
    png(tmp_path / "m.1002.png", np.zeros((40, 80), np.uint8))
    after = source_for(job, UNIT, "roto").fingerprint()
    assert [name for name in before if before[name] != after[name]] == ["r1/1002"]
    write_stills(str(tmp_path / "p.%04d.exr"), range(1001, 1004), np.float16)
    assert source_for(job, UNIT, "roto").fingerprint()["canvas"] != before["canvas"]


def test_missing_frames_are_named_with_their_file(tmp_path: Path) -> None:
    with pytest.raises(PlateError) as told:
        source_for(rotoed(tmp_path, range(1001, 1003)), UNIT, "roto").fingerprint()
    for part in ("roto of lead", "1 of 3 frames", "available: 1001-1002", "frames 1003", "m.1003.png", "black one"):
        assert part in str(told.value)
