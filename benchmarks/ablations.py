"""What parts of training are good for, each taken out in turn: ``python -m benchmarks.ablations MANIFEST``.

MANIFEST: a training manifest of three people whose facesets are built (``fsvfx train`` does it). The design is fixed:

- warp: ``df`` with and without random warp. Equal iterations.
- encoders: the same ``df``, but each person with an encoder and an inter of their own. Equal iterations. Whose code the
  identity's decoder then reads has no good answer: the figures are of the identity's own encoder, and of the
  performer's.
- people: ``comb`` of the first two people, and of all three; the swap is between the first two. Equal iterations.
- growth: ``comb`` from 4 to 64 px, and at 64 px from the start. Equal processor time: levels below 64 get half of it,
  by what an iteration on each was measured to take.

Each arm is trained with both seeds, on one core each. Figures are of held-out faces. Writes
benchmarks/results/ablations.json, and a sheet of pictures for each training into ``--pictures``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn

from benchmarks.machine import save
from fsvfx.context import Context
from fsvfx.engines.autoencoder.comb_model import CombModel
from fsvfx.engines.autoencoder.df_model import DfModel
from fsvfx.engines.autoencoder.family import Made, plan_of
from fsvfx.engines.autoencoder.losses import masked_ssim
from fsvfx.engines.autoencoder.parts import Encoder, Inter
from fsvfx.engines.autoencoder.settings import CombSettings, DfSettings
from fsvfx.engines.df import Df
from fsvfx.engines.packaged import MatteSettings
from fsvfx.engines.trainable import ClosedModel, Prediction, Side, initialise
from fsvfx.evaluation import evaluate, faceset_trial, picture_grid
from fsvfx.facesets import Faceset
from fsvfx.facesets.lookup import facesets_of
from fsvfx.manifests import training_job
from fsvfx.training import rng
from fsvfx.training.data import Sampler, held_out
from fsvfx.training.loop import Loop, Precision
from fsvfx.training.trainer import train
from schemas.augmentation import Augmentation
from schemas.evaluation import EvaluationReport
from schemas.trainer import TrainerSettings

SEEDS = (0, 1)
SIDE = 64
DF = DfSettings(
    resolution=SIDE, variant="ud", ae_dims=64, e_dims=16, d_dims=16, d_mask_dims=8, eyes_mouth_priority=True
)
COMB = CombSettings(resolution=SIDE, first=SIDE, width=1 / 16)
TRAINER = TrainerSettings(
    batch=8, iterations=400, lr=5e-4, optimiser="adam", channels_last=True, ema=0.995, preview_iterations=10**9
)
ENDLESS = TRAINER.model_copy(update={"iterations": 10**6})
SECONDS = 120.0
"""Processor seconds, for ``growth``."""
VARIED = Augmentation(rotation=5, scale=1.08, shift=0.03, flip=0)
FACES, SHOWN = 40, 12
Figures = dict[str, float | None]


class Apart(DfModel):
    """``df`` without what makes it swap: an encoder and an inter for each person. reads: whose are used; None: the
    face's own."""

    reads: int | None = None

    def __init__(self, settings: DfSettings, people: tuple[str, ...]) -> None:
        super().__init__(settings, people)
        plan = plan_of(settings)
        del self.encoder, self.inter
        self.own = nn.ModuleList(nn.Sequential(Encoder(plan), Inter(plan, plan.ae)) for _ in people)
        initialise(self)

    def generators(self, *, random_warp: bool) -> list[nn.Parameter]:
        return list(self.parameters())

    def rebuild(self, identity: Side, performer: Side) -> Made:
        mine, theirs = (own(side.warped) for own, side in zip(self.own, (identity, performer), strict=True))
        return Made(self.decoders[0](mine), self.decoders[1](theirs), None)

    def predict(self, pictures: Tensor, person: str) -> Prediction:
        index = self.people.index(person)
        made: Prediction = self.decoders[index](self.own[index if self.reads is None else self.reads](pictures))
        return made


@dataclass(frozen=True)
class Arm:
    """One training setup. people: their number. seconds: of processor time; None: limited by the trainer's
    iterations."""

    model: Callable[[tuple[str, ...]], ClosedModel]
    trainer: TrainerSettings = TRAINER
    people: int = 2
    seconds: float | None = None


def arms(level_steps: int) -> dict[str, Arm]:
    """Every arm, by its ablation and its own name. The other arm of ``encoders`` is ``warp/with``."""
    df, flat = partial(DfModel, DF), partial(CombModel, COMB)
    grown = partial(CombModel, COMB.model_copy(update={"first": 4, "level_steps": level_steps}))
    return {
        "warp/with": Arm(df),
        "warp/without": Arm(df, TRAINER.model_copy(update={"random_warp": False})),
        "encoders/apart": Arm(partial(Apart, DF)),
        "people/two": Arm(flat),
        "people/three": Arm(flat, people=3),
        "growth/grown": Arm(grown, ENDLESS, seconds=SECONDS),
        "growth/flat": Arm(flat, ENDLESS, seconds=SECONDS),
    }


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("manifest", type=Path)
    asked.add_argument("--pictures", type=Path, help="a folder")
    asked.add_argument("--processes", type=int, default=1, help="trainings at a time")
    given = asked.parse_args()
    torch.set_num_threads(1)
    steps = _level_steps(_facesets(given.manifest))
    work = [(given.manifest, steps, name, seed, given.pictures) for seed in SEEDS for name in arms(steps)]
    with ProcessPoolExecutor(given.processes, get_context("spawn")) as pool:
        found = dict(zip([(name, seed) for _, _, name, seed, _ in work], pool.map(_run, work), strict=True))
    told: dict[str, Any] = {"level_steps": steps, "design": _design()}
    for (_, seed), figures in found.items():
        for which, own in figures.items():
            told.setdefault(which, {})[f"seed {seed}"] = own
    print(save("ablations", told).read_text())


