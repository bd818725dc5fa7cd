"""Plates that tell no frame rate: frames are delivered, and say nothing of a rate; a video is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import OpenEXR
import OpenImageIO as oiio
import pytest

from fsvfx.delivery import deliver_chunk, deliver_shot
from fsvfx.errors import InputError, PlateError
from fsvfx.media import open_plate
from schemas.frames import FrameRange
from schemas.report import DeliveryReport

NONE = FrameRange(())
PLATE = {"frames": FrameRange.span(1001, 1005), "color_space": "ACEScg"}
EXR = {"kind": "exr", "path": "out/sh010.####.exr"}
DPX = {"kind": "frames", "path": "out/sh010.####.dpx", "color_space": "ACEScct"}
TIFF = {"kind": "frames", "path": "out/sh010.####.tif", "depth": "float"}
MATTES = {"kind": "mattes", "path": "out/matte.####.exr"}
REPORT = {"kind": "report", "path": "out/report.json"}
SHEET = {"kind": "contact_sheet", "path": "out/sheet.png"}
REVIEW = {"kind": "review", "path": "out/review.mp4"}
MOVIE = {"kind": "movie", "path": "out/movie.mov", "color_space": "Rec.709"}


@pytest.fixture
def kit(shot_kit: Callable[..., Any], exr_plate: Callable[..., Path]) -> Callable[..., Any]:
    def make(*deliver: dict[str, Any], plate: dict[str, Any] = PLATE, **header: Any) -> Any:
        return shot_kit({**plate, "path": str(exr_plate(range(1001, 1006), **header))}, list(deliver))

    return make


def _chunk(made: Any) -> Any:
    return deliver_chunk(made.job, made.units[0], made.of_chunk(made.units[0]), NONE)


@pytest.mark.parametrize("wish", [EXR, MATTES])
def test_exr_frames_leave_the_rate_out(kit: Callable[..., Any], wish: dict[str, Any]) -> None:
    header = OpenEXR.File(_chunk(kit(wish)).files[0].path).header()
    assert not {"framesPerSecond", "timeCode", "fsvfx/timecode", "fsvfx/timecode_source"} & header.keys()
    assert header["imageCounter"] == 1001


def test_the_plates_own_timecodes_stay(kit: Callable[..., Any]) -> None:
    code = OpenEXR.TimeCode(10, 20, 30, 11, *[False] * 6, *[0] * 8)
    header = OpenEXR.File(_chunk(kit(EXR, timeCode=code)).files[0].path).header()
    assert (header["timeCode"].hours, header["timeCode"].frame) == (10, 11)


@pytest.mark.parametrize("wish", [DPX, TIFF])
def test_other_frames_too(kit: Callable[..., Any], wish: dict[str, Any]) -> None:
    spec = oiio.ImageBuf(_chunk(kit(wish)).files[0].path).spec()
    assert spec.getattribute("dpx:FrameRate") is None
    assert spec.getattribute("smpte:TimeCode") is None


def test_report_and_contact_sheet(kit: Callable[..., Any]) -> None:
    made = kit(EXR, REPORT, SHEET)
    given = [made.commit(deliver_chunk(made.job, unit, made.of_chunk(unit), NONE)) for unit in made.units]
    receipt = deliver_shot(made.job, [*given, *made.ingest, *made.composite, *made.measure], NONE)
    path = next(file.path for file in receipt.files if file.kind == "report")
    report = DeliveryReport.model_validate_json(Path(path).read_bytes())
    assert (report.frame_rate, report.timecode, report.timecode_source) == (None, None, None)


@pytest.mark.parametrize("wish", [REVIEW, MOVIE])
def test_videos_are_refused(kit: Callable[..., Any], wish: dict[str, Any]) -> None:
    made = kit(wish)
    with pytest.raises(InputError, match="needs a frame rate"):
        deliver_shot(made.job, [*made.ingest, *made.composite, *made.measure], NONE)


def test_a_timecode_without_a_rate_is_refused(kit: Callable[..., Any]) -> None:
    with pytest.raises(PlateError, match="has no frame rate") as caught:
        open_plate(kit(EXR, plate=PLATE | {"timecode": "01:00:00:00"}).job).info  # noqa: B018
    assert "plate.frame_rate" in caught.value.hint
