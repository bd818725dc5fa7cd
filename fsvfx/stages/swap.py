"""Swap: the engines at work, on aligned crops."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import groupby
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue, SerializeAsAny

from fsvfx.arrays import Array, Data, Result
from fsvfx.context import Context
from fsvfx.engines.contract import Engine, EngineSettings, FaceBatch, Identity
from fsvfx.engines.registry import engine, settings_of
from fsvfx.entries import AlignedEntry, entry_name, named
from fsvfx.errors import InputError, Where
from fsvfx.stages.contract import Need, Resources, Stage, StageSettings, Work
from fsvfx.stages.outputs import Outputs, spec
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.manifest import Replace
from schemas.receipts import Unit


class SwapEntry(StageSettings):
    """One replace entry. groups: the frames of the chunk that share the engine's settings, all defaults filled in."""

    identity: str
    engine: str
    engine_version: int
    groups: tuple[tuple[FrameRange, SerializeAsAny[EngineSettings]], ...]


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

    def settings(self, job: ShotJob, unit: Unit) -> SwapSettings:
        """An override elsewhere in the shot leaves this chunk's key alone.

        Raises InputError for an unknown engine or setting.
        """
        numbers = [] if unit.chunk is None else list(unit.chunk.frames)
        return SwapSettings(entries=tuple(_entry(entry, numbers) for entry in job.shot.replace))

    def run(self, work: Work[SwapSettings]) -> Result:
        """Raises InputError, with the entry, if an identity has no references that its engine can use."""
        frames: dict[str, NDArray[np.float16]] = {}
        qc: dict[str, JsonValue] = {}
        for index, entry in enumerate(work.settings.entries):
            started = perf_counter()
            crops, mattes, swapped = _replace(index, entry, work)
            frames |= named(index, crops=crops, matte=mattes)
            seconds = perf_counter() - started
            qc[entry_name(index)] = {"swapped": swapped, "fps": round(swapped / max(seconds, 1e-6), 2)}
        return Result(frames=frames, qc=qc)


def effective(entry: Replace, frame: int) -> dict[str, JsonValue]:
    """The settings in force at ``frame``: the entry's, and what overrides say on top; later ones win."""
    values = dict(entry.settings)
    for override in entry.overrides:
        if frame in override.frames:
            values |= override.settings
    return values


def _entry(entry: Replace, numbers: list[int]) -> SwapEntry:
    kind = engine(entry.engine)
    groups: dict[str, tuple[EngineSettings, list[int]]] = {}
    for _, run in groupby(numbers, key=lambda number: tuple(number in one.frames for one in entry.overrides)):
        held = list(run)
        values = settings_of(entry.engine, effective(entry, held[0]))
        groups.setdefault(values.model_dump_json(), (values, []))[1].extend(held)
    return SwapEntry(
        identity=entry.identity,
        engine=kind.name,
        engine_version=kind.version,
        groups=tuple((FrameRange(held), values) for values, held in groups.values()),
    )


def _replace(
    index: int, entry: SwapEntry, work: Work[SwapSettings]
) -> tuple[NDArray[np.float16], NDArray[np.float16], int]:
    """One entry's crops (n, S, S, 3) and mattes (n, S, S), zero where the performer is absent, and how many."""
    aligned = AlignedEntry(work.inputs["align"], index)
    crops = np.zeros((len(work.frames), aligned.size, aligned.size, 3), np.float16)
    mattes = np.zeros(crops.shape[:3], np.float16)
    if not aligned.shown:
        return crops, mattes, 0
    identity = identity_of(entry.identity, work.inputs)
    rows = {number: row for row, number in enumerate(work.frames)}
    for numbers, values in entry.groups:
        wanted = [number for number in numbers if number in aligned.shown]
        if not wanted:
            continue
        made = _engine(index, entry, values, work.context, identity)
        for batch in _batches(wanted, made.at_once):
            swap = made.swap(_faces(batch, aligned), identity)
            at = [rows[number] for number in batch]
            crops[at], mattes[at] = swap.crops, swap.matte
    return crops, mattes, len(aligned.shown)


def _batches(numbers: list[int], most: int) -> Iterator[list[int]]:
    for start in range(0, len(numbers), most):
        yield numbers[start : start + most]


def _engine(index: int, entry: SwapEntry, values: EngineSettings, context: Context, who: Identity) -> Engine:
    kind = engine(entry.engine)
    if kind.needs_references and not len(who.crops):
        raise InputError(
            f"Engine '{kind.name}' needs reference pictures of '{who.name}', but there are none",
            hint=f"Give people.{who.name}.references footage or stills of the face",
            where=Where(stage="swap", field=f"replace[{index}].identity"),
        )
    return kind(values, context)


def identity_of(name: str, inputs: Mapping[str, Data]) -> Identity:
    """The references of a person, as engines take them."""
    data = inputs[f"references/{name}"]
    return Identity(name, *(_floats(data.frames(array)) for array in ("crops", "landmarks", "sharpness")))


def _faces(numbers: list[int], aligned: AlignedEntry) -> FaceBatch:
    crops = np.empty((len(numbers), aligned.size, aligned.size, 3), np.float32)
    for row, number in enumerate(numbers):
        crops[row] = aligned.crop(number)
    return FaceBatch(crops, np.stack([aligned.landmarks(number) for number in numbers]), tuple(numbers))


def _floats(values: Array) -> NDArray[np.float32]:
    return np.asarray(values, np.float32)
