"""A shot's other deliverables: movies, slate, MHL; what the report and verify say of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from ascmhl.commands import verify_entire_folder
from av.video.reformatter import VideoReformatter

from fsvfx.delivery import deliver_chunk, deliver_shot, verify_deliverables
from fsvfx.delivery.review import draw_slate
from fsvfx.media import open_plate
from fsvfx.media.video import rgb as video_rgb
from fsvfx.media.video.writer import VideoFormat, codec_of, write_video
from schemas.frames import FrameRange
from schemas.receipts import Receipt
from schemas.report import DeliveryReport

NONE = FrameRange(())
DELIVER = [
    {"kind": "exr", "path": "sh010/exr/x.{frame}.exr"},
    {"kind": "movie", "path": "sh010/x.mov", "color_space": "Rec.709"},
    {"kind": "review", "path": "sh010/review.mov", "codec": "prores", "slate": True},
    {"kind": "mhl", "path": "sh010"},
]


def _pictures() -> Iterator[np.ndarray]:
    for number in range(4):
        picture = np.zeros((128, 256, 3), np.uint8)
        picture[..., 0], picture[..., 1] = np.arange(256), 40 * number
        yield picture


@pytest.fixture
def kit(tmp_path: Path, shot_kit: Callable[..., Any]) -> Callable[..., Any]:
    def make(**options: Any) -> Any:
        plate = tmp_path / "plate.mp4"
        wanted = VideoFormat((128, 256), Fraction(24), codec_of("h264", crf=1), timecode="01:00:00:00")
        write_video(plate, _pictures(), wanted)
        return shot_kit(
            {"path": str(plate), "frames": FrameRange.span(1001, 1004), "color_space": "sRGB"}, DELIVER, **options
        )

    return make


def _deliver(made: Any) -> Receipt:
    chunks = [made.commit(deliver_chunk(made.job, unit, made.of_chunk(unit), NONE)) for unit in made.units]
    inputs = [*chunks, *made.ingest, *made.composite, *made.measure]
    receipt: Receipt = made.commit(deliver_shot(made.job, inputs, NONE))
    return receipt


def _of(receipt: Receipt, kind: str) -> Path:
    return next(Path(file.path) for file in receipt.files if file.kind == kind)


def test_every_file_is_accounted_for(kit: Callable[..., Any], tmp_path: Path) -> None:
    made = kit()
    receipt = _deliver(made)
    assert [file.kind for file in receipt.files] == ["movie", "review", "contact_sheet", "report", "mhl"]
    report = DeliveryReport.model_validate_json(_of(receipt, "report").read_bytes())
    assert report.colour.delivered == ("ACEScg", "Gamma 2.4 Encoded Rec.709")
    there = {path for path in (tmp_path / "out").rglob("*") if path.is_file() and path.suffix not in (".mhl", ".xml")}
    assert {Path(file.path) for file in report.files} | {_of(receipt, "report")} == there
    verify_entire_folder(str(tmp_path / "out" / "sh010"), False, None, None)
    assert verify_deliverables(made.job) == []
    again = _deliver(made)
    assert again.attempt == receipt.attempt


def test_verify_finds_a_damaged_history(kit: Callable[..., Any]) -> None:
    made = kit()
    receipt = _deliver(made)
    chain = _of(receipt, "mhl").with_name("ascmhl_chain.xml")
    chain.write_text(chain.read_text().replace("<c4>c4", "<c4>c5"))
    (problem,) = verify_deliverables(made.job)
    assert problem.where.file == str(_of(receipt, "mhl"))
    assert "the history can't be read" in problem.what


def test_the_slate_comes_first_and_the_timecode_before_it(kit: Callable[..., Any]) -> None:
    with av.open(str(_of(_deliver(kit()), "review"))) as container:
        assert container.streams.video[0].metadata["timecode"] == "00:59:59:23"
        frames = [frame.to_ndarray(format="rgb24").astype(int) for frame in container.decode(video=0)]
    assert len(frames) == 5
    ground, chips = frames[0][:, -8], frames[0][-3]
    assert np.abs(ground[5:100] - [24, 24, 26]).max() < 8
    assert (
        np.abs(chips[[9, 137, 155, 174, 192]] - [[0] * 3, [255] * 3, [255, 0, 0], [0, 255, 0], [0, 0, 255]]).max() < 24
    )


def test_a_movie_is_in_its_space_and_bare(kit: Callable[..., Any]) -> None:
    made = kit(swaps=False)
    receipt = _deliver(made)
    with av.open(str(_of(receipt, "movie"))) as container:
        assert container.metadata["comment"].startswith("Not altered")
        context = container.streams.video[0].codec_context
        assert (context.color_primaries, context.color_trc, context.colorspace) == (1, 1, 1)
        frames = [video_rgb.to_rgb(frame, VideoReformatter()) / 65535 for frame in container.decode(video=0)]
    for frame, plate in zip(frames, open_plate(made.job).pictures(list(made.job.shot.plate.frames))):
        light = np.where(plate > 10, ((plate / 255 + 0.055) / 1.055) ** 2.4, plate / 255 / 12.92)
        off = 255 * np.abs(frame - light ** (1 / 2.4))
        assert np.median(off) < 1
        assert off.mean() < 2


@pytest.mark.parametrize("size", [(1080, 1920), (288, 360), (18, 26)])
def test_a_slate_fits_every_size(size: tuple[int, int]) -> None:
    picture = draw_slate(size, "AI-ALTERED", [("Shot", "sh010"), ("Swap", "a very long line " * 20)])
    assert picture.shape == (*size, 3)
    if size[0] > 100:
        assert (np.abs(picture[: size[0] // 3].astype(int) - [255, 196, 64]).sum(-1) < 30).any()
        assert (picture[: int(size[0] * 0.9), -size[1] // 40 :] == [24, 24, 26]).all()
