"""Composite: the swapped crops go back into the plate, entry by entry, in scene-linear light."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from fsvfx.arrays import Array, Data, LazyFrames, Result
from fsvfx.colour import from_half, to_half
from fsvfx.colour.curves import white_shown
from fsvfx.comp import choices
from fsvfx.comp.blend import blend, sealed
from fsvfx.comp.colours import coloured, together
from fsvfx.comp.face import Face
from fsvfx.comp.finish import OwnNetworks, finish, grain_seed, plate_texture, regrain
from fsvfx.comp.highlights import most_shown
from fsvfx.comp.patch import Patch, Size, Spool, box, matte_to_plate, octaves, paste, regions, to_plate
from fsvfx.entries import SwappedEntry, entry_name, named
from fsvfx.faces.geometry import margin_of, scale_of
from fsvfx.faces.looks import display_crop
from fsvfx.stages.contract import Need, PlateSettings, Resources, Stage, Work, plate_colour_of
from fsvfx.stages.outputs import Outputs, spec
from schemas.composite import CompositeSettings
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.network import NetworkCard, UpscalerCard
from schemas.receipts import Unit

F32 = NDArray[np.float32]
Half = NDArray[np.float16]

TOGETHER = 600_000
"""Number of pixels blended at once: many small regions share the solver's fixed costs, large ones go one by one."""

_IN_FRONT = 0.05
"""Above this share of something in front, the plate there says nothing about the light on the face."""


class CompositeStageSettings(PlateSettings):
    """settings: those of this chunk's frames only, by frames that share them: overrides elsewhere cost nothing."""

    entries: int
    settings: tuple[tuple[FrameRange, CompositeSettings], ...]

    def by_frame(self) -> dict[int, CompositeSettings]:
        return {number: settings for frames, settings in self.settings for number in frames}


class CompositeStage(Stage[CompositeStageSettings]):
    name = "composite"
    version = 9
    needs = (Need("ingest"), Need("align"), Need("swap"))
    resources = Resources(cpu=1, memory_mib=2048)
    outputs = Outputs(
        {
            "rN/present": spec("", "bool"),
            "rN/origin": spec("2", "int32"),
            "rN/patch": spec("h w 3", "float16"),
            "rN/matte": spec("h w", "float16"),
        }
    )

    def is_wanted(self, job: ShotJob) -> bool:
        return bool(job.shot.replace)

    def reads(self, job: ShotJob, unit: Unit) -> tuple[Need, ...]:
        """Neighbor frames if colors are steadied over time or motion blur is on; mattes if named."""
        held = choices.in_force(job.shot.composite, _frames(unit))
        colours = max(map(choices.reach, held), default=0)
        motion = max(map(choices.motion, held), default=0)
        found = [Need("ingest"), Need("align", halo=max(colours, motion)), Need("swap", halo=colours)]
        if any(map(choices.occludes, held)):
            found.append(Need("occlude", halo=colours))
        if any(map(choices.takes_roto, held)):
            found.append(Need("roto", halo=colours))
        return tuple(found)

    def settings(self, job: ShotJob, unit: Unit) -> CompositeStageSettings:
        return CompositeStageSettings(
            entries=len(job.shot.replace),
            settings=tuple(choices.groups(job.shot.composite, _frames(unit))),
            **PlateSettings.of(job).model_dump(),
        )

    def run(self, work: Work[CompositeStageSettings]) -> Result:
        done: list[_Entry] = []
        qc: dict[str, JsonValue] = {}
        for index in range(work.settings.entries):
            started = perf_counter()
            entry = _Entry(work, index, done)
            entry.fill()
            done.append(entry)
            spent = perf_counter() - started
            count = int(entry.shown.sum())
            qc[entry_name(index)] = {
                "composited": count,
                "region": [*entry.size],
                "fps": round(count / max(spent, 1e-6), 2),
            }
        return Result(frames={name: array for entry in done for name, array in entry.arrays().items()}, qc=qc)


