"""Composite: the swapped crops go back into the plate, entry by entry, in scene-linear light."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from time import perf_counter
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from fsvfx import colour
from fsvfx.comp.blend import blend
from fsvfx.comp.matte import shape
from fsvfx.comp.patch import Patch, paste
from fsvfx.comp.region import Size, box, regions, to_plate
from fsvfx.stages.contract import Data, Need, Resources, Result, Stage, Work
from schemas.composite import CompositeSettings
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.receipts import Unit

Half = NDArray[np.float16]

TOGETHER = 600_000
"""Pixels that are blended at once: many small regions share the solver's fixed costs, large ones go one by one."""

_MODES: tuple[Literal["seamless", "overlay"], ...] = ("seamless", "overlay")


class CompositeStage(Stage):
    name = "composite"
    version = 1
    needs = (Need("ingest"), Need("align"), Need("swap"))
    resources = Resources(cpu=1, memory_mib=2048)

    def parameters(self, job: ShotJob, unit: Unit) -> dict[str, JsonValue]:
        """``settings``: [frame range, settings] for this chunk's frames only: overrides elsewhere cost nothing."""
        numbers = [] if unit.chunk is None else list(unit.chunk.frames)
        groups = itertools.groupby(numbers, key=job.shot.composite.at)
        return {
            "entries": len(job.shot.replace),
            "settings": [[str(FrameRange(held)), at.model_dump(mode="json")] for at, held in groups],
            "color_space": job.shot.plate.color_space,
            "colour_config": job.colour_config,
        }

    def run(self, work: Work) -> Result:
        entries: Any = work.parameters["entries"]
        done: list[_Entry] = []
        qc: dict[str, JsonValue] = {}
        for index in range(int(entries)):
            started = perf_counter()
            entry = _Entry(work, index)
            entry.fill(done)
            done.append(entry)
            spent = perf_counter() - started
            count = int(entry.present.sum())
            qc[f"r{index}"] = {"composited": count, "region": [*entry.size], "fps": round(count / max(spent, 1e-6), 2)}
        return Result(frames={name: array for entry in done for name, array in entry.arrays().items()}, qc=qc)


class _Entry:
    """One replace entry's patches for the chunk."""

    def __init__(self, work: Work, index: int) -> None:
        self.work, self.index = work, index
        self.settings = _settings(work.parameters)
        self.space, self.config = str(work.parameters["color_space"]), str(work.parameters["colour_config"])
        self.comp = colour.comp_space(self.config, self.space)
        self.present = np.asarray(work.inputs["align"].frames(f"r{index}/present"), np.bool_)
        self.matrices: NDArray[Any] = np.asarray(work.inputs["align"].frames(f"r{index}/matrix"), np.float64)
        self.mattes = [self._shaped(row) for row in range(len(work.frames))]
        boxes = [None if m is None else box(m, self.matrices[row]) for row, m in enumerate(self.mattes)]
        self.origins, self.size = regions(boxes, _plate_size(work.inputs["ingest"], work.frames))
        count = len(work.frames)
        self.patch: Half = np.zeros((count, *self.size, 3), np.float16)
        self.matte: Half = np.zeros((count, *self.size), np.float16)

    def fill(self, before: list[_Entry]) -> None:
        """Blend every frame, over the entries that went before."""
        modes = {row: self.settings[self.work.frames[row]].mode for row, m in enumerate(self.mattes) if m is not None}
        most = max(1, TOGETHER // (self.size[0] * self.size[1]))
        for mode in _MODES:
            rows = [row for row, of in modes.items() if of == mode]
            for start in range(0, len(rows), most):
                self._fill(rows[start : start + most], mode, before)

    def arrays(self) -> dict[str, NDArray[Any]]:
        shown = np.asarray(self.matte.any(axis=(1, 2)), np.bool_)
        named: dict[str, NDArray[Any]] = {
            "present": shown,
            "origin": self.origins,
            "patch": self.patch,
            "matte": self.matte,
        }
        return {f"r{self.index}/{name}": array for name, array in named.items()}

    def patch_of(self, row: int) -> Patch:
        y, x = self.origins[row]
        return Patch((int(y), int(x)), self.patch[row], self.matte[row])

    def _shaped(self, row: int) -> NDArray[np.float32] | None:
        number = self.work.frames[row]
        settings = self.settings[number]
        if not self.present[row] or settings.mode == "original":
            return None
        matte: NDArray[Any] = self.work.inputs["swap"].frame(f"r{self.index}/matte", number)
        return shape(matte, settings)

    def _fill(self, rows: list[int], mode: Literal["seamless", "overlay"], before: list[_Entry]) -> None:
        for row in rows:
            matte = self.mattes[row]
            assert matte is not None
            self.matte[row] = to_plate(matte, self.matrices[row], self.origins[row], self.size, sharp=False)
        under = np.stack([self._under(row, before) for row in rows])
        swap = np.stack([self._swap(row) for row in rows])
        self.patch[rows] = blend(under, swap, self.matte[rows], mode, self.work.device)

    def _swap(self, row: int) -> NDArray[np.float32]:
        """The swap in the plate's region, comp space."""
        crop: NDArray[Any] = self.work.inputs["swap"].frame(f"r{self.index}/crops", self.work.frames[row])
        display = to_plate(crop.astype(np.float32), self.matrices[row], self.origins[row], self.size, sharp=True)
        return colour.decode(display, self.config, self.comp).astype(np.float32)

    def _under(self, row: int, before: list[_Entry]) -> Half:
        """The plate's region in comp space, with the entries that went before on it."""
        (y, x), (height, width) = self.origins[row], self.size
        frame: NDArray[Any] = self.work.inputs["ingest"].frame("frames", self.work.frames[row])
        area = colour.plate_to_comp(frame[y : y + height, x : x + width], self.space, self.config)
        if before:
            area = area.copy()
            paste(area, np.zeros(self.size, np.float16), (int(y), int(x)), [each.patch_of(row) for each in before])
        return area


def _settings(parameters: Mapping[str, JsonValue]) -> dict[int, CompositeSettings]:
    groups: Any = parameters["settings"]
    return {number: CompositeSettings(**values) for frames, values in groups for number in FrameRange.parse(frames)}


def _plate_size(plate: Data, numbers: tuple[int, ...]) -> Size:
    height, width = plate.frame("frames", numbers[0]).shape[:2]
    return height, width
