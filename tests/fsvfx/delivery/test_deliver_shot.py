"""Review, contact sheet and report of a video plate with sound; and what verify finds."""

from __future__ import annotations

import wave
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from fsvfx.delivery import deliver_chunk, deliver_shot, subjects, verify_deliverables
from fsvfx.errors import IncompleteError
from fsvfx.media.video.writer import VideoFormat, codec_of, write_video
from schemas.frames import FrameRange
from schemas.receipts import Receipt
from schemas.report import DeliveryReport

NONE = FrameRange(())
RATE = Fraction(24000, 1001)
DELIVER = [{"kind": "exr", "path": "exr/sh010.{frame}.exr"}, {"kind": "review", "path": "sh010.mp4"}]


def _pictures(count: int) -> Iterator[np.ndarray]:
    ramp = np.mgrid[:71, :91].sum(axis=0).astype(np.uint8)
    for number in range(count):
        yield np.stack([ramp, ramp[::-1], np.full_like(ramp, 40 + number * 10)], axis=-1)


@pytest.fixture
def kit(tmp_path: Path, shot_kit: Callable[..., Any]) -> Callable[..., Any]:
    def make(**options: Any) -> Any:
        sound = tmp_path / "sound.wav"
        with wave.open(str(sound), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(48000)
            file.writeframes((np.sin(np.arange(24000) / 20) * 9000).astype("<i2").tobytes())
        plate = tmp_path / "plate.mp4"
        write_video(
            plate,
            _pictures(12),
            VideoFormat((71, 91), RATE, codec_of("h264", crf=4), audio=sound, timecode="01:00:00:00"),
        )
        frames = FrameRange.span(1001, 1007)
        return shot_kit({"path": str(plate), "frames": frames, "color_space": "sRGB"}, DELIVER, **options)

    return make


def _deliver(made: Any, waived: FrameRange = NONE) -> tuple[Receipt, list[Receipt]]:
    chunks = [made.commit(deliver_chunk(made.job, unit, made.of_chunk(unit), waived)) for unit in made.units]
    inputs = [*chunks, *made.ingest, *made.composite, *made.measure]
    return made.commit(deliver_shot(made.job, inputs, waived)), inputs


def _of(receipt: Receipt, kind: str) -> Path:
    return next(Path(file.path) for file in receipt.files if file.kind == kind)


def test_review_has_the_frames_the_rate_and_the_sound(kit: Callable[..., Any], tmp_path: Path) -> None:
    made = kit()
    receipt, _ = _deliver(made)
    with av.open(str(_of(receipt, "review"))) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert video.average_rate == RATE
        assert float(audio.duration * audio.time_base) == pytest.approx(7 / RATE, abs=0.03)
        assert "AI-ALTERED" in container.metadata["comment"]
        assert container.metadata["timecode"] == "01:00:00:00"
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(frames) == 7
    plates = list(_pictures(7))
    for frame, plate in zip(frames, plates):  # 8-bit 4:2:0 twice; above the burn-in and beside the patch
        assert np.abs(frame[20:50, 30:88].astype(int) - plate[20:50, 30:88]).mean() < 4


def test_report_accounts_for_every_file(kit: Callable[..., Any]) -> None:
    made = kit()
    receipt, _ = _deliver(made, FrameRange([1003]))
    report = DeliveryReport.model_validate_json(_of(receipt, "report").read_bytes())
    assert [file.kind for file in report.files] == ["exr"] * 7 + ["review", "contact_sheet"]
    assert [file.frame for file in report.files[:7]] == list(range(1001, 1008))
    assert (str(report.frames), str(report.waived), str(report.without_swap)) == ("1001-1007", "1003", "1002-1003")
    assert (report.frame_rate, report.timecode, report.timecode_source) == ("24000/1001", "01:00:00:00", "plate")
    assert report.colour.delivered == ("ACEScg",)
    assert report.rights.records == report.rights.test_records == ("test-double", "test-lead")
    assert report.swaps[0].engine_version == 7
    assert {one.stage for one in report.stages} == {"deliver", "ingest", "composite", "measure", "swap"}
    assert report.weights == {"net": "5" * 64}
    assert report.qc["closer_to_identity"] == 1
    assert report.qc["seam"]["highest"] == 2
    assert report.versions["fsvfx"]
    assert verify_deliverables(made.job) == []


def test_what_the_manifest_does_not_list_lies_beside(kit: Callable[..., Any], tmp_path: Path) -> None:
    receipt, _ = _deliver(kit())
    assert _of(receipt, "report") == tmp_path / "out" / "exr" / "sh010.report.json"
    with Image.open(tmp_path / "out" / "exr" / "sh010.contact.png") as sheet:
        assert min(sheet.size) > 32


def test_a_frame_that_is_not_done_is_named(kit: Callable[..., Any], tmp_path: Path) -> None:
    made = kit(skip=("composite 1004-1006",))
    with pytest.raises(IncompleteError, match="1004-1006") as caught:
        deliver_shot(made.job, [*made.ingest, *made.composite, *made.measure], FrameRange([1002]))
    assert "fsvfx waive" in caught.value.hint
    assert not (tmp_path / "out").exists()
    receipt, _ = _deliver(made, FrameRange.span(1004, 1006))
    assert DeliveryReport.model_validate_json(_of(receipt, "report").read_bytes()).waived == FrameRange.span(1004, 1006)


def test_a_second_time_nothing_is_done(kit: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    made = kit()
    receipt, inputs = _deliver(made)
    monkeypatch.setattr(subjects, "place", None)
    assert deliver_shot(made.job, inputs, NONE) == receipt


@pytest.mark.parametrize("kind", ["exr", "review", "report"])
def test_verify_finds_one_flipped_byte(kit: Callable[..., Any], kind: str) -> None:
    made = kit()
    receipt, inputs = _deliver(made)
    path = _of(inputs[0] if kind == "exr" else receipt, kind)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    (problem,) = verify_deliverables(made.job)
    assert problem.where.file == str(path)
    assert "has changed since" in problem.what
    path.unlink()
    (problem,) = verify_deliverables(made.job)
    assert "is missing" in problem.what


def test_nothing_delivered_is_no_problem(kit: Callable[..., Any]) -> None:
    assert verify_deliverables(kit().job) == []
