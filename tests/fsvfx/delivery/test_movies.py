"""Movies: colour bars through every codec, decoded by PyAV and held against ITU's equations; slate, sound, timecode."""

from __future__ import annotations

import wave
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from fsvfx.errors import InputError
from fsvfx.media.colour_tags import CodePoints, code_points
from fsvfx.media.video.writer import VideoFormat, codec_of, write_video

BARS = np.array(
    [[65535] * 3, [0] * 3, [65535, 0, 0], [0, 65535, 0], [0, 0, 65535], [32768] * 3, [65535, 65535, 0],
     [49152, 16384, 8192]], np.uint16
)  # fmt: skip
SIZE = (128, 512)


def _bars() -> np.ndarray:
    return np.ascontiguousarray(np.broadcast_to(np.repeat(BARS, SIZE[1] // 8, axis=0), (*SIZE, 3)))


def _ycbcr(bits: int, kr: float, kb: float) -> np.ndarray:
    """ITU-T H.273, limited range, to the nearest code."""
    red, green, blue = (BARS / 65535).T
    luma = kr * red + (1 - kr - kb) * green + kb * blue
    unit = 2 ** (bits - 8)
    chroma = [(128 + 224 * (c - luma) / (2 * (1 - k))) * unit for c, k in ((blue, kb), (red, kr))]
    return np.rint(np.stack([(16 + 219 * luma) * unit, *chroma], axis=1))


def _decoded(path: Path) -> tuple[np.ndarray, int, Any]:
    """Y, Cb, Cr in the middle of each bar; bits; the stream's codec context."""
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        frame = next(container.decode(video=0))
        bits = frame.format.components[0].bits
        kind = np.dtype("<u2" if bits > 8 else np.uint8)
        planes = [np.frombuffer(memoryview(p), kind).reshape(p.height, -1)[:, : p.width] for p in frame.planes]
    middles = [[p[p.shape[0] // 2, int((bar + 0.5) * p.shape[1] / 8)] for p in planes] for bar in range(8)]
    return np.array(middles, float), bits, context


@pytest.mark.parametrize(
    ("codec", "bits", "ending", "pixels", "off"),
    [
        ("prores_422", 10, "mov", "yuv422p10le", 0),
        ("prores_422_hq", 10, "mov", "yuv422p10le", 0),
        ("prores_4444", 10, "mov", "yuv444p12le", 2),
        ("dnxhr_sq", 10, "mov", "yuv422p", 0),
        ("dnxhr_hq", 10, "mxf", "yuv422p", 0),
        ("dnxhr_hqx", 10, "mxf", "yuv422p10le", 0),
        ("dnxhr_444", 10, "mov", "yuv444p10le", 0),
        ("h264", 8, "mp4", "yuv420p", 1),
        ("h264", 10, "mov", "yuv420p10le", 1),
        ("hevc", 8, "mp4", "yuv420p", 1),
        ("hevc", 10, "mp4", "yuv420p10le", 1),
    ],
)
def test_bars_come_out_as_itus_codes(tmp_path: Path, codec: str, bits: int, ending: str, pixels: str, off: int) -> None:
    paths = [tmp_path / f"{name}.{ending}" for name in "ab"]
    colours = code_points("pq_rec2020_display")
    for path in paths:
        wanted = VideoFormat(SIZE, Fraction(24), codec_of(codec, bits=bits, crf=4), "uint16", colours,
                             timecode="01:00:00:00", metadata={"comment": "AI-ALTERED"})  # fmt: skip
        assert write_video(path, [_bars()] * 2, wanted) == 2
    assert paths[0].read_bytes() == paths[1].read_bytes()
    codes, found, context = _decoded(paths[0])
    assert context.pix_fmt == pixels
    assert np.abs(codes - _ycbcr(found, 0.2627, 0.0593)).max() <= off
    assert (context.color_primaries, context.color_trc, context.colorspace, context.color_range) == (9, 16, 9, 1)
    with av.open(str(paths[0])) as container:
        said = [container.metadata.get("timecode"), *(s.metadata.get("timecode") for s in container.streams)]
        assert "01:00:00:00" in said


def test_colours_are_named_where_there_are_names_for_them() -> None:
    assert code_points("srgb_rec709_scene") == CodePoints("bt709", "iec61966-2-1", "bt709")
    assert code_points("g24_rec709_display") == CodePoints("bt709", "bt709", "bt709")
    assert code_points("hlg_rec2020_display") == CodePoints("bt2020", "arib-std-b67", "bt2020nc")
    assert code_points("srgb_p3d65_display") == CodePoints("smpte432", "iec61966-2-1", "bt709")
    assert code_points("ocio:arrilogc4_awg4_scene") == CodePoints("unknown", "unknown", "bt709")
    assert code_points("") == CodePoints("unknown", "unknown", "bt709")


@pytest.mark.parametrize(("ending", "codec"), [("mov", "prores"), ("mp4", "h264"), ("mxf", "dnxhr_hqx")])
def test_sound_begins_after_the_slate(tmp_path: Path, ending: str, codec: str) -> None:
    sound = tmp_path / "click.wav"
    with wave.open(str(sound), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48000)
        samples = np.zeros(48000, "<i2")
        samples[:480] = 20000
        file.writeframes(samples.tobytes())
    path = tmp_path / f"x.{ending}"
    wanted = VideoFormat(SIZE, Fraction(24), codec_of(codec), "uint16", audio=sound, lead=1)
    write_video(path, [_bars()] * 25, wanted)
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray().ravel() for frame in container.decode(audio=0)]
    heard = np.abs(np.concatenate(frames).astype(float))
    first = int(np.flatnonzero(heard > heard.max() / 2)[0])
    assert first == pytest.approx(2000, abs=1200 if ending == "mp4" else 4)  # AAC smears


def test_too_small_for_the_codec(tmp_path: Path) -> None:
    wanted = VideoFormat((64, 64), Fraction(24), codec_of("dnxhr_hq"), "uint16")
    with pytest.raises(InputError, match="256x120"):
        write_video(tmp_path / "x.mov", [], wanted)
