"""The sound of the shot's frames, to the sample."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from footage import ffmpeg, shot_job, write_video

from fsvfx.media import open_plate

RATE = 48000


def samples(path: Path) -> tuple[np.ndarray, int]:
    """First channel in [-1, 1], and the sample rate."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        assert stream.codec_context.name == "pcm_s24le"
        blocks = [frame.to_ndarray().reshape(-1, frame.layout.nb_channels)[:, 0] for frame in container.decode(stream)]
        return np.concatenate(blocks) / 2**31, stream.rate


def loudness(path: Path) -> np.ndarray:
    """RMS of each 24th of a second."""
    sound, rate = samples(path)
    assert rate == RATE
    assert len(sound) % (RATE // 24) == 0
    return np.sqrt((sound.reshape(-1, RATE // 24) ** 2).mean(axis=1))


def with_beep(folder: Path, name: str, *, offset: float = 0.0) -> Path:
    """48 frames; a tone sounds during frames 24 to 29 (1025-1030) only."""
    silent, path = write_video(folder / "silent.mov", 48), folder / name
    beep = f"sine=f=1000:r={RATE}:d=2,volume=volume='if(between(t,1-{offset},1.25-{offset}),8,0)':eval=frame"
    tone = f"{beep},asetnsamples=500"
    ffmpeg("-i", silent, "-itsoffset", offset, "-f", "lavfi", "-i", tone, "-c:v", "copy", "-c:a", "pcm_s16le", path)
    return path


@pytest.mark.parametrize("offset", [0.0, 0.5])
@pytest.mark.parametrize(("frames", "loud"), [("1001-1048", (24, 30)), ("1013-1036", (12, 18)), ("1027-1048", (0, 4))])
def test_it_begins_with_the_shots_first_frame(
    frames: str, loud: tuple[int, int], offset: float, tmp_path: Path
) -> None:
    path = with_beep(tmp_path, "a.mov", offset=offset)
    job = shot_job(path, frames)
    sound = open_plate(job).audio_file()
    assert sound is not None
    levels = loudness(sound)
    assert len(levels) == len(job.shot.plate.frames)
    assert (levels[loud[0] : loud[1]] > 0.05).all()
    assert (levels[: loud[0]] < 0.01).all()
    assert (levels[loud[1] + 1 :] < 0.01).all()


def test_a_silent_plate_has_none(tmp_path: Path) -> None:
    plate = open_plate(shot_job(write_video(tmp_path / "a.mp4", 8), "1001-1008"))
    assert not plate.info.has_audio
    assert plate.audio_file() is None


def test_real_sound(clips: Path) -> None:
    sound = open_plate(shot_job(clips / "liveportrait_d18.mp4", "1031-1090")).audio_file()
    assert sound is not None
    level, rate = samples(sound)
    assert len(level) == 2 * rate
