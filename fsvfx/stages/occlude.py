"""Occlude: what of each face is seen, and what is in front of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue, model_serializer

from fsvfx.arrays import Array, Result
from fsvfx.colour import PlateColour
from fsvfx.comp import choices
from fsvfx.comp.matte import hull
from fsvfx.entries import AlignedEntry, SwappedEntry, entry_name, named
from fsvfx.faces.geometry import apply
from fsvfx.faces.looks import coarse_crop
from fsvfx.occlusion.contract import EMBEDDED, WIDE, WIDE_SIZE, Faces, LazyPictures, Segmenter, segmenter
from fsvfx.stages.contract import Need, PlateSettings, Resources, Stage, StageSettings, Work, plate_colour_of
from fsvfx.stages.outputs import Outputs, spec
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.receipts import Unit

Half = NDArray[np.float16]

_TOGETHER = 24
"""Frames that are segmented at once, so that memory does not grow with the chunk."""


class SegmentedFrames(StageSettings):
    """Frames of the chunk that are segmented alike. front, face, identity: which mattes are wanted."""

    frames: FrameRange
    segmenter: str
    version: int
    front: bool
    face: bool
    identity: bool

    @model_serializer
    def _row(self) -> list[JsonValue]:
        return [str(self.frames), self.segmenter, self.version, self.front, self.face, self.identity]


class OccludeSettings(PlateSettings):
    entries: int
    groups: tuple[SegmentedFrames, ...]


class OccludeStage(Stage[OccludeSettings]):
    """Per entry, in the crop of ``align``: ``rN/front`` and, where a matte asks for them, ``rN/face`` and
    ``rN/identity`` (n, S, S).

    All float16 in [0, 1]; 0 where the performer is absent, and where the composite wants none.
    """

    name = "occlude"
    version = 3
    needs = (Need("ingest"), Need("align"))
    intermediate = True
    resources = Resources(cpu=1, memory_mib=2048)
    outputs = Outputs(
        {
            "rN/front": spec("S S", "float16"),
            "rN/face": spec("S S", "float16", optional=True),
            "rN/identity": spec("S S", "float16", optional=True),
        }
    )

    def is_wanted(self, job: ShotJob) -> bool:
        composite = job.shot.composite
        said = (one.model_dump(include={"occlusion", "matte"}) for one in (composite, *composite.overrides))
        return bool(job.shot.replace) and any(_asked(**one) for one in said)

    def reads(self, job: ShotJob, unit: Unit) -> tuple[Need, ...]:
        """As far around the chunk as its segmenters want to see."""
        groups = _groups(job, unit)
        reach = max((kind.reach for kind in _kinds(groups)), default=0)
        wanted = [Need("ingest", halo=reach), Need("align", halo=reach)]
        return (*wanted, Need("swap")) if any(group.identity for group in groups) else tuple(wanted)

    def settings(self, job: ShotJob, unit: Unit) -> OccludeSettings:
        """Raises InputError for an unknown segmenter."""
        groups = _groups(job, unit)
        return OccludeSettings(entries=len(job.shot.replace), groups=groups, **PlateSettings.of(job).model_dump())

    def weights(self, settings: OccludeSettings) -> tuple[str, ...]:
        return tuple(dict.fromkeys(card for kind in _kinds(settings.groups) for card in kind.weights))

    def run(self, work: Work[OccludeSettings]) -> Result:
        """Raises ModelError if weights are missing."""
        frames: dict[str, Half] = {}
        qc: dict[str, JsonValue] = {}
        for index in range(work.settings.entries):
            started = perf_counter()
            entry = _Entry(work, index)
            entry.fill()
            frames |= named(index, **entry.mattes)
            spent = max(perf_counter() - started, 1e-6)
            qc[entry_name(index)] = {**entry.figures(), "fps": round(len(work.frames) / spent, 2)}
        return Result(frames=frames, qc=qc)


class _Entry:
    """One replace entry's mattes for the chunk."""

    def __init__(self, work: Work[OccludeSettings], index: int) -> None:
        self.work, self.index, self.colour = work, index, plate_colour_of(work)
        self.groups = work.settings.groups
        self.aligned = AlignedEntry(work.inputs["align"], index)
        self.present, self.size = self.aligned.shown, self.aligned.size
        asked = {
            "face": any(group.face for group in self.groups),
            "identity": any(group.identity for group in self.groups),
        }
        names = ["front", *(name for name, wanted in asked.items() if wanted)]
        shape = (len(work.frames), self.size, self.size)
        self.mattes: dict[str, Half] = {name: np.zeros(shape, np.float16) for name in names}
        self.covered = np.zeros(len(work.frames))

    def fill(self) -> None:
        for group in self.groups:
            by = segmenter(group.segmenter)()
            wanted = [number for number in group.frames if number in self.present]
            for block in _blocks(wanted):
                self._segment(by, block, group)

    def figures(self) -> dict[str, JsonValue]:
        """How many frames have something in front, and the greatest share of a face that it covers."""
        most = float(self.covered.max(initial=0.0))
        return {"occluded": int((self.covered > 0.002).sum()), "covered": round(most, 4)}

    def _segment(self, by: Segmenter, block: Sequence[int], group: SegmentedFrames) -> None:
        around = [n for n in range(block[0] - by.margin, block[-1] + by.margin + 1) if n in self.present]
        others = [n for n in self.present if block[0] - by.reach <= n <= block[-1] + by.reach and n % by.every == 0]
        rows = [self.work.frames.index(number) for number in block]
        if group.front or group.face:
            found = by.segment(self._faces(around), self._faces(sorted(others)), face=group.face)
            mine = [around.index(number) for number in block]
            if group.front:
                self.mattes["front"][rows] = found.front[mine]
                self.covered[rows] = [self._share(number, found.front[row]) for number, row in zip(block, mine)]
            if found.face is not None:
                self.mattes["face"][rows] = found.face[mine]
        if group.identity:
            swapped = SwappedEntry(self.work.inputs["swap"], self.index).crop
            seen = by.segment(self._faces(block, swapped), self._faces([]), face=True)
            self.mattes["identity"][rows] = seen.face

    def _share(self, number: int, front: NDArray[np.floating]) -> float:
        """Of the face, that ``front`` (S, S) covers."""
        if not front.any():
            return 0.0
        face = hull(self.aligned.landmarks(number), self.size)
        return float((front * face).sum() / face.sum())

    def _faces(self, numbers: Sequence[int], crop: Callable[[int], Half] | None = None) -> Faces:
        """Pictures are read when they are looked at. crop: others than those of ``align``."""
        landmarks = [self.aligned.landmarks(number) for number in numbers]
        return Faces(
            LazyPictures(crop or self.aligned.crop, tuple(numbers)),
            np.stack(landmarks) if landmarks else np.zeros((0, 468, 3), np.float32),
            LazyPictures(self._wide, tuple(numbers)),
            tuple(numbers),
            np.array([self._plate(number) for number in numbers], np.float32).reshape(-1, 4, 2),
        )

    def _plate(self, number: int) -> NDArray[np.float64]:
        """(4, 2): its corners, the outer ones of its pixels, in the crop."""
        height, width = self._plate_size
        corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64) - 0.5
        return apply(self.aligned.matrix(number), corners)

    @cached_property
    def _plate_size(self) -> tuple[int, int]:
        ingest = self.work.inputs["ingest"]
        height, width = ingest.frame("frames", ingest.numbers[0]).shape[:2]
        return height, width

    def _wide(self, number: int) -> NDArray[np.float32]:
        plate = self.work.inputs["ingest"].frame("frames", number)
        return wide_picture(plate, self.aligned.matrix(number), self.size, self.colour)


