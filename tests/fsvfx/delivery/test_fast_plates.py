"""Plates above 30 frames a second, delivered: EXR and DPX count as SMPTE does, text and movies every frame."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import OpenEXR
import OpenImageIO as oiio
import pytest

from fsvfx.delivery import deliver_chunk, deliver_shot
from fsvfx.media import open_plate
from schemas.frames import FrameRange
from schemas.report import DeliveryReport

NONE = FrameRange(())
WISHES = [
    {"kind": "exr", "path": "x.{frame}.exr"},
    {"kind": "frames", "path": "x.{frame}.dpx", "color_space": "ACEScct"},
]
FAST = [
    # rate, plate's address, mark, frames of the address out, marks, texts
    (Fraction(60000, 1001), (29, 0), [29, 29, 0], [0, 1, 0], ["01:00:00:58", "01:00:00:59", "01:00:01:00"]),
    (Fraction(60), (29, 1), [29, 0, 0], [1, 0, 1], ["01:00:00:59", "01:00:01:00", "01:00:01:01"]),
    (Fraction(50), (24, 0), [24, 24, 0], [0, 1, 0], ["01:00:00:48", "01:00:00:49", "01:00:01:00"]),
    (Fraction(48000, 1001), (23, 0), [23, 23, 0], [0, 1, 0], ["01:00:00:46", "01:00:00:47", "01:00:01:00"]),
    (Fraction(48), (5, 1), [5, 6, 6], [1, 0, 1], ["01:00:00:11", "01:00:00:12", "01:00:00:13"]),
    (Fraction(24), (23, 0), [23, 0, 1], [0, 0, 0], ["01:00:00:23", "01:00:01:00", "01:00:01:01"]),
]


def _plate(exr_plate: Callable[..., Path], rate: Fraction, address: tuple[int, int]) -> Path:
    """Frames 1001 to 1003 by another hand than ours: each address twice, above 30 frames a second."""
    group, count = (2, round(rate) // 2) if rate > 30 else (1, round(rate))
    for number in range(3):
        frame, mark = divmod(address[0] * group + address[1] + number, group)
        code = OpenEXR.TimeCode(1, 0, frame // count, frame % count, 0, 1, mark, 0, 0, 0, *range(8))
        path = exr_plate([1001 + number], timeCode=code, framesPerSecond=rate)
    return path


@pytest.mark.parametrize(("rate", "address", "frames", "marks", "texts"), FAST)
def test_exr_and_dpx(
    rate: Fraction, address: tuple[int, int], frames: list[int], marks: list[int], texts: list[str],
    shot_kit: Callable[..., Any], exr_plate: Callable[..., Path],
) -> None:  # fmt: skip
    plate = {"path": str(_plate(exr_plate, rate, address)), "frames": "1001-1003", "color_space": "ACEScg"}
    made = shot_kit(plate, WISHES)
    files = [file for unit in made.units for file in deliver_chunk(made.job, unit, made.of_chunk(unit), NONE).files]
    headers = [OpenEXR.File(file.path, header_only=True).header() for file in files if file.path.endswith("exr")]
    codes = [header["timeCode"] for header in headers]
    assert [code.frame for code in codes] == frames
    assert [code.fieldPhase for code in codes] == marks
    assert [header["fsvfx/timecode"] for header in headers] == texts
    assert {code.userData for code in codes} == {OpenEXR.TimeCode(0, 0, 0, 0, *[0] * 6, *range(8)).userData}
    words = [_word(file.path) for file in files if file.path.endswith("dpx")]
    place = 31 if rate == 50 else 15
    assert [(word & 0x3F, word >> place & 1) for word in words] == [(int(str(f), 16), m) for f, m in zip(frames, marks)]


def test_what_was_delivered_is_a_plate_again(shot_kit: Callable[..., Any], exr_plate: Callable[..., Path]) -> None:
    plate = {"path": str(_plate(exr_plate, Fraction(60), (29, 1))), "frames": "1001-1003", "color_space": "ACEScg"}
    made = shot_kit(plate, WISHES)
    for unit in made.units:
        deliver_chunk(made.job, unit, made.of_chunk(unit), NONE)
    folder = Path(made.job.deliver[0].path).parent
    for ending in ("exr", "dpx"):
        again = {**made.job.shot.plate.model_dump(), "path": str(folder / f"x.####.{ending}")}
        job = made.job.model_copy(update={"shot": made.job.shot.model_copy(
            update={"plate": made.job.shot.plate.model_validate(again)})})  # fmt: skip
        info = open_plate(job).info
        assert info.timecode == "01:00:00:59"
        assert info.frame_rate == 60


@pytest.mark.parametrize(
    ("rate", "start", "frames"),
    [
        (Fraction(120), "01:00:00:118", [29, 29, 0]),
        (Fraction(120000, 1001), "00:00:59;119", [29, 2, 2]),
        (Fraction(100), "01:00:00:99", [24, 0, 0]),
        (Fraction(96000, 1001), "01:00:00:95", [23, 0, 0]),
    ],
)
def test_super_frames(
    rate: Fraction, start: str, frames: list[int], shot_kit: Callable[..., Any], exr_plate: Callable[..., Path]
) -> None:
    """ST 12-3: one address for four frames; which of them it is, our own entry says."""
    path = exr_plate(range(1001, 1004), framesPerSecond=rate)
    plate = {"path": str(path), "frames": "1001-1003", "color_space": "ACEScg", "timecode": start}
    made = shot_kit(plate, WISHES[:1])
    files = [file for unit in made.units for file in deliver_chunk(made.job, unit, made.of_chunk(unit), NONE).files]
    headers = [OpenEXR.File(file.path, header_only=True).header() for file in files]
    assert [header["timeCode"].frame for header in headers] == frames
    assert headers[0]["fsvfx/timecode"] == start


@pytest.mark.parametrize(
    ("rate", "start", "movie", "review"),
    [
        (Fraction(60000, 1001), "00:00:59;59", "00:00:59;59", "00:00:59;58"),
        (Fraction(50), "01:00:00:49", "01:00:00:49", "01:00:00:48"),
        (Fraction(120000, 1001), "00:01:00;008", "00:01:00;008", "00:00:59;119"),
    ],
)
def test_movies_and_report(
    rate: Fraction, start: str, movie: str, review: str, shot_kit: Callable[..., Any], exr_plate: Callable[..., Path]
) -> None:
    """The review's slate stands one frame before the shot."""
    path = exr_plate(range(1001, 1004), size=(48, 64), framesPerSecond=rate)
    plate = {"path": str(path), "frames": "1001-1003", "color_space": "ACEScg", "timecode": start}
    wishes = [
        {"kind": "movie", "path": "m.mov", "codec": "prores_422"},
        {"kind": "review", "path": "r.mp4", "slate": True},
    ]
    made = shot_kit(plate, wishes)
    chunks = [made.commit(deliver_chunk(made.job, unit, made.of_chunk(unit), NONE)) for unit in made.units]
    receipt = deliver_shot(made.job, [*chunks, *made.ingest, *made.composite, *made.measure], NONE)
    paths = {file.kind: file.path for file in receipt.files}
    for kind, timecode in (("movie", movie), ("review", review)):
        with av.open(paths[kind]) as container:
            assert container.streams.video[0].average_rate == rate
            assert container.streams.data[0].metadata["timecode"] == timecode
    report = DeliveryReport.model_validate_json(Path(paths["report"]).read_bytes())
    assert (report.frame_rate, report.timecode) == (str(rate), start)


def _word(path: str) -> int:
    spec = oiio.ImageInput.open(path).spec()
    return int(spec.getattribute("smpte:TimeCode")[0]) & 0xFFFFFFFF
