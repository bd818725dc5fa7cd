"""The subject of a deliverable: one frame, or the whole shot."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsvfx.ahead import ahead
from fsvfx.delivery.comps import Comp, comps, picture
from fsvfx.delivery.contract import Kind
from fsvfx.delivery.headers import altered_text, facts_of, frame_attributes, shot_attributes
from fsvfx.delivery.kinds import Wish
from fsvfx.delivery.layers import LayerNames, layer_names, matte_of
from fsvfx.delivery.order import Order
from fsvfx.media import PlateInfo, PlateReader
from fsvfx.media.addresses import TimecodeTrack
from fsvfx.media.exr.writer import ExrWindows
from fsvfx.place import place
from schemas.base import StrictModel
from schemas.job import ShotJob
from schemas.receipts import DeliveredFile
from schemas.templates import frame_path


@dataclass(frozen=True)
class Subject:
    """What frames and shots have in common."""

    order: Order
    plate: PlateReader

    @property
    def job(self) -> ShotJob:
        return self.order.job

    @property
    def info(self) -> PlateInfo:
        return self.plate.info

    @cached_property
    def track(self) -> TimecodeTrack | None:
        """None without a frame rate."""
        return track_of(self.order, self.info)

    @property
    def facts(self) -> dict[str, str]:
        """What every deliverable must state, by name: ``statement`` (whether faces were replaced), ``rights`` (digest
        of the consent decision), ``key`` (of its inputs), production, shot, people, engines."""
        return facts_of(self.order)

    def space_of(self, kind: Kind[Any], settings: StrictModel) -> str:
        """The color space in which a kind with a color space is delivered, by the config's own name."""
        space = self.order.space_of(Wish(kind, settings))
        assert space is not None
        return space

    def header(self, space: str | None) -> dict[str, Any]:
        """EXR attributes common to all frames."""
        return shot_attributes(self.order, self.info, space)

    def write_facts(self, path: Path) -> None:
        """The facts as JSON. Raises OSError."""
        path.write_text(json.dumps(self.facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    def place(self, kind: str, target: str, write: Callable[[Path], None]) -> DeliveredFile:
        """The file made by ``write``, moved to ``target`` once it is complete. Raises MachineError; InputError if a
        file that is not ours is there."""
        digest, size = place(target, write, self.order.ownership)
        return DeliveredFile(kind=kind, path=target, bytes=size, digest=digest)


@dataclass(frozen=True)
class Frame(Subject):
    """One frame. Results needed by several kinds are computed once."""

    comp: Comp

    @property
    def number(self) -> int:
        return self.comp.frame

    @property
    def rgb(self) -> NDArray[np.float16]:
        """(H, W, 3), comp space, scene-linear: the plate with all swaps."""
        return self.comp.rgb

    @property
    def matte(self) -> NDArray[np.float16]:
        """(H, W) in [0, 1]: where the picture may differ from the plate, for all entries together."""
        return self.comp.matte

    def matte_of(self, entry: int) -> NDArray[np.float16]:
        """(H, W) of one replace entry; black where nothing shows."""
        return matte_of(self.comp, entry)

    def picture(self, space: str, depth: int | str) -> NDArray[Any]:
        """(H, W, 3) in ``space``: uint8 or uint16 codes of ``depth`` bits (8 to 16), or ``float`` for float32.

        Outside the matte pixels come from the plate: with the same space and depth, its own codes.
        """
        return picture(self.order, self.comp, space, depth)

    @property
    def facts(self) -> dict[str, str]:
        return facts_of(self.order) | {"frame": str(self.number), "altered": altered_text(self.comp)}

    @cached_property
    def own_header(self) -> dict[str, Any]:
        """EXR attributes of this frame."""
        plate: Mapping[str, Any] = self.plate.exr_header(self.number)
        return frame_attributes(self.order, self.comp, self.track, plate)

    @cached_property
    def names(self) -> list[LayerNames]:
        return layer_names(self.job.shot.replace)

    @property
    def windows(self) -> ExrWindows:
        return ExrWindows(self.info.canvas.data, self.info.canvas.display)

    def place(self, kind: str, target: str, write: Callable[[Path], None]) -> DeliveredFile:
        """As for a shot; ``target`` has a placeholder for the frame number."""
        file = super().place(kind, frame_path(target, self.number), write)
        return file.model_copy(update={"frame": self.number})


@dataclass(frozen=True)
class Shot(Subject):
    """A whole shot. ``delivered``: the frames' files, and those of kinds of lower rank."""

    delivered: tuple[DeliveredFile, ...] = ()

    def frames(self) -> Iterator[Frame]:
        """Every frame, in order, read ahead while earlier ones are used; memory does not grow with the shot. Raises
        StoreError."""
        return (Frame(self.order, self.plate, comp) for comp in ahead(comps(self.order)))


def track_of(order: Order, info: PlateInfo) -> TimecodeTrack | None:
    """None if the frame rate is unknown."""
    if info.frame_rate is None:
        return None
    return TimecodeTrack(info.frame_rate, order.job.shot.plate.first_frame, info.timecode)
