"""A shot's part of a video's sound, cut to the sample."""

from __future__ import annotations

import os
import subprocess
from fractions import Fraction
from pathlib import Path

import ffmpeg
import imageio_ffmpeg
from blake3 import blake3

from fsvfx.disk import cache, drafted
from fsvfx.media import digests
from fsvfx.media.files import Place, held
from fsvfx.media.video.container import Demuxer, demuxer_of


def extract(path: Path, start: Fraction, length: Fraction, place: Place) -> Path:
    """WAV (24-bit PCM) of ``length`` seconds from ``start`` on the file's clock; silence where there is no sound.

    Stored in the machine's cache. Raises PlateError if the sound can't be decoded.
    """
    name = blake3(os.fsencode(f"{path}|{digests.stamp_of(path)}|{start}|{length}")).hexdigest()[:32]
    kept = cache("audio", f"{name}.wav")
    if not kept.exists():
        with drafted(kept) as draft:
            _cut(path, start, length, draft, place)
    return kept


def _cut(path: Path, start: Fraction, length: Fraction, out: Path, place: Place) -> None:
    with held(path, place) as there, there.open("rb") as file:
        # The child gets the open file: a name would be resolved again, and might look like an option.
        source = f"file:/dev/fd/{file.fileno()}"
        command = _command(demuxer_of(there, place), source, start, length, out)
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, pass_fds=[file.fileno()])
    if done.returncode:
        said = done.stderr.decode(errors="replace").replace(source, path.name).strip().splitlines()
        raise place.error(
            f"its sound can't be decoded: {said[-1] if said else 'no reason given'}",
            "Replace the sound stream, or take it out: ffmpeg -i IN -c copy -an OUT",
        )


def _command(demuxer: Demuxer, source: str, start: Fraction, length: Fraction, out: Path) -> list[str]:
    # first_pts=0 pads sound that starts after the pictures; apad, sound that ends before them.
    stream = (
        ffmpeg.input(source, **demuxer.arguments)
        .audio.filter("aresample", **{"async": 1, "first_pts": 0})
        .filter("atrim", start=f"{float(start):.9f}")
        .filter("asetpts", "PTS-STARTPTS")
        .filter("apad", whole_dur=f"{float(length):.9f}")
        .filter("atrim", end=f"{float(length):.9f}")
        .output(f"file:{out}", f="wav", acodec="pcm_s24le", map_metadata=-1)
        .global_args("-xerror", "-v", "error")
        .overwrite_output()
    )
    command: list[str] = ffmpeg.compile(stream, cmd=imageio_ffmpeg.get_ffmpeg_exe())
    return command
