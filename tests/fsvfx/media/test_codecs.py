"""Colour bars through the codecs that productions hand over: the right matrix and range, at the codec's precision.

The codes are computed here by ITU-T H.273, so that no other program's conversion stands between.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from footage import shot_job

from fsvfx.media import open_plate

WIDTH, HEIGHT = 256, 128
BARS = 0.75 * np.array([(1, 1, 1), (1, 1, 0), (0, 1, 1), (0, 1, 0), (1, 0, 1), (1, 0, 0), (0, 0, 1), (0, 0, 0)])
MATRIX = {"bt709": (0.2126, 0.0722), "smpte170m": (0.299, 0.114), "bt2020nc": (0.2627, 0.0593)}
X265 = ("-x265-params", "log-level=error")


@dataclass(frozen=True)
class Codec:
    """``off``: the largest error allowed, in codes of the video's depth; ``full``: whether it can tag full range."""

    ending: str
    pix_fmt: str
    options: tuple[str, ...]
    off: float
    full: bool = False
    only: str | None = None
    """The one matrix that ffmpeg's encoder can write."""

    @property
    def bits(self) -> int:
        return 12 if "12" in self.pix_fmt else 10 if "10" in self.pix_fmt else 8


CODECS = {
    "ProRes 422 HQ": Codec("mov", "yuv422p10le", ("prores_ks", "-profile:v", "3"), 1.5),
    "ProRes 422 Proxy": Codec("mov", "yuv422p10le", ("prores_ks", "-profile:v", "0"), 3),
    "ProRes 4444": Codec("mov", "yuv444p10le", ("prores_ks", "-profile:v", "4"), 1.5),
    "ProRes 4444 with alpha": Codec("mov", "yuva444p10le", ("prores_ks", "-profile:v", "4"), 1.5),
    "DNxHR HQ": Codec("mov", "yuv422p", ("dnxhd", "-profile:v", "dnxhr_hq"), 1.5, True, "bt709"),
    "DNxHR HQX": Codec("mov", "yuv422p10le", ("dnxhd", "-profile:v", "dnxhr_hqx"), 1.5, True, "bt709"),
    "DNxHR 444": Codec("mxf", "yuv444p10le", ("dnxhd", "-profile:v", "dnxhr_444"), 1.5, False, "bt709"),
    "H.264": Codec("mp4", "yuv420p", ("libx264", "-crf", "4"), 1.5, True),
    "H.264 10 bit": Codec("mp4", "yuv422p10le", ("libx264", "-crf", "4"), 1.5, True),
    "H.264 4:4:4": Codec("mp4", "yuv444p", ("libx264", "-crf", "4"), 1.5, True),
    "HEVC": Codec("mp4", "yuv420p", ("libx265", "-crf", "4", *X265), 1.5, True),
    "HEVC 10 bit": Codec("mp4", "yuv420p10le", ("libx265", "-crf", "4", *X265), 2, True),
    "HEVC 12 bit": Codec("mp4", "yuv444p12le", ("libx265", "-crf", "4", *X265), 6, True),
    "uncompressed": Codec("mov", "yuv422p10le", ("v210",), 0.51),
}
CASES = [
    (name, matrix, full)
    for name, codec in CODECS.items()
    for matrix in MATRIX
    for full in (False, True)
    if codec.only in (None, matrix) and (codec.full or not full)
]


def coded(matrix: str, full: bool, bits: int) -> np.ndarray:
    """(8, 3) YCbCr codes of the bars: H.273, equations 38 to 56."""
    kr, kb = MATRIX[matrix]
    luma = BARS @ [kr, 1 - kr - kb, kb]
    blue, red = (BARS[:, 2] - luma) / (2 * (1 - kb)), (BARS[:, 0] - luma) / (2 * (1 - kr))
    unit, span = 2 ** (bits - 8), 2**bits - 1
    if full:
        return np.rint(np.stack([luma * span, blue * span + 128 * unit, red * span + 128 * unit], 1))
    return np.rint(np.stack([219 * luma + 16, 224 * blue + 128, 224 * red + 128], 1) * unit)


