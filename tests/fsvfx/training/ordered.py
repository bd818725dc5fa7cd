"""Orders of little trainings for a process of their own: toy facesets in a store on disk."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from toy_facesets import faceset

from fsvfx.arrays import Result
from fsvfx.facesets import Faceset, store_of
from fsvfx.store import write_result
from schemas.augmentation import Augmentation
from schemas.faceset import FacesetSettings
from schemas.job import TrainJob
from schemas.receipts import Receipt, Unit
from schemas.trainer import TrainerSettings
from schemas.training import TrainingOrder

TINY = {"resolution": 64, "ae_dims": 16, "e_dims": 8, "d_dims": 8, "d_mask_dims": 4}
PEOPLE = ("ada", "bea")


def job_in(folder: Path, **settings: Any) -> TrainJob:
    """Of ``ada`` into ``bea``, by a tiny ``df``."""
    values = {"batch": 1, "iterations": 6, "log_every": 1, "preview_iterations": 3, "preview_rows": 2} | settings
    return TrainJob(
        production="toy",
        model="ada_on_bea",
        engine="df",
        architecture=TINY,
        learned=PEOPLE,
        people={},
        footage=(),
        faceset=FacesetSettings(),
        augmentation=Augmentation(),
        trainer=TrainerSettings(**values),
        start=None,
        licence="for tests",
        store=str(folder / "work"),
        folder=str(folder / "training"),
        packages=str(folder / "packages"),
        manifest=str(folder / "train.yaml"),
    )


def ordered(job: TrainJob, *, broken: bool = False, gpus: int = 0) -> Path:
    """The order of ``job``. ``broken``: the faces to train on are no numbers."""
    receipts = {person: _stored(faceset(person, held_out=4, seed=len(person)), job, broken) for person in PEOPLE}
    path = Path(job.folder) / "order.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(TrainingOrder(job=job, facesets=receipts, gpus=gpus).model_dump_json())
    return path


def _stored(toy: Faceset, job: TrainJob, broken: bool) -> Receipt:
    crops = np.array(toy.crops)
    if broken:
        crops[~toy.held_out] = np.nan
    columns = ("mask", "landmarks", "pose", "sharpness", "footage", "frame", "held_out")
    frames = {"crops": crops} | {name: np.asarray(getattr(toy, name)) for name in columns}
    path = f"stages/faceset/{toy.person}/{secrets.token_hex(4)}.zarr.zip"
    written = write_result(store_of(job.store, job.production), path, range(len(toy)), Result(frames=frames))
    now = datetime.now(UTC)
    return Receipt(
        shot="faceset",
        stage="faceset",
        stage_version=1,
        unit=Unit.of_person(toy.person),
        key="0" * 40,
        attempt="first",
        path=path,
        digest=written.digest,
        parameters={"footage": list(toy.names)},
        colour_config="",
        seed=0,
        rights="",
        started=now,
        ended=now,
        peak_rss_mib=0,
        bytes=0,
        worker="test",
        device="cpu",
        qc={"size": toy.size},
    )
