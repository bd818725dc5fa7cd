"""What is delivered once per shot: videos, contact sheet, report, MHL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from fsvfx.delivery.chunk import track_of
from fsvfx.delivery.mhl import deliver_mhl
from fsvfx.delivery.order import Order, order_of
from fsvfx.delivery.ownership import Own
from fsvfx.delivery.place import place
from fsvfx.delivery.receipt import Written, receipt_of
from fsvfx.delivery.report import report_of
from fsvfx.delivery.sheet import draw_sheet
from fsvfx.delivery.videos import deliver_movie, deliver_review
from fsvfx.footprint import report_targets, sheet_targets
from fsvfx.media import PlateReader, open_plate
from schemas.deliver import DeliverMhl, DeliverMovie, DeliverReview
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.receipts import DeliveredFile, Receipt, Unit
from schemas.report import DeliveryReport


def deliver_shot(job: ShotJob, inputs: Sequence[Receipt], waived: FrameRange) -> Receipt:
    """Write videos, contact sheet, report and MHL, from the receipts of deliver (chunks), ingest, composite, measure,
    track.

    What is delivered already and still there is left alone. The receipt is not committed yet. Raises RightsError,
    IncompleteError (frames neither composited nor waived), StoreError, PlateError, MachineError.
    """
    return receipt_of(order_of(job, Unit.of_shot(), inputs, waived), _write)


def _write(order: Order) -> Written:
    plate = open_plate(order.job)
    files = list(_pictures(order, plate))
    handed = [file for one in order.of("deliver") for file in one.files] + files
    report = report_of(order, plate.info, track_of(order, plate.info), handed)
    reports = [_report(target, report, order.own) for target in report_targets(order.job.shot.name, order.job.deliver)]
    lists = [deliver_mhl(order, wish, [*handed, *reports]) for wish in order.wishes_of(DeliverMhl)]
    return [*files, *reports, *lists], {}


def _pictures(order: Order, plate: PlateReader) -> Iterator[DeliveredFile]:
    for wish in order.wishes:
        if isinstance(wish, DeliverReview):
            yield deliver_review(order, wish, plate)
        elif isinstance(wish, DeliverMovie):
            yield deliver_movie(order, wish, plate)
    yield from (_sheet(order, target) for target in sheet_targets(order.job.shot.name, order.job.deliver))


def _sheet(order: Order, target: str) -> DeliveredFile:
    digest, size = place(target, lambda path: draw_sheet(path, order), order.own)
    return DeliveredFile(kind="contact_sheet", path=target, bytes=size, digest=digest)


def _report(target: str, report: DeliveryReport, own: Own) -> DeliveredFile:
    text = report.model_dump_json(indent=1) + "\n"

    def write(path: Path) -> None:
        path.write_text(text, encoding="utf-8")

    digest, size = place(target, write, own)
    return DeliveredFile(kind="report", path=target, bytes=size, digest=digest)
