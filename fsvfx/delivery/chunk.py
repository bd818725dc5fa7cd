"""The EXR frames of one chunk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsvfx.colour import convert, to_half
from fsvfx.delivery.comps import Comp, altered, comps
from fsvfx.delivery.fulfil import Written, fulfil
from fsvfx.delivery.headers import frame_attributes, shot_attributes
from fsvfx.delivery.order import Order, order_of
from fsvfx.delivery.place import place
from fsvfx.delivery.timecodes import TimecodeTrack
from fsvfx.media import PlateInfo, open_plate
from fsvfx.media.exr_out import ExrWindows, write_exr
from schemas.deliver import DeliverExr
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.receipts import DeliveredFile, Receipt, Unit
from schemas.templates import frame_path


def deliver_chunk(job: ShotJob, unit: Unit, inputs: Sequence[Receipt], waived: FrameRange) -> Receipt:
    """Write the EXR frames of the chunk ``unit``, from its ingest and composite receipts; a receipt to commit.

    What is delivered already and still there is left alone. ``waived`` frames are the plate's. Raises RightsError,
    IncompleteError (frames neither composited nor waived), StoreError, PlateError, MachineError.
    """
    return fulfil(order_of(job, unit, inputs, waived), _write)


def track_of(order: Order, info: PlateInfo) -> TimecodeTrack:
    return TimecodeTrack(info.frame_rate, order.job.shot.plate.first_frame, info.timecode)


def _write(order: Order) -> Written:
    shown = FrameRange(frame for chunk in order.chunks for frame in altered(order, chunk))
    return list(_frames(order)) if order.exrs else [], {"altered": str(shown)}


def _frames(order: Order) -> Iterator[DeliveredFile]:
    plate = open_plate(order.job)
    info, track = plate.info, track_of(order, plate.info)
    windows = ExrWindows.of(info.width, info.height, info.data_window, info.display_window)
    headers = [shot_attributes(order, info, order.space_of(exr)) for exr in order.exrs]
    for comp in comps(order):
        own = frame_attributes(comp, track, plate.exr_header(comp.frame))
        for exr, header in zip(order.exrs, headers):
            yield _frame(order, exr, comp, header | own, windows)


def _frame(order: Order, exr: DeliverExr, comp: Comp, header: dict[str, Any], windows: ExrWindows) -> DeliveredFile:
    rgb = _in_space(order, exr, comp)

    def write(path: Path) -> None:
        write_exr(path, rgb, comp.matte, header, windows, exr.compression)

    target = frame_path(exr.path, comp.frame)
    digest, size = place(target, write)
    return DeliveredFile(kind="exr", path=target, frame=comp.frame, bytes=size, digest=digest)


def _in_space(order: Order, exr: DeliverExr, comp: Comp) -> NDArray[np.float16]:
    """Where nothing is to be converted, nothing is: outside the matte the bits stay the plate's."""
    space = order.space_of(exr)
    if space == order.comp_space:
        return comp.rgb
    return to_half(convert(comp.rgb, order.comp_space, space, order.job.colour_config))
