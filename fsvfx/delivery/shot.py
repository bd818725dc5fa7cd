"""What is delivered once per shot: review, contact sheet, report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fsvfx.colour import preview
from fsvfx.delivery.burnin import AI_ALTERED, BurnIn, burn_in
from fsvfx.delivery.chunk import track_of
from fsvfx.delivery.comps import comps
from fsvfx.delivery.fulfil import Written, fulfil
from fsvfx.delivery.order import Order, order_of
from fsvfx.delivery.place import place
from fsvfx.delivery.report import report_of
from fsvfx.delivery.sheet import draw_sheet
from fsvfx.delivery.targets import report_targets, sheet_targets
from fsvfx.delivery.timecodes import TimecodeTrack
from fsvfx.media import PlateInfo, PlateReader, open_plate
from fsvfx.media.video_out import VideoFormat, write_video
from schemas.deliver import DeliverReview
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.receipts import DeliveredFile, Receipt, Unit
from schemas.report import AI_STATEMENT, DeliveryReport


def deliver_shot(job: ShotJob, inputs: Sequence[Receipt], waived: FrameRange) -> Receipt:
    """Write review, contact sheet and report, from the receipts of deliver (chunks), ingest, composite, measure, track.

    What is delivered already and still there is left alone. The receipt is not committed yet. Raises RightsError,
    IncompleteError (frames neither composited nor waived), StoreError, PlateError, MachineError.
    """
    return fulfil(order_of(job, Unit.of_shot(), inputs, waived), _write)


def _write(order: Order) -> Written:
    plate = open_plate(order.job)
    files = [_review(order, wish, plate) for wish in order.wishes_of(DeliverReview)]
    files += [_sheet(order, target) for target in sheet_targets(order.job)]
    handed = [file for one in order.of("deliver") for file in one.files] + files
    report = report_of(order, plate.info, track_of(order, plate.info), handed)
    return files + [_report(target, report) for target in report_targets(order.job)], {}


def _review(order: Order, wish: DeliverReview, plate: PlateReader) -> DeliveredFile:
    info, track = plate.info, track_of(order, plate.info)
    wanted = VideoFormat(
        size=(info.height, info.width),
        frame_rate=info.frame_rate,
        crf=wish.crf,
        pixel_aspect=Fraction(info.pixel_aspect).limit_denominator(1000),
        audio=plate.audio_file() if info.has_audio else None,
        timecode=track.at(order.frames.first) if _fits_video(info) else None,
        metadata=_told(order),
    )
    digest, size = place(wish.path, lambda path: _video(path, order, track, wanted))
    return DeliveredFile(kind="review", path=wish.path, bytes=size, digest=digest)


def _fits_video(info: PlateInfo) -> bool:
    """MP4's timecode track knows the rates of television and film only."""
    return info.frame_rate in {Fraction(n, d) for n in (24, 25, 30, 48, 50, 60) for d in (1, Fraction(1001, 1000))}


def _video(path: Path, order: Order, track: TimecodeTrack, wanted: VideoFormat) -> None:
    write_video(path, _pictures(order, track), wanted)


def _pictures(order: Order, track: TimecodeTrack) -> Iterator[NDArray[np.uint8]]:
    shot, config = order.job.shot, order.job.colour_config
    for comp in comps(order):
        picture = preview(comp.rgb, shot.plate.color_space, config)
        words = BurnIn(shot.name, comp.frame, track.at(comp.frame), "waived" if comp.waived else "")
        yield burn_in(picture, words)


def _told(order: Order) -> dict[str, str]:
    return {
        "title": f"{order.job.production} {order.job.shot.name}",
        "comment": f"{AI_STATEMENT}. Rights decision {order.rights.digest}",
        "description": AI_ALTERED,
        "fsvfx_key": order.content_key,
    }


def _sheet(order: Order, target: str) -> DeliveredFile:
    digest, size = place(target, lambda path: draw_sheet(path, order))
    return DeliveredFile(kind="contact_sheet", path=target, bytes=size, digest=digest)


def _report(target: str, report: DeliveryReport) -> DeliveredFile:
    text = report.model_dump_json(indent=1) + "\n"

    def write(path: Path) -> None:
        path.write_text(text, encoding="utf-8")

    digest, size = place(target, write)
    return DeliveredFile(kind="report", path=target, bytes=size, digest=digest)
