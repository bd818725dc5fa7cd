"""Videos of a shot: the review with its burn-in and slate, and movies of the bare comp."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsvfx.colour import interop_id
from fsvfx.delivery.comps import preview
from fsvfx.delivery.contract import Problem
from fsvfx.delivery.order import Order
from fsvfx.delivery.review import BurnIn, burn_in, draw_slate, slate_lines
from fsvfx.delivery.subjects import Shot
from fsvfx.errors import FsvfxError, InputError, Where
from fsvfx.media import RATE_HINT, PlateInfo
from fsvfx.media.addresses import TimecodeTrack
from fsvfx.media.colour_tags import code_points
from fsvfx.media.video.writer import VideoFormat, codec_of, write_video
from schemas.deliver import DeliverMovie, DeliverReview
from schemas.templates import suffix
from schemas.timecode import is_counted

MXF_RATES = {
    *(Fraction(n) for n in (24, 25, 30, 48, 50, 60, 96, 100, 120)),
    *(Fraction(1000 * n, 1001) for n in (24, 30, 48, 60, 96, 120)),
}
"""Frame rates that MXF supports."""
_SLATES = 1
_PRESET = "veryfast"
"""For reviews: at the same quality their files are slightly larger, at less than half the cost."""


def write_review(path: Path, settings: DeliverReview, shot: Shot) -> None:
    """H.264 or ProRes with burn-in. Raises MachineError, StoreError, PlateError, InputError."""
    lead = _SLATES if settings.slate else 0
    track = _track(shot)
    wanted = _format(shot, track, lead, codec=codec_of(settings.codec, crf=settings.crf, preset=_PRESET))
    write_video(path, _reviewed(shot, track, wanted.size, lead), wanted)


def write_movie(path: Path, settings: DeliverMovie, shot: Shot, space: str) -> None:
    """The comp in ``space``. Raises MachineError, StoreError, PlateError, InputError."""
    track = _track(shot)
    if suffix(settings.path) == ".mxf" and track.rate not in MXF_RATES:
        what = f"MXF has no rate of {track.rate} frames a second"
        raise InputError(what, hint="Deliver it as .mov", where=Where(shot=shot.job.shot.name, file=settings.path))
    wanted = _format(
        shot,
        track,
        codec=codec_of(settings.codec, bits=settings.bits, crf=settings.crf),
        depth="uint16",
        colours=code_points(interop_id(shot.order.colour.config, space)),
    )
    write_video(path, (frame.picture(space, 16) for frame in shot.frames()), wanted)


def size_problem(settings: DeliverReview | DeliverMovie, plate: PlateInfo) -> Iterator[Problem]:
    """Whether the codec supports the plate's size: by the limits of its standard, then by encoding one frame."""
    wanted = settings.codec, getattr(settings, "bits", 8), settings.crf
    codec = codec_of(wanted[0], bits=wanted[1], crf=wanted[2])
    width, height = plate.width, plate.height
    (least_width, least_height), (side, pixels) = codec.smallest, codec.largest
    if width < least_width or height < least_height:
        what = f"{settings.codec} needs at least {least_width}x{least_height}; the plate is {width}x{height}"
        yield Problem("", what, "Deliver it as ProRes or as frames")
    elif max(width, height) > side or width * height > pixels:
        what = (
            f"{settings.codec} takes at most {side} pixels per side, {pixels} in total; the plate is {width}x{height}"
        )
        yield Problem("", what, "Deliver it as ProRes or as frames")
    elif (why := _refusal(suffix(settings.path), *wanted, (height, width), _trial_rate(plate))) is not None:
        yield Problem("", f"{settings.codec} can't hold the plate's {width}x{height}: {why}", "Deliver it as frames")
    elif width % 2 or height % 2:
        what = f"videos need even sizes: the plate's {width}x{height} is padded by a repeated row or column"
        yield Problem("", what, "Deliver frames if the size must stay the same", stops=False)


def _trial_rate(plate: PlateInfo) -> Fraction:
    return plate.frame_rate if plate.frame_rate in MXF_RATES else Fraction(24)


def _refusal(*trial: Any) -> str | None:
    """The encoder's error for one black frame; None if it works."""
    try:
        _try(*trial)
    except FsvfxError as error:
        return error.what
    return None


@lru_cache(maxsize=64)
def _try(ending: str, codec: str, bits: int, crf: int, size: tuple[int, int], rate: Fraction) -> None:
    """Encode one black frame; each success is cached for all shots."""
    wanted = VideoFormat(size, rate, codec_of(codec, bits=bits, crf=crf))
    with tempfile.TemporaryDirectory(prefix="fsvfx-") as folder:
        write_video(Path(folder) / f"trial{ending}", [np.zeros((*size, 3), np.uint8)], wanted)


def _track(shot: Shot) -> TimecodeTrack:
    if shot.track is None:  # reported by preflight before a run
        where = Where(shot=shot.job.shot.name, field="plate.frame_rate")
        raise InputError("A video needs a frame rate, and the plate has none", hint=RATE_HINT, where=where)
    return shot.track


def _format(shot: Shot, track: TimecodeTrack, lead: int = 0, **own: Any) -> VideoFormat:
    info = shot.info
    return VideoFormat(
        size=(info.height, info.width),
        frame_rate=track.rate,
        pixel_aspect=Fraction(info.pixel_aspect).limit_denominator(1000),
        audio=shot.plate.audio_file() if info.has_audio else None,
        lead=lead,
        timecode=track.at(shot.order.frames.first - lead) if is_counted(track.rate) else None,
        metadata=_tags(shot.order),
        **own,
    )


def _reviewed(shot: Shot, track: TimecodeTrack, size: tuple[int, int], lead: int) -> Iterator[NDArray[np.uint8]]:
    name, title = shot.job.shot.name, shot.order.statement.partition(":")[0]
    for _ in range(lead):
        yield draw_slate(size, title, slate_lines(shot.order, track))
    for frame in shot.frames():
        note = "waived" if frame.comp.waived else ""
        yield burn_in(preview(frame.comp), BurnIn(name, frame.number, track.at(frame.number), note, warning=title))


def _tags(order: Order) -> dict[str, str]:
    return {
        "title": f"{order.job.production} {order.job.shot.name}",
        "comment": f"{order.statement}. Rights decision {order.rights.digest}",
        "description": order.statement.partition(":")[0],
        "fsvfx_key": order.content_key,
    }