def raw_frame(codec: Codec, codes: np.ndarray) -> bytes:
    """Planes as ffmpeg's rawvideo has them."""
    kind = np.uint8 if codec.bits == 8 else "<u2"
    across = 1 if "444" in codec.pix_fmt else 2
    down = 2 if "420" in codec.pix_fmt else 1
    planes = [
        np.repeat(np.repeat(codes[None, :, i], HEIGHT // (down if i else 1), 0), WIDTH // 8 // (across if i else 1), 1)
        for i in range(3)
    ]
    if "yuva" in codec.pix_fmt:
        planes.append(np.full((HEIGHT, WIDTH), 300))
    return b"".join(plane.astype(kind).tobytes() for plane in planes)


def encode(path: Path, codec: Codec, matrix: str, full: bool, transfer: str = "bt709") -> None:
    tags = {"colorspace": matrix, "color_range": "pc" if full else "tv", "color_trc": transfer}
    tags["color_primaries"] = {"bt2020nc": "bt2020"}.get(matrix, matrix)
    said = [text for name, value in tags.items() for text in (f"-{name}", value)]
    form = ["-f", "rawvideo", "-pix_fmt", codec.pix_fmt, "-s", f"{WIDTH}x{HEIGHT}", "-r", "24", *said, "-i", "pipe:"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *form, "-c:v", *codec.options, *said, str(path)]
    frames = raw_frame(codec, coded(matrix, full, codec.bits)) * 3
    done = subprocess.run(command, input=frames, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.parametrize(("name", "matrix", "full"), CASES)
def test_bars_come_back(name: str, matrix: str, full: bool, tmp_path: Path) -> None:
    codec = CODECS[name]
    path = tmp_path / f"a.{codec.ending}"
    encode(path, codec, matrix, full)
    plate = open_plate(shot_job(path, "1001-1003", color_space="Rec.709"))
    read = next(plate.pictures([1002]))
    assert read.dtype == plate.info.dtype == (np.uint8 if codec.bits == 8 else np.uint16)
    shares = read[HEIGHT // 2, WIDTH // 16 :: WIDTH // 8] / np.iinfo(read.dtype).max
    # One code of luma or chroma moves RGB by up to 1.9 codes, and limited range spreads them by 255/219.
    allowed = codec.off * (1 if full else 255 / 219) * 1.9 / (2**codec.bits - 1)
    np.testing.assert_allclose(shares, BARS, atol=allowed)
    assert ("alpha is left out" in plate.info.notes) == ("yuva" in codec.pix_fmt)


@pytest.mark.parametrize(
    ("space", "matrix", "transfer", "says"),
    [
        ("Rec.709", "bt709", "bt709", ()),
        ("sRGB", "bt709", "bt709", ()),
        ("LogC3", "bt709", "bt709", ()),
        ("rec2100_pq_display", "bt2020nc", "smpte2084", ()),
        ("Rec.709", "bt2020nc", "smpte2084", ("tagged PQ", "BT.2020 primaries")),
        ("Rec.709", "bt2020nc", "arib-std-b67", ("tagged HLG", "BT.2020 primaries")),
        ("rec2100_hlg_display", "bt709", "bt709", ("not tagged as HDR", "BT.709 primaries")),
    ],
)
def test_tags_against_the_manifest_are_told(
    space: str, matrix: str, transfer: str, says: tuple[str, ...], tmp_path: Path
) -> None:
    encode(tmp_path / "a.mov", CODECS["ProRes 422 HQ"], matrix, False, transfer)
    info = open_plate(shot_job(tmp_path / "a.mov", "1001-1003", color_space=space)).info
    notes = info.notes
    assert len(notes) == len(says), notes
    assert info.doubts == notes
    assert [part for part in says if not any(part in note for note in notes)] == []


def test_a_container_that_contradicts_its_stream_is_told(tmp_path: Path) -> None:
    """ffmpeg's DNxHR encoder writes BT.709 into the stream whatever it is told."""
    encode(tmp_path / "a.mov", CODECS["DNxHR HQX"], "bt2020nc", False)
    notes = open_plate(shot_job(tmp_path / "a.mov", "1001-1003", color_space="Rec.709")).info.notes
    assert any("color matrix 9 (H.273), its stream with 1" in note for note in notes)
