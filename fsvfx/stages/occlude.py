"""Occlude: what of each face is seen, and what is in front of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from time import perf_counter
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from fsvfx.arrays import Array, Result
from fsvfx.comp import choices
from fsvfx.faces.geometry import scale_of
from fsvfx.faces.looks import display_crop
from fsvfx.occlusion.contract import WIDE, WIDE_SIZE, Faces, Segmenter
from fsvfx.occlusion.registry import EMBEDDED, segmenter
from fsvfx.stages.contract import Need, Resources, Stage, Work
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.receipts import Unit

Half = NDArray[np.float16]

_TOGETHER = 24
"""Frames that are segmented at once, so that memory does not grow with the chunk."""


class OccludeStage(Stage):
    """Per entry, in the crop of ``align``: ``rN/front``, ``rN/face`` and, where asked for, ``rN/identity`` (n, S, S).

    All float16 in [0, 1]; 0 where the performer is absent, and where the composite wants none.
    """

    name: ClassVar[str] = "occlude"
    version: ClassVar[int] = 1
    needs: ClassVar[tuple[Need, ...]] = (Need("ingest"), Need("align"))
    resources: ClassVar[Resources] = Resources(cpu=1, memory_mib=2048)

    def is_wanted(self, job: ShotJob) -> bool:
        composite = job.shot.composite
        said: list[Any] = [composite, *composite.overrides]
        return bool(job.shot.replace) and any(_asked(each.occlusion, each.matte) for each in said)

    def reads(self, job: ShotJob, unit: Unit) -> tuple[Need, ...]:
        """As far around the chunk as its segmenters want to see."""
        groups = _groups(job, unit)
        reach = max((kind.reach for kind in _kinds(groups)), default=0)
        wanted = [Need("ingest", halo=reach), Need("align", halo=reach)]
        return (*wanted, Need("swap")) if any(group.identity for group in groups) else tuple(wanted)

    def parameters(self, job: ShotJob, unit: Unit) -> dict[str, JsonValue]:
        """``groups``: [frame range, segmenter, its version, front?, identity?]. InputError for an unknown segmenter."""
        return {
            "entries": len(job.shot.replace),
            "groups": [group.as_json() for group in _groups(job, unit)],
            "color_space": job.shot.plate.color_space,
            "colour_config": job.colour_config,
            "exposure": job.shot.plate.exposure,
        }

    def weights(self, parameters: Any) -> tuple[str, ...]:
        names = [str(values[1]) for values in parameters["groups"]]
        return tuple(dict.fromkeys(card for name in names for card in segmenter(name).weights))

    def run(self, work: Work) -> Result:
        """Raises ModelError if weights are not here."""
        frames: dict[str, Half] = {}
        qc: dict[str, JsonValue] = {}
        entries: Any = work.parameters["entries"]
        for index in range(int(entries)):
            started = perf_counter()
            entry = _Entry(work, index)
            entry.fill()
            frames |= entry.mattes
            spent = max(perf_counter() - started, 1e-6)
            qc[f"r{index}"] = {**entry.figures(), "fps": round(len(work.frames) / spent, 2)}
        return Result(frames=frames, qc=qc)


@dataclass(frozen=True)
class _Group:
    """Frames of the chunk that are segmented alike."""

    frames: FrameRange
    segmenter: str
    front: bool
    identity: bool

    def as_json(self) -> list[JsonValue]:
        return [str(self.frames), self.segmenter, segmenter(self.segmenter).version, self.front, self.identity]


class _Entry:
    """One replace entry's mattes for the chunk."""

    def __init__(self, work: Work, index: int) -> None:
        self.work, self.index = work, index
        groups: Any = work.parameters["groups"]
        self.groups = [_group_of(values) for values in groups]
        self.aligned = work.inputs["align"]
        there: NDArray[Any] = np.asarray(self.aligned.frames(f"r{index}/present"), np.bool_)
        self.present = {number for number, is_there in zip(self.aligned.numbers, there, strict=True) if is_there}
        self.size = self.aligned.frame(f"r{index}/crops", work.frames[0]).shape[0]
        names = ["front", "face"] + ["identity"] * any(group.identity for group in self.groups)
        shape = (len(work.frames), self.size, self.size)
        self.mattes: dict[str, Half] = {f"r{index}/{name}": np.zeros(shape, np.float16) for name in names}
        self._wide = lru_cache(maxsize=2 * _TOGETHER)(self._wide_picture)

    def fill(self) -> None:
        for group in self.groups:
            kind = segmenter(group.segmenter)
            wanted = [number for number in group.frames if number in self.present]
            for block in _blocks(wanted):
                self._segment(kind(), block, group)

    def figures(self) -> dict[str, JsonValue]:
        """How many frames have something in front, and the greatest share of a face that it covers."""
        front, face = (self.mattes[f"r{self.index}/{name}"].astype(np.float32) for name in ("front", "face"))
        over = np.minimum(front, face + front).sum(axis=(1, 2)) / np.maximum((face + front).sum(axis=(1, 2)), 1.0)
        return {"occluded": int((over > 0.002).sum()), "covered": round(float(over.max(initial=0.0)), 4)}

    def _segment(self, by: Segmenter, block: Sequence[int], group: _Group) -> None:
        around = [n for n in range(block[0] - by.margin, block[-1] + by.margin + 1) if n in self.present]
        others = [n for n in self.present if block[0] - by.reach <= n <= block[-1] + by.reach and n % by.every == 0]
        found = by.segment(self._faces(around), self._faces(sorted(others)))
        mine = [around.index(number) for number in block]
        rows = [self.work.frames.index(number) for number in block]
        self.mattes[f"r{self.index}/face"][rows] = found.face[mine]
        if group.front:
            self.mattes[f"r{self.index}/front"][rows] = found.front[mine]
        if group.identity:
            swapped = by.segment(self._faces(block, swapped=True), self._faces([]))
            self.mattes[f"r{self.index}/identity"][rows] = swapped.face

    def _faces(self, numbers: Sequence[int], *, swapped: bool = False) -> Faces:
        crops = self.work.inputs["swap" if swapped else "align"]
        blank = np.zeros((0, self.size, self.size, 3), np.float16)
        wide = np.zeros((0, WIDE_SIZE, WIDE_SIZE, 3), np.float16)
        points = np.zeros((0, 468, 3), np.float32)
        if numbers:
            blank = np.stack([np.asarray(crops.frame(f"r{self.index}/crops", n), np.float16) for n in numbers])
            wide = np.stack([self._wide(n) for n in numbers])
            points = np.stack([np.asarray(self.aligned.frame(f"r{self.index}/landmarks", n)) for n in numbers])
        return Faces(blank, points.astype(np.float32), wide, tuple(numbers))

    def _wide_picture(self, number: int) -> Half:
        matrix = np.asarray(self.aligned.frame(f"r{self.index}/matrix", number), np.float64)
        plate = self.work.inputs["ingest"].frame("frames", number)
        space, config = str(self.work.parameters["color_space"]), str(self.work.parameters["colour_config"])
        return wide_picture(plate, matrix, self.size, space, config, float(str(self.work.parameters["exposure"])))


