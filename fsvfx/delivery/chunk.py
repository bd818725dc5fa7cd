"""What is delivered frame by frame, for one chunk: EXR, DPX, PNG, TIFF, mattes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fsvfx.colour import to_half
from fsvfx.delivery.comps import Comp, altered, comps
from fsvfx.delivery.frames import matte_targets, write_frame, write_matte
from fsvfx.delivery.headers import frame_attributes, shot_attributes
from fsvfx.delivery.layers import LayerNames, exr_parts, layer_names
from fsvfx.delivery.order import Order, order_of
from fsvfx.delivery.place import place
from fsvfx.delivery.receipt import Written, receipt_of
from fsvfx.media import PlateInfo, PlateReader, open_plate
from fsvfx.media.addresses import TimecodeTrack
from fsvfx.media.exr.writer import ExrWindows, write_exr
from schemas.deliver import DeliverExr, DeliverFrames, DeliverMattes
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.receipts import DeliveredFile, Receipt, Unit
from schemas.templates import frame_path

Half = NDArray[np.float16]
PerFrame = Literal["exr", "frames", "mattes"]


def deliver_chunk(job: ShotJob, unit: Unit, inputs: Sequence[Receipt], waived: FrameRange) -> Receipt:
    """Write the frames of the chunk ``unit``, from its ingest, composite and align receipts; a receipt to commit.

    What is delivered already and still there is left alone. ``waived`` frames are the plate's. Raises RightsError,
    IncompleteError (frames neither composited nor waived), StoreError, PlateError, MachineError.
    """
    return receipt_of(order_of(job, unit, inputs, waived), _write)


def track_of(order: Order, info: PlateInfo) -> TimecodeTrack | None:
    """None where the frame rate is not known."""
    if info.frame_rate is None:
        return None
    return TimecodeTrack(info.frame_rate, order.job.shot.plate.first_frame, info.timecode)


def _write(order: Order) -> Written:
    shown = FrameRange(frame for chunk in order.chunks for frame in altered(order, chunk))
    frames = _Frames(order, open_plate(order.job)) if order.wishes else None
    return list(frames.all()) if frames else [], {"altered": str(shown)}


@dataclass(frozen=True)
class _Frames:
    """Writes every wish of an order, frame by frame: each is read once, whatever is made of it."""

    order: Order
    plate: PlateReader

    def all(self) -> Iterator[DeliveredFile]:
        for comp in comps(self.order):
            own = frame_attributes(self.order, comp, self.track, self.plate.exr_header(comp.frame))
            for wish in self.order.wishes:
                if isinstance(wish, DeliverExr):
                    yield self.exr(wish, comp, own)
                elif isinstance(wish, DeliverFrames):
                    yield self.still(wish, comp)
                elif isinstance(wish, DeliverMattes):
                    yield from self.mattes(wish, comp, own)

    def exr(self, wish: DeliverExr, comp: Comp, own: dict[str, Any]) -> DeliveredFile:
        space = self.order.space_of(wish)
        assert space is not None
        parts = exr_parts(wish, comp, self.names, partial(_in_space, self.order, space))
        header = self.header(space) | own
        return self.placed("exr", frame_path(wish.path, comp.frame), comp, lambda path: write_exr(
            path, parts, header, self.windows, wish.compression
        ))  # fmt: skip

    def still(self, wish: DeliverFrames, comp: Comp) -> DeliveredFile:
        target = frame_path(wish.path, comp.frame)
        return self.placed(
            "frames", target, comp, lambda path: write_frame(path, self.order, wish, comp, self.info, self.track)
        )

    def mattes(self, wish: DeliverMattes, comp: Comp, own: dict[str, Any]) -> Iterator[DeliveredFile]:
        header = self.header(None) | own
        for target, matte in matte_targets(self.order, wish, self.names, comp):
            write = partial(write_matte, order=self.order, comp=comp, matte=matte, windows=self.windows, header=header)
            yield self.placed("mattes", target, comp, write)

    def placed(self, kind: PerFrame, target: str, comp: Comp, write: Callable[[Path], None]) -> DeliveredFile:
        digest, size = place(target, write, self.order.own)
        return DeliveredFile(kind=kind, path=target, frame=comp.frame, bytes=size, digest=digest)

    def header(self, space: str | None) -> dict[str, Any]:
        return shot_attributes(self.order, self.info, space)

    @cached_property
    def names(self) -> list[LayerNames]:
        return layer_names(self.order.job.shot.replace)

    @property
    def info(self) -> PlateInfo:
        return self.plate.info

    @cached_property
    def track(self) -> TimecodeTrack | None:
        return track_of(self.order, self.info)

    @cached_property
    def windows(self) -> ExrWindows:
        return ExrWindows(self.info.canvas.data, self.info.canvas.display)


def _in_space(order: Order, space: str, rgb: Half) -> Half:
    """Where nothing is to be converted, nothing is: outside the matte the bits stay the plate's."""
    if space == order.comp_space:
        return rgb
    return to_half(order.colour.from_comp(rgb, space))
