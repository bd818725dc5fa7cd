"""Videos of a shot: the review with its burn-in and slate, and movies of the bare comp."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsvfx.colour import interop_id
from fsvfx.delivery.chunk import track_of
from fsvfx.delivery.comps import comps, picture
from fsvfx.delivery.order import Order
from fsvfx.delivery.place import place
from fsvfx.delivery.review import BurnIn, burn_in, draw_slate, slate_lines
from fsvfx.errors import InputError, Where
from fsvfx.media import RATE_HINT, PlateInfo, PlateReader
from fsvfx.media.addresses import TimecodeTrack
from fsvfx.media.colour_tags import code_points
from fsvfx.media.video.writer import VideoFormat, codec_of, write_video
from schemas.deliver import DeliverMovie, DeliverReview
from schemas.receipts import DeliveredFile
from schemas.timecode import is_counted

MXF_RATES = {
    *(Fraction(n) for n in (24, 25, 30, 48, 50, 60, 96, 100, 120)),
    *(Fraction(1000 * n, 1001) for n in (24, 30, 48, 60, 96, 120)),
}
"""Those that MXF knows."""
_SLATES = 1


def deliver_review(order: Order, wish: DeliverReview, plate: PlateReader) -> DeliveredFile:
    """Write it. Raises MachineError, StoreError, PlateError, InputError."""
    lead = _SLATES if wish.slate else 0
    track = _track(order, plate.info)
    wanted = _format(order, plate, track, lead, codec=codec_of(wish.codec, crf=wish.crf))

    def write(path: Path) -> None:
        write_video(path, _reviewed(order, track, wanted.size, lead), wanted)

    digest, size = place(wish.path, write, order.own)
    return DeliveredFile(kind="review", path=wish.path, bytes=size, digest=digest)


def deliver_movie(order: Order, wish: DeliverMovie, plate: PlateReader) -> DeliveredFile:
    """Write it. Raises MachineError, StoreError, PlateError, InputError."""
    track = _track(order, plate.info)
    if wish.path.lower().endswith(".mxf") and track.rate not in MXF_RATES:
        what = f"MXF knows no {track.rate} frames a second"
        raise InputError(what, hint="Deliver it as .mov", where=Where(shot=order.job.shot.name, file=wish.path))
    space = order.space_of(wish)
    assert space is not None
    wanted = _format(
        order,
        plate,
        track,
        codec=codec_of(wish.codec, bits=wish.bits, crf=wish.crf),
        depth="uint16",
        colours=code_points(interop_id(order.colour.config, space)),
    )

    def write(path: Path) -> None:
        write_video(path, (picture(order, comp, space, 16) for comp in comps(order)), wanted)

    digest, size = place(wish.path, write, order.own)
    return DeliveredFile(kind="movie", path=wish.path, bytes=size, digest=digest)


def _track(order: Order, info: PlateInfo) -> TimecodeTrack:
    track = track_of(order, info)
    if track is None:  # preflight says so before a run
        where = Where(shot=order.job.shot.name, field="plate.frame_rate")
        raise InputError("A video needs the plate's frame rate, and nothing tells it", hint=RATE_HINT, where=where)
    return track


def _format(order: Order, plate: PlateReader, track: TimecodeTrack, lead: int = 0, **own: Any) -> VideoFormat:
    info = plate.info
    return VideoFormat(
        size=(info.height, info.width),
        frame_rate=track.rate,
        pixel_aspect=Fraction(info.pixel_aspect).limit_denominator(1000),
        audio=plate.audio_file() if info.has_audio else None,
        lead=lead,
        timecode=track.at(order.frames.first - lead) if is_counted(track.rate) else None,
        metadata=_told(order),
        **own,
    )


def _reviewed(order: Order, track: TimecodeTrack, size: tuple[int, int], lead: int) -> Iterator[NDArray[np.uint8]]:
    shot, colour = order.job.shot, order.colour.as_shot
    title = order.statement.partition(":")[0]
    for _ in range(lead):
        yield draw_slate(size, title, slate_lines(order, track))
    for comp in comps(order):
        shown = colour.preview(comp.rgb)
        note = "waived" if comp.waived else ""
        yield burn_in(shown, BurnIn(shot.name, comp.frame, track.at(comp.frame), note, warning=title))


def _told(order: Order) -> dict[str, str]:
    return {
        "title": f"{order.job.production} {order.job.shot.name}",
        "comment": f"{order.statement}. Rights decision {order.rights.digest}",
        "description": order.statement.partition(":")[0],
        "fsvfx_key": order.content_key,
    }