def wide_picture(
    plate: Array, matrix: NDArray[np.float64], size: int, space: str, config: str, exposure: float = 0.0
) -> Half:
    """The face's surroundings, (WIDE_SIZE, WIDE_SIZE, 3) display [0, 1]: see ``fsvfx.occlusion.contract``.

    matrix: (2, 3), plate px -> px of the (size, size) crop. Large plates are thinned out before their colours are
    converted: it is for finding things, not for showing them.
    """
    zoom = WIDE_SIZE / (WIDE * size)
    wide = matrix * zoom
    wide[:, 2] += (WIDE_SIZE - 1) / 2 - zoom * (size - 1) / 2
    thin = max(1, int(0.5 / scale_of(wide)))
    wide[:, :2] *= thin
    return display_crop(plate[::thin, ::thin], wide, WIDE_SIZE, space, config, exposure)


def _asked(occlusion: str | None, matte: str | None) -> bool:
    """Whether anything of the stage is wanted; None, in an override, says nothing."""
    return occlusion not in (None, "none") or _names(matte, "plate") or _names(matte, "identity")


def _names(matte: str | None, source: str) -> bool:
    return source in (matte or "").replace("+", " ").replace("*", " ").split()


def _groups(job: ShotJob, unit: Unit) -> list[_Group]:
    held: dict[tuple[str, bool, bool], list[int]] = {}
    frames = FrameRange([] if unit.chunk is None else unit.chunk.frames)
    for run, settings in choices.runs(job.shot.composite, frames):
        if _asked(settings.occlusion, settings.matte):
            front = settings.occlusion != "none"
            name = segmenter(settings.occlusion if front else EMBEDDED).name
            held.setdefault((name, front, _names(settings.matte, "identity")), []).extend(run)
    return [_Group(FrameRange(numbers), *key) for key, numbers in held.items()]


def _kinds(groups: Sequence[_Group]) -> list[type[Segmenter]]:
    return [segmenter(group.segmenter) for group in groups]


def _group_of(values: Sequence[Any]) -> _Group:
    frames, name, _, front, identity = values
    return _Group(FrameRange.parse(frames), name, front, identity)


def _blocks(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(numbers), _TOGETHER):
        yield numbers[start : start + _TOGETHER]
