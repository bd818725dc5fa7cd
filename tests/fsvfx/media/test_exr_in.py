"""EXR in: layers and parts, tiles, compressions, data windows that move, what headers say of colour."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
import pytest
from footage import picture, shot_job, write_exr
from oiio_files import read_oiio, write_oiio

from fsvfx.errors import PlateError
from fsvfx.media import open_plate
from fsvfx.media.exr import reader as exr
from fsvfx.media.files import Place
from schemas.job import ShotJob

PLACE = Place("a.exr")
BASE = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
COMPRESSIONS = ("NO", "RLE", "ZIPS", "ZIP", "PIZ")


def noise(seed: int = 0, shape: tuple[int, ...] = (48, 96, 3), dtype: Any = np.float16) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.1, 64, shape).astype(dtype)


def layer(name: str, rgb: np.ndarray) -> dict[str, np.ndarray]:
    return {f"{name}.{kind}": np.ascontiguousarray(rgb[..., i]) for i, kind in enumerate("RGB")}


def box(x0: int, y0: int, x1: int, y1: int) -> tuple[np.ndarray, np.ndarray]:
    return np.array([x0, y0], "i4"), np.array([x1, y1], "i4")


def same_bits(one: np.ndarray, other: np.ndarray) -> bool:
    return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()


def job(path: Path, frames: str = "1001-1003", **plate: Any) -> ShotJob:
    return shot_job(path, frames, **({"color_space": "ACEScg", "frame_rate": "24"} | plate))


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_both_libraries_read_the_same_from_both(compression: str, tmp_path: Path) -> None:
    rgb = noise()
    rgb[0, 0] = (np.inf, np.nan, -65504)
    write_exr(tmp_path / "a.exr", rgb, compression=getattr(OpenEXR, f"{compression}_COMPRESSION"))
    write_oiio(tmp_path / "b.exr", rgb, compression="none" if compression == "NO" else compression.lower())
    for name in ("a.exr", "b.exr"):
        assert same_bits(exr.read_exr(tmp_path / name, PLACE)[0], rgb)
        assert same_bits(OpenEXR.File(str(tmp_path / name)).channels()["RGB"].pixels, rgb)
        assert same_bits(read_oiio(tmp_path / name)[0], rgb)


def test_dwaa_reads_the_same_in_both(tmp_path: Path) -> None:
    write_exr(tmp_path / "a.exr", picture(7, dtype=np.float16), compression=OpenEXR.DWAA_COMPRESSION)
    assert same_bits(
        exr.read_exr(tmp_path / "a.exr", PLACE)[0], OpenEXR.File(str(tmp_path / "a.exr")).channels()["RGB"].pixels
    )


def test_tiles(tmp_path: Path) -> None:
    rgb = noise()
    write_oiio(tmp_path / "a.exr", rgb, tile=16, compression="zip")
    assert OpenEXR.File(str(tmp_path / "a.exr"), header_only=True).header()["type"] == OpenEXR.tiledimage
    assert same_bits(exr.read_exr(tmp_path / "a.exr", PLACE)[0], rgb)


def test_a_layer_among_others_of_other_types(tmp_path: Path) -> None:
    beauty, plain = noise(1), noise(2)
    channels = layer("beauty", beauty) | {"RGB": plain, "Z": noise(3, (48, 96), np.float32), "A": plain[..., 0].copy()}
    OpenEXR.File(BASE, channels).write(str(tmp_path / "a.exr"))
    assert same_bits(exr.read_exr(tmp_path / "a.exr", PLACE, layer="beauty")[0], beauty)
    assert same_bits(exr.read_exr(tmp_path / "a.exr", PLACE)[0], plain)
    assert exr.notes(exr.read_head(tmp_path / "a.exr", PLACE)) == ["alpha is left out"]
    assert exr.notes(exr.read_head(tmp_path / "a.exr", PLACE, layer="beauty")) == []


def test_a_part_and_what_the_first_part_says_for_all(tmp_path: Path) -> None:
    main, beauty = noise(1), noise(2)
    window = {"dataWindow": box(-4, -4, 91, 43), "displayWindow": box(0, 0, 79, 39)}
    said = {"framesPerSecond": Fraction(24), "owner": "us", "colorInteropID": "lin_ap1_scene"}
    parts = [
        OpenEXR.Part(BASE | window | said | {"name": "depth"}, {"Z": main[..., 0].astype(np.float32)}),
        OpenEXR.Part(BASE | window | {"name": "beauty"}, {"RGB": beauty}),
    ]
    OpenEXR.File(parts).write(str(tmp_path / "a.exr"))
    rgb, head = exr.read_exr(tmp_path / "a.exr", PLACE)
    assert same_bits(rgb, beauty)
    assert same_bits(exr.read_exr(tmp_path / "a.exr", PLACE, layer="beauty")[0], beauty)
    assert head.windows == ((-4, -4, 91, 43), (0, 0, 79, 39))
    assert (head.header["owner"], head.header["framesPerSecond"]) == ("us", Fraction(24))
    assert "colorInteropID" not in head.header  # the first part's own
    with pytest.raises(PlateError, match=r"no layer or part 'spec' with R, G, B; it has beauty"):
        exr.read_exr(tmp_path / "a.exr", PLACE, layer="spec")


def test_luminance_alone_becomes_grey(tmp_path: Path) -> None:
    grey = noise(1)[..., 0]
    OpenEXR.File(BASE, {"Y": np.ascontiguousarray(grey)}).write(str(tmp_path / "a.exr"))
    assert same_bits(exr.read_exr(tmp_path / "a.exr", PLACE)[0], np.repeat(grey[..., None], 3, axis=2))
    assert any("luminance only" in note for note in exr.notes(exr.read_head(tmp_path / "a.exr", PLACE)))


def test_float_is_rounded_to_half_and_told(tmp_path: Path) -> None:
    rgb = noise(dtype=np.float32)
    write_exr(tmp_path / "a.exr", rgb)
    assert same_bits(exr.read_exr(tmp_path / "a.exr", PLACE)[0], rgb.astype(np.float16))
    assert exr.notes(exr.read_head(tmp_path / "a.exr", PLACE)) == ["32-bit float pixels are rounded to half"]


WINDOWS = {1001: (10, 5, 41, 24), 1002: (0, 0, 31, 19), 1003: (-6, 20, 25, 51)}
DISPLAY = (0, 0, 63, 47)


def moving(folder: Path) -> dict[int, np.ndarray]:
    """Three frames, each with a data window of its own."""
    pictures = {number: noise(number, (20 if number < 1003 else 32, 32, 3)) for number in WINDOWS}
    for number, rgb in pictures.items():
        header = {"dataWindow": box(*WINDOWS[number]), "displayWindow": box(*DISPLAY)}
        write_exr(folder / f"a.{number}.exr", rgb, **header)
    return pictures


def test_data_windows_that_move_lie_on_their_union(tmp_path: Path) -> None:
    pictures = moving(tmp_path)
    plate = open_plate(job(tmp_path / "a.####.exr", data_window="union"))
    union = (-6, 0, 41, 51)
    assert (plate.info.data_window, plate.info.display_window) == (union, DISPLAY)
    assert (plate.info.width, plate.info.height) == (48, 52)
    for number, read in zip(WINDOWS, plate.pictures(list(WINDOWS)), strict=True):
        x0, y0, x1, y1 = WINDOWS[number]
        inside = read[y0 - union[1] : y1 + 1 - union[1], x0 - union[0] : x1 + 1 - union[0]]
        assert same_bits(np.ascontiguousarray(inside), pictures[number])
        assert np.count_nonzero(read) == np.count_nonzero(pictures[number])
        assert sum(plate.exr_header(number)["dataWindow"], ()) == WINDOWS[number]


def test_the_union_is_part_of_every_chunks_key(tmp_path: Path) -> None:
    moving(tmp_path)
    whole, two = (job(tmp_path / "a.####.exr", frames, data_window="union") for frames in ("1001-1003", "1001-1002"))
    assert open_plate(whole).fingerprint([1001]) != open_plate(two).fingerprint([1001])


def test_a_frame_that_can_not_be_read_does_not_take_the_union_with_it(tmp_path: Path) -> None:
    moving(tmp_path)
    (tmp_path / "a.1003.exr").write_bytes(b"")
    plate = open_plate(job(tmp_path / "a.####.exr", data_window="union"))
    assert plate.info.data_window == (0, 0, 41, 24)
    assert len(list(plate.pictures([1001, 1002]))) == 2
    with pytest.raises(PlateError, match="the file is empty"):
        list(plate.pictures([1003]))


def test_a_layer_is_part_of_the_key(tmp_path: Path) -> None:
    OpenEXR.File(BASE, {"RGB": noise(1)} | layer("b", noise(2))).write(str(tmp_path / "a.1001.exr"))
    path = tmp_path / "a.####.exr"
    plain, named = open_plate(job(path, "1001")), open_plate(job(path, "1001", layer="b"))
    assert plain.fingerprint([1001]) != named.fingerprint([1001])


@pytest.mark.parametrize(
    ("said", "space", "header_color", "told"),
    [
        ("lin_ap1_scene", "ACEScg", "check", None),
        ("lin_ap1_scene", "lin_ap1", "check", None),
        ("lin_ap0_scene", "ACES2065-1", "check", None),
        ("studio:logx", "ACEScg", "check", "'studio:logx' is not known"),
        ("unknown", "ACEScg", "check", "'unknown' is not known"),
        ("lin_ap0_scene", "ACEScg", "ignore", "lin_ap0_scene is ignored"),
    ],
)
def test_interop_ids(said: str, space: str, header_color: str, told: str | None, tmp_path: Path) -> None:
    write_exr(tmp_path / "a.1001.exr", noise(), colorInteropID=said)
    plate = open_plate(job(tmp_path / "a.####.exr", "1001", color_space=space, header_color=header_color))
    notes = " ".join(plate.info.notes)
    assert (told in notes) if told else (notes == "")
    assert len(list(plate.pictures([1001]))) == 1


def test_a_contradicting_id_is_refused_with_both_names(tmp_path: Path) -> None:
    write_exr(tmp_path / "a.1001.exr", noise(), colorInteropID="lin_ap1_scene")
    write_exr(tmp_path / "a.1002.exr", noise(), colorInteropID="lin_ap0_scene")
    with pytest.raises(PlateError) as told:
        open_plate(job(tmp_path / "a.####.exr", "1001", color_space="ACES2065-1"))
    for part in ("is lin_ap1_scene", "says ACES2065-1", "plate.color_space: lin_ap1_scene", "header_color: ignore"):
        assert part in str(told.value)
    with pytest.raises(PlateError, match=r"is lin_ap0_scene, the manifest says ACEScg.*frames 1002"):
        list(open_plate(job(tmp_path / "a.####.exr", "1001-1002")).pictures([1001, 1002]))


def test_other_primaries_are_told(tmp_path: Path) -> None:
    primaries = {space: OpenEXR.colorInteropIDToChromaticities(f"lin_{space}_scene") for space in ("ap0", "ap1")}
    for space, count in (("ap0", 1), ("ap1", 0)):
        write_exr(tmp_path / "a.1001.exr", noise(), chromaticities=primaries[space])
        notes = open_plate(job(tmp_path / "a.####.exr", "1001")).info.notes
        assert sum("chromaticities are not those of ACEScg" in note for note in notes) == count
