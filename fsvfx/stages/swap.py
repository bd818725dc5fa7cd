"""Swap: runs the engines on aligned crops."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, JsonValue, SerializeAsAny

from fsvfx.arrays import Result
from fsvfx.colour.planes import from_half, half_of
from fsvfx.engines.batches import Batch, batches
from fsvfx.engines.contract import FIT, Drive, Engine, EngineSettings, FaceBatch, Identity, SwapBatch
from fsvfx.engines.preparations import preparations
from fsvfx.engines.registry import engine, is_fitted, settings_of
from fsvfx.engines.textured import usual
from fsvfx.entries import AlignedEntry, EntryView, GoesIn, entry_name, named
from fsvfx.errors import InputError, Where
from fsvfx.models import HEAD
from fsvfx.stages.contract import Need, Resources, Stage, StageSettings, Work
from fsvfx.stages.outputs import Outputs, spec
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.manifest import Replace
from schemas.receipts import Unit

_DRIVEN_BY = (FIT, "driver")
"""The stages that driven entries read."""


class SwapEntry(StageSettings):
    """One replace entry. groups: the frames of the chunk that share the engine's settings, all defaults filled in.
    drive: how it is driven, if it is. head: the morphable model's card, if the engine or the drive uses one."""

    identity: str
    engine: str
    engine_version: int
    groups: tuple[tuple[FrameRange, SerializeAsAny[EngineSettings]], ...]
    drive: Drive | None = Field(None, exclude_if=lambda drive: drive is None)
    head: str = Field(HEAD, exclude_if=lambda head: head == HEAD)

    @property
    def cards(self) -> Iterator[str]:
        """The cards of all weights that it uses."""
        for _, values in self.groups:
            yield from engine(self.engine).weights(values)
        if self.drive or FIT in engine(self.engine).reads:
            yield self.head


class SwapSettings(StageSettings):
    entries: tuple[SwapEntry, ...]


class SwapStage(Stage[SwapSettings]):
    name = "swap"
    version = 1
    needs = (Need("align"), Need("references", of="people"))
    intermediate = True
    resources = Resources(cpu=1, memory_mib=3072)
    outputs = Outputs({"rN/crops": spec("S S 3", "float16"), "rN/matte": spec("S S", "float16")})

    def is_wanted(self, job: ShotJob) -> bool:
        return bool(job.shot.replace)

    def resources_for(self, job: ShotJob) -> Resources:
        """A GPU, if one of the engines runs on one."""
        gpu = any(engine(entry.engine).uses_gpu for entry in job.shot.replace)
        return replace(self.resources, gpu=int(gpu))

    def reads(self, job: ShotJob, unit: Unit) -> tuple[Need, ...]:
        """The neighbors that engines need to see, and the stages that they read."""
        kinds = [engine(entry.engine) for entry in job.shot.replace]
        reach = max((kind.reach for kind in kinds), default=0)
        more = dict.fromkeys(name for kind in kinds for name in kind.reads)
        if any(entry.driver for entry in job.shot.replace):
            more |= dict.fromkeys(_DRIVEN_BY)
        align, references = self.needs
        cast = [Need("cast", of="all")] if any(entry.from_bank for entry in job.shot.replace) else []
        return replace(align, halo=reach), references, *cast, *(Need(name, halo=reach) for name in more)

    def weights(self, settings: SwapSettings) -> tuple[str, ...]:
        return tuple(dict.fromkeys(card for one in settings.entries for card in one.cards))

    def settings(self, job: ShotJob, unit: Unit) -> SwapSettings:
        """An override elsewhere in the shot does not change this chunk's key.

        Raises InputError for an unknown engine or setting.
        """
        numbers = [] if unit.chunk is None else list(unit.chunk.frames)
        shot = job.shot
        return SwapSettings(entries=tuple(swap_entry(entry, numbers, shot.faces.head) for entry in shot.replace))

    def run(self, work: Work[SwapSettings]) -> Result:
        """Raises InputError, with the entry, if an identity has no references that its engine can use."""
        frames: dict[str, NDArray[np.float16]] = {}
        qc: dict[str, JsonValue] = {}
        for index, entry in enumerate(work.settings.entries):
            started = perf_counter()
            made = _replace(index, entry, work)
            frames |= named(index, crops=made.crops, matte=made.mattes)
            rate = made.swapped / max(perf_counter() - started, 1e-6)
            qc[entry_name(index)] = {"swapped": made.swapped, "fps": round(rate, 2), **made.figures}
        return Result(frames=frames, qc=qc)


