"""Swap: the engines at work, on aligned crops."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from itertools import groupby
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from fsvfx.arrays import Data, Result
from fsvfx.engines.contract import Engine, FaceBatch, Identity
from fsvfx.engines.registry import engine, settings_of
from fsvfx.errors import InputError, Where
from fsvfx.stages.contract import Need, Resources, Stage, Work
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.manifest import Replace
from schemas.receipts import Unit

if TYPE_CHECKING:
    import torch


class SwapStage(Stage):
    name = "swap"
    version = 1
    needs = (Need("align"), Need("references", of="people"))
    resources = Resources(cpu=1, memory_mib=3072)

    def resources_for(self, job: ShotJob) -> Resources:
        """A GPU, if one of the engines runs on one."""
        gpu = any(engine(entry.engine).uses_gpu for entry in job.shot.replace)
        return replace(self.resources, gpu=int(gpu))

    def parameters(self, job: ShotJob, unit: Unit) -> dict[str, JsonValue]:
        """Per entry: engine, identity, and the settings in force in this chunk, all defaults filled in.

        An override elsewhere in the shot leaves this chunk's key alone.
        Raises InputError for an unknown engine or setting.
        """
        numbers = [] if unit.chunk is None else list(unit.chunk.frames)
        return {"entries": [_entry(entry, numbers) for entry in job.shot.replace]}

    def run(self, work: Work) -> Result:
        """Raises InputError, with the entry, if an identity has no references that its engine can use."""
        frames: dict[str, NDArray[np.float16]] = {}
        qc: dict[str, JsonValue] = {}
        entries: Any = work.parameters["entries"]
        for index, entry in enumerate(entries):
            started = perf_counter()
            crops, mattes, swapped = _replace(index, entry, work)
            frames[f"r{index}/crops"], frames[f"r{index}/matte"] = crops, mattes
            seconds = perf_counter() - started
            qc[f"r{index}"] = {"swapped": swapped, "fps": round(swapped / max(seconds, 1e-6), 2)}
        return Result(frames=frames, qc=qc)


def effective(entry: Replace, frame: int) -> dict[str, JsonValue]:
    """The settings in force at ``frame``: the entry's, and what overrides say on top; later ones win."""
    values = dict(entry.settings)
    for override in entry.overrides:
        if frame in override.frames:
            values |= override.settings
    return values


def _entry(entry: Replace, numbers: list[int]) -> dict[str, JsonValue]:
    """``groups``: [frame range, checked settings] for the frames that share them."""
    kind = engine(entry.engine)
    groups: dict[str, list[int]] = {}
    for _, run in groupby(numbers, key=lambda number: tuple(number in one.frames for one in entry.overrides)):
        held = list(run)
        values = settings_of(entry.engine, effective(entry, held[0]))
        groups.setdefault(json.dumps(values.model_dump(mode="json"), sort_keys=True), []).extend(held)
    return {
        "identity": entry.identity,
        "engine": kind.name,
        "engine_version": kind.version,
        "groups": [[str(FrameRange(held)), json.loads(values)] for values, held in groups.items()],
    }


def _replace(index: int, entry: Mapping[str, Any], work: Work) -> tuple[NDArray[np.float16], NDArray[np.float16], int]:
    """One entry's crops (n, S, S, 3) and mattes (n, S, S), zero where the performer is absent, and how many."""
    aligned = work.inputs["align"]
    present = np.asarray(aligned.frames(f"r{index}/present"), bool)
    crops = np.zeros(np.shape(aligned.frames(f"r{index}/crops")), np.float16)
    mattes = np.zeros(crops.shape[:3], np.float16)
    if not present.any():
        return crops, mattes, 0
    identity = identity_of(str(entry["identity"]), work.inputs, work.device)
    there = dict(zip(work.frames, present.tolist(), strict=True))
    for numbers, values in entry["groups"]:
        wanted = [number for number in FrameRange.parse(numbers) if there.get(number)]
        if wanted:
            made = _engine(index, entry, values, work, identity)
            swap = made.swap(_batch(index, wanted, aligned, work.device), identity)
            rows = [work.frames.index(number) for number in wanted]
            crops[rows] = swap.crops.permute(0, 2, 3, 1).cpu().numpy().astype(np.float16)
            mattes[rows] = swap.matte[:, 0].cpu().numpy().astype(np.float16)
    return crops, mattes, int(present.sum())


def _engine(index: int, entry: Mapping[str, Any], values: dict[str, JsonValue], work: Work, who: Identity) -> Engine:
    kind = engine(str(entry["engine"]))
    if kind.needs_references and not len(who.crops):
        raise InputError(
            f"Engine '{kind.name}' needs reference pictures of '{who.name}', and there are none",
            hint=f"Give people.{who.name}.references footage or stills of the face",
            where=Where(stage="swap", field=f"replace[{index}].identity"),
        )
    return kind(settings_of(kind.name, values), work.device)


def identity_of(name: str, inputs: Mapping[str, Data], device: str) -> Identity:
    """The references of a person, as engines take them."""
    data = inputs[f"references/{name}"]
    return Identity(
        name=name,
        crops=_pictures(np.asarray(data.frames("crops")), device),
        landmarks=_tensor(data.frames("landmarks"), device),
        sharpness=_tensor(data.frames("sharpness"), device),
    )


def _batch(index: int, numbers: list[int], aligned: Data, device: str) -> FaceBatch:
    crops = np.stack([aligned.frame(f"r{index}/crops", number) for number in numbers])
    landmarks = np.stack([aligned.frame(f"r{index}/landmarks", number) for number in numbers])
    return FaceBatch(_pictures(crops, device), _tensor(landmarks, device), tuple(numbers))


def _pictures(crops: NDArray[np.generic], device: str) -> torch.Tensor:
    """(n, S, S, 3) -> (n, 3, S, S) float32."""
    return _tensor(crops, device).permute(0, 3, 1, 2).contiguous()


def _tensor(values: NDArray[np.generic], device: str) -> torch.Tensor:
    """As float32 on ``device``."""
    import torch  # here: planning imports every stage, and must not wait for torch

    return torch.from_numpy(np.array(values, np.float32)).to(device)
