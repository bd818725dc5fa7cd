"""The review's video, decoded again."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

from fsvfx.errors import MachineError
from fsvfx.media.video import writer as video_out
from fsvfx.media.video.writer import VideoFormat, write_video

RED, GREEN = (255, 0, 0), (0, 255, 0)


def _pictures(count: int, size: tuple[int, int] = (51, 67)) -> Iterator[np.ndarray]:
    for number in range(count):
        picture = np.zeros((*size, 3), np.uint8)
        picture[:, : size[1] // 2], picture[:, size[1] // 2 :] = RED, GREEN
        picture[:8, :8] = number * 5
        yield picture


def _sound(path: Path, seconds: float) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(48000)
        file.writeframes((np.sin(np.arange(int(48000 * seconds) * 2) / 20) * 9000).astype("<i2").tobytes())
    return path


@pytest.mark.parametrize("rate", [Fraction(24), Fraction(24000, 1001), Fraction(30000, 1001), Fraction(25, 2)])
def test_what_went_in_comes_out(tmp_path: Path, rate: Fraction) -> None:
    out = tmp_path / "review.mp4"
    sound = _sound(tmp_path / "sound.wav", float(40 / rate))
    wanted = VideoFormat((51, 67), rate, audio=sound, metadata={"comment": "AI-ALTERED; x=1"})
    assert write_video(out, _pictures(40), wanted) == 40
    with av.open(str(out)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert container.metadata["comment"] == "AI-ALTERED; x=1"
        assert video.average_rate == rate
        assert (video.width, video.height, video.codec_context.pix_fmt) == (68, 52, "yuv420p")
        tags = video.codec_context
        assert (tags.color_primaries, tags.color_trc) == (ColorPrimaries.BT709, ColorTrc.BT709)
        assert (tags.colorspace, tags.color_range) == (Colorspace.ITU709, ColorRange.MPEG)
        assert audio.duration * audio.time_base == pytest.approx(40 / rate, abs=0.03)
        frames = [frame.to_ndarray(format="yuv420p") for frame in container.decode(video=0)]
    assert len(frames) == 40
    assert (frames[20][30, 10], frames[20][30, 60]) == (pytest.approx(63, abs=2), pytest.approx(173, abs=2))
    greys = [int(frame[4, 4]) for frame in frames]
    assert greys == sorted(greys)


def test_the_index_comes_first_and_same_pictures_same_bytes(tmp_path: Path) -> None:
    wanted = VideoFormat((52, 68), Fraction(24), timecode="01:00:00:00", pixel_aspect=Fraction(2))
    for name in ("a.mp4", "b.mp4"):
        write_video(tmp_path / name, _pictures(6, (52, 68)), wanted)
    content = (tmp_path / "a.mp4").read_bytes()
    assert content == (tmp_path / "b.mp4").read_bytes()
    assert 0 < content.index(b"moov") < content.index(b"mdat")
    with av.open(str(tmp_path / "a.mp4")) as container:
        assert container.streams.video[0].sample_aspect_ratio == 2
        assert container.metadata["timecode"] == "01:00:00:00"


def test_ffmpegs_complaint_is_told(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="No such file or directory"):
        write_video(tmp_path / "nowhere" / "a.mp4", _pictures(3), VideoFormat((51, 67), Fraction(24)))


def test_lost_frames_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video_out, "count_frames", lambda path: 2)
    with pytest.raises(MachineError, match="3 frames went in, 2 can be decoded"):
        write_video(tmp_path / "a.mp4", _pictures(3), VideoFormat((51, 67), Fraction(24)))


def test_a_source_that_breaks_ends_ffmpeg(tmp_path: Path) -> None:
    def broken() -> Iterator[np.ndarray]:
        yield from _pictures(2)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_video(tmp_path / "a.mp4", broken(), VideoFormat((51, 67), Fraction(24)))