class _Entry:
    """One replace entry's patches for the chunk, over those of the entries ``before``."""

    def __init__(self, work: Work[CompositeStageSettings], index: int, before: Sequence[_Entry]) -> None:
        self.work, self.index, self.before = work, index, tuple(before)
        self.face = Face(work.inputs, index, work.frames)
        self.settings, self.colour = work.settings.by_frame(), plate_colour_of(work)
        self.networks = OwnNetworks(work.context)
        self.crop_mattes, boxes = self._crop_mattes()
        self.wanted = [row for row, each in enumerate(boxes) if each is not None]
        self.origins, self.size = regions(boxes, _plate_size(work.inputs["ingest"], work.frames))
        count = len(work.frames)
        self.shown = np.zeros(count, np.bool_)
        self.patch = Spool(count, (*self.size, 3), np.float16)
        self.matte = Spool(count, self.size, np.float16)

    def fill(self) -> None:
        """Match colors, finish and blend every frame, a few at a time."""
        finer, device = octaves(self.crop_mattes.shape[0]), self.work.context.device
        for rows, settings in self._batches():
            numbers = [self.work.frames[row] for row in rows]
            crops = coloured(self.face, numbers, settings, self.colour)
            crops = [self._finished(row, crop, settings) for row, crop in zip(rows, crops, strict=True)]
            swaps = np.stack([self._swap(row, crop, settings) for row, crop in zip(rows, crops, strict=True)])
            unders = np.stack([self._under(row) for row in rows])
            mattes = np.stack([self._matte(row, settings) for row in rows])
            trusted = self._trusted(rows, settings)
            patches = blend(unders, swaps, mattes, settings, trusted=trusted, octaves=finer, device=device)
            for row, patch, under, matte in zip(rows, patches, unders, mattes, strict=True):
                seed = grain_seed(self.work.seed, self.work.frames[row], self.index)
                if choices.takes_texture(settings):
                    patch = plate_texture(patch, under, matte)
                patch = regrain(patch, under, matte, settings.grain, seed)
                self.shown[row] = matte.any()
                self.matte[row], self.patch[row] = matte, sealed(patch, under, matte)

    def arrays(self) -> dict[str, Array | LazyFrames]:
        patch = LazyFrames(self.patch.shape, self.patch.dtype, self.patch)
        matte = LazyFrames(self.matte.shape, self.matte.dtype, self.matte)
        return named(self.index, present=self.shown, origin=self.origins, patch=patch, matte=matte)

    def patch_of(self, row: int) -> Patch:
        y, x = self.origins[row]
        return Patch((int(y), int(x)), self.patch[row], self.matte[row])

    def _crop_mattes(self) -> tuple[Spool, list[tuple[float, float, float, float] | None]]:
        """Every frame's matte in its crop, and the plate area that it covers; None where nothing shows."""
        frames = self.work.frames
        size = SwappedEntry(self.work.inputs["swap"], self.index).matte(frames[0]).shape
        spool = Spool(len(frames), size, np.float32)
        boxes: list[tuple[float, float, float, float] | None] = [None] * len(frames)
        for row, number in enumerate(frames):
            settings = self.settings[number]
            if self.face.is_there(number) and settings.mode != "original" and settings.opacity > 0:
                matte = self.face.matte(number, settings)
                spool[row] = matte
                boxes[row] = box(matte, self.face.matrix(number, settings))
        return spool, boxes

    def _batches(self) -> Iterator[tuple[list[int], CompositeSettings]]:
        """Rows with something to show, in batches with equal settings."""
        for settings in dict.fromkeys(self.settings[self.work.frames[row]] for row in self.wanted):
            rows = [row for row in self.wanted if self.settings[self.work.frames[row]] == settings]
            most = max(1, TOGETHER // (self.size[0] * self.size[1]))
            if choices.takes_colours(settings):
                most = min(most, together(self.crop_mattes.shape[0], settings))
            for start in range(0, len(rows), most):
                yield rows[start : start + most], settings

    def _matte(self, row: int, settings: CompositeSettings) -> Half:
        """In the plate's region."""
        matrix = self.face.matrix(self.work.frames[row], settings)
        matte = matte_to_plate(self.crop_mattes[row], matrix, self.origins[row], self.size)
        return to_half(matte * np.float32(settings.opacity))

    def _finished(self, row: int, crop: F32, settings: CompositeSettings) -> F32:
        """Sharpness, noise, motion and resolution, in the crop."""
        if not choices.finishes(settings):
            return crop
        number = self.work.frames[row]
        before, after = self._neighbours(number, settings)
        restorer = self.networks.restorer(settings)
        return finish(
            crop,
            self.face.plate(number),
            self.crop_mattes[row],
            settings,
            landmarks=self.face.landmarks(number),
            before=before,
            after=after,
            scale=scale_of(self.face.matrix(number, settings)),
            restorer=restorer,
            resolver=self.networks.resolver(settings),
            around=None if restorer is None else self._around(number, crop.shape[0], settings, restorer.card),
        )

    def _around(self, number: int, size: int, settings: CompositeSettings, card: NetworkCard) -> F32 | None:
        """The plate's crop with as much around it as the network's cut needs; None if the crop is enough."""
        assert not isinstance(card, UpscalerCard)
        margin = margin_of(size, card.target.cut.wide)
        if not margin:
            return None
        plate = self.work.inputs["ingest"].frame("frames", number)
        matrix = self.face.matrix(number, settings) + np.array([[0, 0, margin], [0, 0, margin]])
        return from_half(display_crop(plate, matrix, size + 2 * margin, self.colour))

    def _neighbours(self, number: int, settings: CompositeSettings) -> tuple[F32 | None, F32 | None]:
        """Where the face is one frame before and after, if needed and known."""
        near = self.face.segment(number, choices.motion(settings))
        before, after = (
            self.face.moved(number, at, settings) if at in near and at != number else None
            for at in (number - 1, number + 1)
        )
        return before, after

    def _swap(self, row: int, crop: F32, settings: CompositeSettings) -> F32:
        """In the plate's region (h, w, 3), comp space."""
        matrix = self.face.matrix(self.work.frames[row], settings)
        display = to_plate(crop, matrix, self.origins[row], self.size)
        if settings.mode != "raw" and display.max() > white_shown():
            most = most_shown(self.face.plate(self.work.frames[row]), self.crop_mattes[row])
            np.minimum(display, np.float32(most), out=display)
        return np.asarray(self.colour.decode(display), np.float32)

    def _trusted(self, rows: list[int], settings: CompositeSettings) -> NDArray[np.bool_] | None:
        """Where nothing is in front of the face (n, h, w), for blends that take the light from the matte's rim."""
        if settings.mode not in choices.SEAMLESS or settings.occlusion == "none":
            return None
        return np.stack([self._front(row, settings) < _IN_FRONT for row in rows])

    def _front(self, row: int, settings: CompositeSettings) -> F32:
        number = self.work.frames[row]
        front, matrix = self.face.front(number, settings), self.face.matrix(number, settings)
        return matte_to_plate(front, matrix, self.origins[row], self.size)

    def _under(self, row: int) -> Half:
        """The plate's region in comp space, with the previous entries on it."""
        (y, x), (height, width) = self.origins[row], self.size
        frame = self.work.inputs["ingest"].frame("frames", self.work.frames[row])
        area = self.colour.to_comp(frame[y : y + height, x : x + width])
        if self.before:
            area = area.copy()
            paste(area, np.zeros(self.size, np.float16), (int(y), int(x)), [each.patch_of(row) for each in self.before])
        return area


def _frames(unit: Unit) -> FrameRange:
    return FrameRange([] if unit.chunk is None else unit.chunk.frames)


def _plate_size(plate: Data, numbers: tuple[int, ...]) -> Size:
    height, width = plate.frame("frames", numbers[0]).shape[:2]
    return height, width