def wide_picture(plate: Array, matrix: NDArray[np.float64], size: int, colour: PlateColour) -> NDArray[np.float32]:
    """The face's surroundings, (WIDE_SIZE, WIDE_SIZE, 3) display [0, 1]: see ``fsvfx.occlusion.contract``.

    matrix: (2, 3), plate px -> px of the (size, size) crop. For finding things, not for showing them: see
    ``coarse_crop``.
    """
    zoom = WIDE_SIZE / (WIDE * size)
    wide = matrix * zoom
    wide[:, 2] += (WIDE_SIZE - 1) / 2 - zoom * (size - 1) / 2
    return coarse_crop(plate, wide, WIDE_SIZE, colour)


def _asked(occlusion: str | None, matte: str | None) -> bool:
    """Whether anything of the stage is wanted; None, in an override, says nothing."""
    return occlusion not in (None, "none") or _names(matte, "plate") or _names(matte, "identity")


def _names(matte: str | None, source: str) -> bool:
    return source in (matte or "").replace("+", " ").replace("*", " ").split()


def _groups(job: ShotJob, unit: Unit) -> tuple[SegmentedFrames, ...]:
    held: dict[tuple[str, bool, bool, bool], list[int]] = {}
    frames = FrameRange([] if unit.chunk is None else unit.chunk.frames)
    for run, settings in choices.runs(job.shot.composite, frames):
        if _asked(settings.occlusion, settings.matte):
            front = settings.occlusion != "none"
            name = segmenter(settings.occlusion if front else EMBEDDED).name
            face, identity = (_names(settings.matte, source) for source in ("plate", "identity"))
            held.setdefault((name, front, face, identity), []).extend(run)
    return tuple(
        SegmentedFrames(
            frames=FrameRange(numbers),
            segmenter=name,
            version=segmenter(name).version,
            front=front,
            face=face,
            identity=identity,
        )
        for (name, front, face, identity), numbers in held.items()
    )


def _kinds(groups: Sequence[SegmentedFrames]) -> list[type[Segmenter]]:
    return [segmenter(group.segmenter) for group in groups]


def _blocks(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(numbers), _TOGETHER):
        yield numbers[start : start + _TOGETHER]
