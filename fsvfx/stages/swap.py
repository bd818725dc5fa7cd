"""Swap: the engines at work, on aligned crops."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import groupby
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue, SerializeAsAny

from fsvfx.arrays import Data, Result
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

if TYPE_CHECKING:
    import torch


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
    identity = identity_of(entry.identity, work.inputs, work.context.device)
    for numbers, values in entry.groups:
        wanted = [number for number in numbers if number in aligned.shown]
        if wanted:
            made = _engine(index, entry, values, work.context, identity)
            swap = made.swap(_batch(wanted, aligned, work.context.device), identity)
            rows = [work.frames.index(number) for number in wanted]
            crops[rows] = swap.crops.permute(0, 2, 3, 1).cpu().numpy().astype(np.float16)
            mattes[rows] = swap.matte[:, 0].cpu().numpy().astype(np.float16)
    return crops, mattes, len(aligned.shown)


def _engine(index: int, entry: SwapEntry, values: EngineSettings, context: Context, who: Identity) -> Engine:
    kind = engine(entry.engine)
    if kind.needs_references and not len(who.crops):
        raise InputError(
            f"Engine '{kind.name}' needs reference pictures of '{who.name}', but there are none",
            hint=f"Give people.{who.name}.references footage or stills of the face",
            where=Where(stage="swap", field=f"replace[{index}].identity"),
        )
    return kind(values, context)


def identity_of(name: str, inputs: Mapping[str, Data], device: str) -> Identity:
    """The references of a person, as engines take them."""
    data = inputs[f"references/{name}"]
    return Identity(
        name=name,
        crops=_pictures(np.asarray(data.frames("crops")), device),
        landmarks=_tensor(data.frames("landmarks"), device),
        sharpness=_tensor(data.frames("sharpness"), device),
    )


def _batch(numbers: list[int], aligned: AlignedEntry, device: str) -> FaceBatch:
    crops = np.stack([aligned.crop(number) for number in numbers])
    landmarks = np.stack([aligned.landmarks(number) for number in numbers])
    return FaceBatch(_pictures(crops, device).contiguous(), _tensor(landmarks, device), tuple(numbers))


def _pictures(crops: NDArray[np.generic], device: str) -> torch.Tensor:
    """(n, S, S, 3) -> (n, 3, S, S) float32, lying as they lay: references take hundreds of MB."""
    return _tensor(crops, device).permute(0, 3, 1, 2)


def _tensor(values: NDArray[np.generic], device: str) -> torch.Tensor:
    """As float32 on ``device``."""
    import torch  # here: planning imports every stage, and must not wait for torch

    return torch.from_numpy(np.require(values, requirements="W")).to(device, torch.float32)
