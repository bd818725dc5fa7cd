"""The effect of the 3D temporal loss of ``unifacegan``: ``python -m benchmarks.steady MANIFEST [--iterations N]``.

MANIFEST: of a started training of a crowd (its crowd's files exist; fits are made if missing). Two or more small models
(64 px, width 8) learn from the same batches from the same start; only the weight of the temporal loss differs. On
held-out people, with their own faces and with a stranger's, in steps of 255: the warp error, that is how much a point
of the face changes from one moment to the next, in frames of footage and in slightly moved and rotated pictures; with
their own faces, the difference of the swap from the photograph. Also the same for the rendered faces before the
network, and for the photographs. Writes benchmarks/results/steady.json.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor

from benchmarks.machine import save
from fsvfx.engines.anyone.open_model import where_known
from fsvfx.engines.anyone.settings import UniFaceGanSettings
from fsvfx.engines.anyone.unifacegan_model import UniFaceGanModel
from fsvfx.engines.anyone.unifacegan_networks import carried_along
from fsvfx.engines.samples import Pairs
from fsvfx.facesets.crowd import open_crowd
from fsvfx.facesets.lookup import crowd_folder, fits_folder
from fsvfx.manifests import training_job
from fsvfx.morphable import ict
from fsvfx.training import rng
from fsvfx.training.data import Portraits, PortrayedSampler, fits_in
from fsvfx.training.data.pairs import looks_of, varied
from fsvfx.training.data.portrayed import Drawing
from fsvfx.training.loop import Loop, Precision
from schemas.augmentation import Augmentation
from schemas.trainer import TrainerSettings

SIZE, WIDTH, BATCH = 64, 8, 6
VARIED = Augmentation(rotation=8, scale=1.1, shift=0.03, hue=0.02, saturation=0.15, light=0.15)
TRAINER = TrainerSettings(iterations=10**6, lr=1e-3, optimiser="adam", beta1=0.5, channels_last=True)


def main() -> None:
    given = argparse.ArgumentParser()
    given.add_argument("manifest", type=Path)
    given.add_argument("--iterations", type=int, default=400)
    given.add_argument("--temporal", type=float, nargs="+", default=[5.0, 20.0], help="weights beside 0")
    given.add_argument("--gan", type=float, default=0.1)
    given.add_argument("--most", type=int, default=60, help="faces that are measured")
    asked = given.parse_args()
    job = training_job(asked.manifest)
    assert job.held_out is not None, "a crowd says who is held out"
    crowd = open_crowd(crowd_folder(job), job.held_out)
    portraits = Portraits(crowd, fits_in(fits_folder(job), crowd, ict()), ict())
    seen = _held_out(portraits, asked.most)
    told: dict[str, Any] = {"faces": len(seen["own, frames"].target), "before": _of_pictures(seen)}
    models = {weight: _started(weight, asked.gan) for weight in (0.0, *asked.temporal)}
    feed = PortrayedSampler(crowd, SIZE, BATCH, VARIED, "cpu", 0, portraits, 0.5, 0.5)
    for number in range(asked.iterations):
        batch = feed.make(number)
        for _, loop in models.values():
            loop.iterate(batch, number)
        if (number + 1) % 50 == 0 or number + 1 == asked.iterations:
            found = {f"temporal {weight:g}": _of_model(model, seen) for weight, (model, _) in models.items()}
            told[f"after {number + 1}"] = found
            print(number + 1, found, flush=True)
    save("steady", told)


def _started(temporal: float, gan: float) -> tuple[UniFaceGanModel, Loop]:
    rng.seed(0)
    sizes: dict[str, Any] = {"width": WIDTH, "halvings": 4, "critic_width": 8, "critic_depth": 3}
    model = UniFaceGanModel(UniFaceGanSettings(resolution=SIZE, temporal=temporal, gan=gan, **sizes), ("crowd",))
    model.begin("cpu")
    precision = Precision(TRAINER, "cpu")
    precision.place(model)
    return model, Loop(model, TRAINER, precision)


def _held_out(portraits: Portraits, most: int) -> dict[str, Pairs]:
    """Faces with a next frame, with their own person's face and with another's; continued in that frame, and as moving
    stills."""
    crowd, nobody = portraits.crowd, np.zeros(len(portraits.crowd), np.bool_)
    among = nobody.copy()
    among[crowd.unseen] = True
    rows = [row for row in crowd.unseen.tolist() if portraits.next_of(row, among) is not None]
    rows = rows[:: -(-len(rows) // most)]
    learned = np.flatnonzero(~crowd.held_out)
    strangers = learned[np.arange(len(rows)) % len(learned)].tolist()
    whose = {"own": [int(crowd.person[row]) for row in rows], "stranger": strangers}
    still = torch.eye(2, 3)
    target = varied(looks_of(crowd, np.array(rows), "cpu"), still.expand(len(rows), 2, 3), None, crowd.size, SIZE)
    found = {}
    for name, people in whose.items():
        drawings = [Drawing(row, person, still) for row, person in zip(rows, people, strict=True)]
        same = torch.full((len(rows),), name == "own")
        pairs, before = portraits.over(Pairs(target, target, same), drawings, None)
        for moment, allowed in (("frames", among), ("moved", nobody)):
            numbers = np.random.default_rng(0), Generator().manual_seed(0)
            later = portraits.later(before, drawings, None, allowed, *numbers, "cpu")
            found[f"{name}, {moment}"] = replace(pairs, later=later)
    return found


@torch.no_grad()
def _of_model(model: UniFaceGanModel, seen: Mapping[str, Pairs]) -> dict[str, float]:
    model.eval()
    told = {name: 255 * float(model.flicker(pairs)) for name, pairs in seen.items()}
    own = seen["own, frames"]
    made = model.swapped(own, own.target.code).rgb
    told["off"] = 255 * float(where_known((made - own.target.crop).abs(), own.target.mask))
    model.train()
    return {name: round(value, 3) for name, value in told.items()}


def _of_pictures(seen: Mapping[str, Pairs]) -> dict[str, float]:
    """Figures of the rendered faces, and of photographs."""
    told = {}
    for name, pairs in seen.items():
        assert pairs.portrayed is not None
        assert pairs.later is not None
        told[name] = _changed(pairs.portrayed.drawn, pairs.later.portrayed.drawn, pairs)
    frames = seen["own, frames"]
    assert frames.later is not None
    told["photographs, frames"] = _changed(frames.target.crop, frames.later.target.crop, frames)
    print("before", told, flush=True)
    return told


def _changed(before: Tensor, after: Tensor, pairs: Pairs) -> float:
    assert pairs.later is not None
    carried = carried_along(before, pairs.later.at)
    return round(255 * float(where_known((carried - after).abs(), pairs.later.kept)), 3)


if __name__ == "__main__":
    main()
