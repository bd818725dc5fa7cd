"""The trainings of the run: real, short ones, on drawn faces, at the machine's full speed."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from benchmarks.gpu import faces
from benchmarks.gpu.card import flops_of, share_of_peak
from benchmarks.gpu.way import Way
from fsvfx.engines.packaged import built
from fsvfx.engines.registry import learned
from fsvfx.engines.retouching import RetouchModel
from fsvfx.engines.trainable import Model
from fsvfx.training import rng
from fsvfx.training.curves import Point
from fsvfx.training.data import (
    PairSampler,
    RetouchSampler,
    Sampler,
    held_out,
    swaps_in,
    unseen_pairs,
    unseen_retouches,
)
from fsvfx.training.loop import Loop, Precision
from fsvfx.training.trainer import train
from schemas.augmentation import Augmentation
from schemas.train import HeldOut
from schemas.trainer import TrainerSettings


@dataclass(frozen=True)
class Training:
    """name: of the part. architecture, batch: at full size; small: for ``--small``. swaps: made ahead of time, for a
    refiner. seconds: of training; around: for everything else, mainly the data."""

    name: str
    engine: str
    architecture: dict[str, Any]
    small: dict[str, Any]
    batch: int = 32
    lr: float = 2e-4
    swaps: int = 0
    seconds: float = 60.0
    around: float = 40.0
    settings: dict[str, Any] = field(default_factory=dict)


TRAININGS = (
    Training("df-ud 128", "df", {"variant": "ud"}, {"resolution": 64, "ae_dims": 16, "e_dims": 8, "d_dims": 8}),
    Training(
        "refine 256",
        "refine",
        {"resolution": 256, "sight": 128},
        {"resolution": 64, "sight": 32, "widths": [4, 8], "blocks": 1, "directions": 4},
        lr=3e-4,
        swaps=64,
        around=75,
    ),
    Training(
        "simswap 128",
        "simswap",
        {"resolution": 128, "identity_from": 200, "disturbed": True},
        {"resolution": 64, "width": 4, "halvings": 2, "blocks": 2, "critic_width": 4, "critic_depth": 3},
        settings={"beta1": 0.0},
    ),
)
_PAIR = ("lead", "double")
_PEOPLE, _EACH, _UNSEEN = 40, 3, HeldOut(people=("drawn_00*",), share=0)
_CURVE = 20
"""Number of points kept of a curve."""


def trained(one: Training, way: Way) -> dict[str, Any]:
    """Loss, speed, FLOP share; its preview is written into the way's folder. Raises the errors of training."""
    rng.seed(0)
    engine = learned(one.engine)
    architecture = one.small if way.small else one.architecture
    model = built(engine, architecture, _PAIR if engine.family == "one_to_one" else ())
    settings = _settings(one, way)
    with TemporaryDirectory() as temporary:
        feed, unseen = _fed(one, model, way, Path(temporary), settings.batch)
        with feed:
            flops = _flops(model, next(feed), settings, way)
            done = train(model, feed, settings, Path(temporary) / "run", device=way.device, held_out=unseen,
                         report=lambda event: None)  # fmt: skip
        lines = (Path(temporary) / "run/curves.jsonl").read_text().splitlines()
        if done.preview:
            shutil.copy(done.preview, way.folder / f"{one.name.replace(' ', '_')}.png")
    return _figures([Point(**json.loads(line)) for line in lines], flops, settings) | {
        "iterations": done.step,
        "waiting_for_data_percent": round(100 * done.waiting, 1),
        "parameters": sum(each.numel() for each in model.parameters()),
        **({"memory_gib": round(torch.cuda.max_memory_allocated() / 2**30, 2)} if way.device == "cuda" else {}),
    }


def _figures(points: list[Point], flops: int, settings: TrainerSettings) -> dict[str, Any]:
    first, last = points[0], points[-1]
    if not math.isfinite(last.loss):
        raise SystemExit(f"the loss is {last.loss}")
    told: dict[str, Any] = {
        "batch": settings.batch,
        "precision": settings.amp,
        "loss_first": round(first.loss, 5),
        "loss_last": round(last.loss, 5),
        "curve": [[one.step, round(one.loss, 5)] for one in points[:: max(1, len(points) // _CURVE)]],
        "gflop_per_iteration": round(flops / 1e9, 2),
    }
    if last.step > first.step:
        speed = (last.step - first.step) / (last.seconds - first.seconds)
        told |= {"iterations_per_second": round(speed, 2), **share_of_peak(flops * speed, settings.amp)}
    return told


def _settings(one: Training, way: Way) -> TrainerSettings:
    """At full speed on a GPU: bfloat16, channels last."""
    fast = {"amp": "bf16", "channels_last": True} if way.device == "cuda" else {}
    much: dict[str, Any] = {"iterations": 4, "batch": 2, "log_every": 2, "preview_iterations": 4}
    if not way.small:
        much = {"minutes": one.seconds / 60, "batch": one.batch, "preview_iterations": 200}
    return TrainerSettings(optimiser="adam", lr=one.lr, checkpoint_minutes=60, **much, **fast, **one.settings)


def _fed(one: Training, model: Model[Any], way: Way, folder: Path, batch: int) -> tuple[Any, Any]:
    """Batches that are augmented on the device, and held-out faces."""
    how, size = Augmentation(), math.ceil(model.resolution * Augmentation().scale)
    if model.people:
        people = {name: faces.faceset(name, 16 if way.small else 128, size, 4) for name in _PAIR}
        feed = Sampler(people, model.resolution, batch, how, way.device, 0)
        return feed, held_out(people, model.resolution, 4, "cpu")
    size -= size % 2
    crowd = faces.crowd(folder / "crowd", _PEOPLE, 1 if way.small else _EACH, size, _UNSEEN)
    if isinstance(model, RetouchModel):
        swaps = swaps_in(folder / "swaps", crowd, 20 if way.small else one.swaps, 0)
        model.know(swaps.prior)
        retouches = RetouchSampler(swaps, model.resolution, batch, how, way.device, 0)
        return retouches, unseen_retouches(swaps, model.resolution, 4, "cpu")
    pairs = PairSampler(crowd, model.resolution, batch, how, way.device, 0)
    return pairs, unseen_pairs(crowd, model.resolution, 4, "cpu")


def _flops(model: Model[Any], batch: Any, settings: TrainerSettings, way: Way) -> int:
    """FLOPs of an iteration, including all of its turns; it updates the weights once."""
    precision = Precision(settings, way.device)
    precision.place(model)
    model.begin(way.device)
    loop = Loop(model, settings, precision)
    return flops_of(lambda: loop.iterate(batch, settings.iterations or 10**6))
