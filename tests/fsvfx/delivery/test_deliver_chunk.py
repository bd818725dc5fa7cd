"""EXR frames: pixels, headers, and that they appear whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
import pytest

from fsvfx.colour import ColourConfig, convert, plate_to_comp
from fsvfx.delivery import deliver_chunk, frames, is_intact, subjects
from fsvfx.errors import IncompleteError, MachineError, RightsError
from fsvfx.media import open_plate
from schemas.frames import FrameRange
from schemas.receipts import Receipt

NONE = FrameRange(())
LINEAR = {"frames": FrameRange.span(1001, 1005), "color_space": "ACEScg", "frame_rate": "30000/1001",
          "timecode": "00:00:59;28"}  # fmt: skip
EXR = {"kind": "exr", "path": "sh010.{frame}.exr"}


@pytest.fixture
def kit(shot_kit: Callable[..., Any], exr_plate: Callable[..., Path]) -> Callable[..., Any]:
    def make(*deliver: dict[str, Any], space: str = "ACEScg", skip: tuple[str, ...] = (), **header: Any) -> Any:
        plate = {**LINEAR, "path": str(exr_plate(range(1001, 1006), **header)), "color_space": space}
        return shot_kit(plate, list(deliver) or [EXR], skip=skip)

    return make


def test_outside_the_matte_the_bits_are_the_plates(kit: Callable[..., Any]) -> None:
    made = kit()
    plates = dict(zip(range(1001, 1006), open_plate(made.job).pictures(range(1001, 1006))))
    for unit in made.units:
        for file in deliver_chunk(made.job, unit, made.of_chunk(unit), NONE).files:
            channels = OpenEXR.File(file.path).channels()
            rgb, matte = channels["RGB"].pixels, channels["matte.A"].pixels
            assert rgb.dtype == matte.dtype == np.float16
            outside = matte == 0
            assert np.array_equal(rgb[outside].view(np.uint16), plates[file.frame][outside].view(np.uint16))
            assert (matte > 0).sum() == (0 if file.frame == 1002 else 42)
            if file.frame != 1002:
                assert (rgb[~outside] != plates[file.frame][~outside]).any()


def test_header_says_what_the_frame_is(kit: Callable[..., Any]) -> None:
    made = kit(cameraModel="Alexa 35", comments="kept", **{"com.studio.colorSpace": "ACES"}, chromaticities=(0.1,) * 8)
    receipt = deliver_chunk(made.job, made.units[0], made.of_chunk(made.units[0]), FrameRange([1003]))
    headers = [OpenEXR.File(file.path).header() for file in receipt.files]
    first = headers[0]
    assert first["framesPerSecond"] == Fraction(30000, 1001)
    assert first["colorInteropID"] == "lin_ap1_scene"
    assert OpenEXR.checkColorMetadata(first) == OpenEXR.ColorMetadataWarning.OK
    assert first["chromaticities"][0] == pytest.approx(0.713)
    assert [corner.tolist() for corner in first["dataWindow"]] == [[-3, 2], [22, 19]]
    assert [corner.tolist() for corner in first["displayWindow"]] == [[0, 0], [19, 19]]
    codes = [(code.seconds, code.frame, code.dropFrame) for code in (header["timeCode"] for header in headers)]
    assert codes == [(59, 28, 1), (59, 29, 1), (0, 2, 1)]
    assert [header["imageCounter"] for header in headers] == [1001, 1002, 1003]
    assert first["fsvfx/first_frame"] == 1001
    assert first["fsvfx/statement"].startswith("AI-ALTERED")
    told = {name: first[f"fsvfx/{name}"] for name in ("shot", "performers", "identities", "engines")}
    assert told == {"shot": "sh010", "performers": "double", "identities": "lead", "engines": "landmark_warp"}
    assert len(first["fsvfx/rights"]) >= 32
    assert first["cameraModel"] == "Alexa 35"
    assert first["comments"] == "kept"
    assert "com.studio.colorSpace" not in first
    assert [header["fsvfx/altered"][:3] for header in headers] == ["yes", "no:", "no:"]


def test_same_work_elsewhere_has_the_same_bytes(kit: Callable[..., Any]) -> None:
    made = kit(EXR, {"kind": "exr", "path": "again/other.####.exr"})
    unit = made.units[0]
    files = deliver_chunk(made.job, unit, made.of_chunk(unit), NONE).files
    assert len({file.digest for file in files}) == 3
    assert [file.frame for file in files] == [1001, 1001, 1002, 1002, 1003, 1003]


def test_another_space_is_converted(kit: Callable[..., Any]) -> None:
    made = kit(EXR | {"color_space": "linear_rec709", "compression": "piz"})
    unit = made.units[0]
    file = deliver_chunk(made.job, unit, made.of_chunk(unit), NONE).files[1]  # 1002: no swap
    read = OpenEXR.File(file.path)
    plate = next(open_plate(made.job).pictures([1002]))
    wanted = convert(plate, "ACEScg", "linear_rec709", ColourConfig.of(made.job)).astype(np.float16)
    assert np.array_equal(read.channels()["RGB"].pixels, wanted)
    assert read.header()["colorInteropID"] == "lin_rec709_scene"
    assert read.header()["compression"] == OpenEXR.PIZ_COMPRESSION


def test_log_plates_are_delivered_in_acescg(kit: Callable[..., Any]) -> None:
    made = kit(space="ACEScct")
    unit = made.units[0]
    file = deliver_chunk(made.job, unit, made.of_chunk(unit), NONE).files[1]
    plate = next(open_plate(made.job).pictures([1002]))
    wanted = plate_to_comp(plate, "ACEScct", ColourConfig.of(made.job))
    assert np.array_equal(OpenEXR.File(file.path).channels()["RGB"].pixels, wanted)


def test_waived_frames_are_the_plates(kit: Callable[..., Any]) -> None:
    made = kit(skip=("composite 1004-1005",))
    unit = made.units[1]
    with pytest.raises(IncompleteError) as caught:
        deliver_chunk(made.job, unit, made.of_chunk(unit), FrameRange([1004]))
    assert str(caught.value.where.frames) == "1005"
    assert "--frames 1005" in caught.value.hint
    assert not list(Path(made.job.deliver[0].path).parent.glob("*"))
    receipt = deliver_chunk(made.job, unit, made.of_chunk(unit), FrameRange([1004, 1005]))
    assert len(receipt.files) == 2
    assert receipt.qc["altered"] == ""
    assert not OpenEXR.File(receipt.files[0].path).channels()["matte.A"].pixels.any()


def test_what_is_there_is_left_alone(kit: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    made = kit()
    unit = made.units[0]
    first = made.commit(deliver_chunk(made.job, unit, made.of_chunk(unit), NONE))
    with monkeypatch.context() as patched:
        patched.setattr(subjects, "place", None)  # would fail if anything were written
        assert deliver_chunk(made.job, unit, made.of_chunk(unit), NONE) == first
    Path(first.files[0].path).unlink()
    assert not is_intact(first)
    again = deliver_chunk(made.job, unit, made.of_chunk(unit), NONE)
    assert again.digest == first.digest
    assert is_intact(first)


def test_a_replaced_delivery_vouches_for_nothing(kit: Callable[..., Any]) -> None:
    """Uncompressed frames have one size whatever is in them: going back to old settings must write them again."""
    made = kit(EXR | {"compression": "none"})
    unit = made.units[0]
    first = made.commit(deliver_chunk(made.job, unit, made.of_chunk(unit), NONE))
    made.commit(deliver_chunk(made.job, unit, made.of_chunk(unit), FrameRange([1001])))
    third = deliver_chunk(made.job, unit, made.of_chunk(unit), NONE)
    assert third.attempt != first.attempt
    assert third.digest == first.digest


def test_a_crash_leaves_no_file(kit: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    made = kit()
    unit = made.units[0]

    def crash(path: Path, *rest: object) -> None:
        path.write_bytes(b"half a frame")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(frames, "write_exr", crash)
    with pytest.raises(MachineError, match="No space left"):
        deliver_chunk(made.job, unit, made.of_chunk(unit), NONE)
    assert list(Path(made.job.deliver[0].path).parent.iterdir()) == []


def test_the_gate_is_asked_again(kit: Callable[..., Any]) -> None:
    made = kit()
    consent = Path(made.job.people["lead"].consent)
    consent.write_text(consent.read_text().replace("status: none", "status: revoked"))
    with pytest.raises(RightsError):
        deliver_chunk(made.job, made.units[0], made.of_chunk(made.units[0]), NONE)
    assert not Path(made.job.deliver[0].path).parent.exists()


def test_receipts_survive_the_ledger(kit: Callable[..., Any]) -> None:
    made = kit()
    receipt = deliver_chunk(made.job, made.units[0], made.of_chunk(made.units[0]), NONE)
    assert Receipt.model_validate_json(receipt.model_dump_json()) == receipt