def _run(work: tuple[Path, int, str, int, Path | None]) -> dict[str, Figures]:
    """One arm with one seed, trained and evaluated: figures by the name of the swap."""
    manifest, steps, name, seed, pictures = work
    torch.set_num_threads(1)
    facesets = _facesets(manifest)
    model, spent = _trained(arms(steps)[name], seed, facesets)
    figures = {name: spent | _judged(model, facesets, _sheet(pictures, name, seed))}
    if isinstance(model, Apart):
        model.reads = 1
        crossed = f"{name}, the performer's code"
        figures[crossed] = spent | _judged(model, facesets, _sheet(pictures, f"{name}_crossed", seed))
    print(name, seed, figures, flush=True)
    return figures


@cache
def _facesets(manifest: Path) -> dict[str, Faceset]:
    return facesets_of(training_job(manifest))


def _trained(arm: Arm, seed: int, facesets: Mapping[str, Faceset]) -> tuple[ClosedModel, Figures]:
    """The model as packaged, and its cost."""
    people = dict(list(facesets.items())[: arm.people])
    settings = arm.trainer.model_copy(update={"seed": seed})
    rng.seed(seed)
    model, started = arm.model(tuple(people)), process_time()

    def is_over() -> bool:
        return arm.seconds is not None and process_time() - started >= arm.seconds

    feed = Sampler(people, SIDE, settings.batch, VARIED, "cpu", seed, random_warp=settings.random_warp)
    with TemporaryDirectory() as folder, feed:
        done = train(model, feed, settings, Path(folder), report=lambda event: None, should_stop=is_over)
    model.load_state_dict(done.weights)
    spent: Figures = {"iterations": done.step, "processor_seconds": round(process_time() - started, 1)}
    return model.eval().requires_grad_(False), spent


def _level_steps(facesets: Mapping[str, Faceset]) -> int:
    """Iterations on each level below the last, so that together they take half of ``SECONDS``."""
    people = dict(list(facesets.items())[:2])
    settings = COMB.model_copy(update={"first": 4, "level_steps": 2})
    precision, model = Precision(TRAINER, "cpu"), CombModel(settings, tuple(people))
    precision.place(model)
    loop = Loop(model, TRAINER, precision)
    with Sampler(people, SIDE, TRAINER.batch, VARIED, "cpu", 0) as feed:
        batch, once = next(feed), 0.0
        for level in range(4):
            loop.iterate(batch, 2 * level)
            started = process_time()
            for _ in range(5):
                loop.iterate(batch, 2 * level + 1)
            once += (process_time() - started) / 5
    return round(SECONDS / 2 / once)


def _judged(model: ClosedModel, facesets: Mapping[str, Faceset], sheet: Path | None) -> Figures:
    identity, performer = model.people[:2]
    trial = faceset_trial(facesets, identity, performer, most=FACES, with_references=False)
    judged = evaluate(_swapping(model), trial)
    if sheet:
        Image.fromarray(picture_grid(judged, SHOWN)).save(sheet)
    return _figures(judged.report) | _rebuilt(model, facesets)


def _swapping(model: ClosedModel) -> Df:
    class Trained(Df):
        """With networks that are not in a package."""

        model = property(lambda self: model)  # type: ignore[assignment]

    return Trained(MatteSettings(model="ablation", sha256="0" * 64), Context())


def _figures(report: EvaluationReport) -> Figures:
    told: Figures = {"faces": report.faces, "lost": report.lost}
    if report.likeness:
        told |= {
            name: getattr(report.likeness, name) for name in ("nearer", "retrieved", "to_identity", "to_performer")
        }
    for name, followed in (report.pose | report.expression).items():
        if name in ("yaw", "pitch", "mouth", "eyes"):
            told |= {f"{name}_r": followed.r, f"{name}_error": followed.error}
    return {name: None if value is None else round(value, 4) for name, value in told.items()}


def _rebuilt(model: ClosedModel, facesets: Mapping[str, Faceset]) -> Figures:
    """Masked SSIM between the first two people's held-out faces and the model's reconstructions of them."""
    pictures = held_out({person: facesets[person] for person in model.people[:2]}, SIDE, FACES, "cpu")
    like = [
        masked_ssim(model.predict(side.target, person).rgb, side.target, side.mask) for person, side in pictures.items()
    ]
    return {"rebuilt_ssim": round(float(sum(like)) / len(like), 4)}


def _sheet(pictures: Path | None, name: str, seed: int) -> Path | None:
    if pictures:
        pictures.mkdir(parents=True, exist_ok=True)
    return pictures / f"{name.replace('/', '_')}_{seed}.png" if pictures else None


def _design() -> dict[str, Any]:
    return {
        "df": DF.model_dump(mode="json"),
        "comb": COMB.model_dump(mode="json"),
        "trainer": TRAINER.model_dump(mode="json"),
        "augmentation": VARIED.model_dump(mode="json"),
        "growth_seconds": SECONDS,
    }


if __name__ == "__main__":
    main()