def swap_entry(entry: Replace, numbers: list[int], head: str = HEAD) -> SwapEntry:
    """What a swap of these frames reads from an entry, in a shot with that head. Raises InputError for an unknown
    engine or setting."""
    kind = engine(entry.engine)
    groups: dict[str, tuple[EngineSettings, list[int]]] = {}
    for _, run in groupby(numbers, key=lambda number: tuple(number in one.frames for one in entry.overrides)):
        held = list(run)
        values = settings_of(entry.engine, usual(kind.Settings, head) | entry.settings_at(held[0]))
        groups.setdefault(values.model_dump_json(), (values, []))[1].extend(held)
    return SwapEntry(
        identity=entry.goes_in,
        engine=kind.name,
        engine_version=kind.version,
        groups=tuple((FrameRange(held), values) for values, held in groups.values()),
        drive=Drive(**entry.driver.model_dump(include=set(Drive.model_fields))) if entry.driver else None,
        head=head if is_fitted(entry) else HEAD,
    )


@dataclass(frozen=True)
class _Faces:
    """One entry's faces, in the form that engines take."""

    aligned: AlignedEntry
    read: Mapping[str, EntryView]

    def follows(self, number: int) -> bool:
        """Whether the frame continues the one before it."""
        shown = self.aligned.shown
        return number in shown and number - 1 in shown and not self.aligned.frame("start", number)

    def of(self, batch: Batch) -> FaceBatch:
        wide = self._pictures(batch.frames, "wide") if self.aligned.has("wide") else None
        landmarks = np.stack([self.aligned.landmarks(number) for number in batch.frames])
        crops = self._pictures(batch.frames, "crops")
        return FaceBatch(crops, landmarks, batch.frames, batch.before, batch.after, wide, self.read)

    def _pictures(self, numbers: Sequence[int], array: str) -> NDArray[np.float32]:
        """Filled frame by frame: nothing is held twice."""
        first = self.aligned.frame(array, numbers[0])
        pictures = np.empty((len(numbers), *first.shape), np.float32)
        for row, number in enumerate(numbers):
            pictures[row] = from_half(self.aligned.half(array, number))
        return pictures


@dataclass(frozen=True)
class _Swapped:
    """One entry's crops (n, S, S, 3) and mattes (n, S, S), zero where the performer is absent; how many are not."""

    crops: NDArray[np.float16]
    mattes: NDArray[np.float16]
    swapped: int
    figures: Mapping[str, JsonValue] = field(default_factory=dict)


def _replace(index: int, entry: SwapEntry, work: Work[SwapSettings]) -> _Swapped:
    aligned = AlignedEntry(work.inputs["align"], index)
    rows = {number: row for row, number in enumerate(work.frames) if number in aligned.shown}
    crops = np.zeros((len(work.frames), aligned.size, aligned.size, 3), np.float16)
    made = _Swapped(crops, np.zeros(crops.shape[:3], np.float16), len(rows))
    if not rows:
        return made
    kind = engine(entry.engine)
    faces = _Faces(aligned, {name: EntryView(work.inputs[name], index) for name in kind.reads})
    goes_in = _goes_in(index, entry, kind, work)
    figures: dict[str, JsonValue] = {}
    faults: dict[str, float] = {}
    for numbers, values in entry.groups:
        wanted = [number for number in numbers if number in rows]
        if wanted:
            one = kind(values, work.context.with_head(entry.head))
            prepared = preparations().of(
                one, entry.identity, goes_in.digest, aligned.size, lambda: Identity.of(entry.identity, goes_in)
            )
            for batch in batches(wanted, one.at_once, reach=one.reach, follows=faces.follows):
                swap, at = (
                    _swapped(index, entry, faces.of(batch), one, prepared, work),
                    [rows[number] for number in batch.own],
                )
                made.crops[at], made.mattes[at] = half_of(swap.crops), half_of(swap.matte)
                for name, found in swap.faults.items():
                    faults[name] = round(max(faults.get(name, 0.0), float(found.max())), 5)
            figures |= one.figures(prepared)
    return replace(made, figures=figures | faults)


def _swapped(
    index: int, entry: SwapEntry, faces: FaceBatch, one: Engine[Any], prepared: Any, work: Work[SwapSettings]
) -> SwapBatch:
    if entry.drive is None:
        return one.swap(faces, prepared)
    from fsvfx.engines.driving import driven_faces  # here: others need not wait for OpenCV
    from fsvfx.morphable import FittedEntry, head

    fit, driver = (EntryView(work.inputs[name], index) for name in _DRIVEN_BY)
    driven = driven_faces(faces, FittedEntry(fit), driver, entry.drive, head(entry.head))
    return driven.over(one.swap(driven.faces, prepared))


def _goes_in(index: int, entry: SwapEntry, kind: type[Engine[Any]], work: Work[SwapSettings]) -> GoesIn:
    found = GoesIn.of(work.inputs, index, entry.identity)
    if kind.needs_references and not found.count:
        raise InputError(
            f"Engine '{kind.name}' needs reference pictures of '{entry.identity}', but there are none",
            hint=f"Give people.{entry.identity}.references footage or stills of the face",
            where=Where(stage="swap", field=f"replace[{index}].identity"),
        )
    return found
