"""Delivery: frame by frame, for one chunk; and once per shot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from fsvfx.ahead import ahead
from fsvfx.delivery.comps import altered, comps
from fsvfx.delivery.kinds import Wish, wishes
from fsvfx.delivery.order import Order, order_of
from fsvfx.delivery.receipt import Written, receipt_of
from fsvfx.delivery.subjects import Frame, Shot
from fsvfx.media import PlateReader, open_plate
from fsvfx.store import ShotStore
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.receipts import DeliveredFile, Receipt, Unit


def deliver_chunk(
    job: ShotJob, unit: Unit, inputs: Sequence[Receipt], waived: FrameRange, store: ShotStore | None = None
) -> Receipt:
    """Write the frames of the chunk ``unit``, from its ingest, composite and align receipts; returns a receipt to
    commit.

    ``store``: the shot's, if it is open. Existing deliveries are kept. ``waived`` frames are the plate's. Raises
    RightsError, IncompleteError (frames neither composited nor waived), StoreError, PlateError, MachineError.
    """
    return receipt_of(order_of(job, unit, inputs, waived, store), _write_chunk)


def deliver_shot(
    job: ShotJob, inputs: Sequence[Receipt], waived: FrameRange, store: ShotStore | None = None
) -> Receipt:
    """Write videos, contact sheet, report, MHL and the like, from the receipts of deliver (chunks), ingest, composite,
    measure, track.

    ``store``: the shot's, if it is open. Existing deliveries are kept. The receipt is not committed yet. Raises
    RightsError, IncompleteError (frames neither composited nor waived), StoreError, PlateError, MachineError.
    """
    return receipt_of(order_of(job, Unit.of_shot(), inputs, waived, store), _write_shot)


def _write_chunk(order: Order) -> Written:
    shown = FrameRange(frame for chunk in order.chunks for frame in altered(order, chunk))
    files = list(write_frames(order, open_plate(order.job))) if order.asked else []
    return files, {"altered": str(shown)}


def write_frames(order: Order, plate: PlateReader) -> Iterator[DeliveredFile]:
    """The files of ``order`` for each frame; each is read once for all of them, while the previous ones are written.
    Raises as `deliver_chunk`."""
    for comp in ahead(comps(order)):
        frame = Frame(order, plate, comp)
        for one in order.asked:
            yield from one.kind.deliver(one.settings, frame)


def _write_shot(order: Order) -> Written:
    """By rank: each sees the files of the frames and of lower ranks."""
    plate = open_plate(order.job)
    handed = [file for one in order.of("deliver") for file in one.files]
    files: list[DeliveredFile] = []
    for _, equals in groupby(_by_rank(order), key=lambda one: one.kind.rank):
        shot = Shot(order, plate, (*handed, *files))
        files += [file for one in equals for file in one.kind.deliver(one.settings, shot)]
    return files, {}


def _by_rank(order: Order) -> list[Wish]:
    found = (one for one in wishes(order.job.shot.name, order.job.deliver) if one.kind.per == "shot")
    return sorted(found, key=lambda one: one.kind.rank)
