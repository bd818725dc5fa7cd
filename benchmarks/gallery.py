"""Engines side by side on faces of people who do not exist: ``python -m benchmarks.gallery OUT.jpg MANIFEST ...``.

MANIFEST: of a finished training of an engine for anybody's face, on a crowd of people who do not exist; all hold out
the same ones. Each row: the performer, the identity, the identity's face on the performer's mesh by ``landmark_warp``,
and each engine's result, directly from its network, without compositing. Raises SystemExit if two trainings held out
different people, or a training is not finished.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fsvfx.engines.anyone.open_model import OpenModel
from fsvfx.engines.packaged import restored
from fsvfx.engines.portraits import SeesPortraits
from fsvfx.engines.registry import learned
from fsvfx.engines.samples import Pairs
from fsvfx.facesets.crowd import Crowd, open_crowd
from fsvfx.facesets.lookup import crowd_folder, fits_folder, receipts_of
from fsvfx.manifests import training_job
from fsvfx.morphable import ict
from fsvfx.training.data import Portraits, Shown, open_fits, unseen_pairs, unseen_portrayed
from fsvfx.training.result import finished
from schemas.job import TrainJob

ROWS, SIDE, HEAD = 8, 112, 22


def main() -> None:
    out, *manifests = map(Path, sys.argv[1:])
    columns: dict[str, Tensor] = {}
    for manifest in manifests:
        columns |= _columns(manifest, columns.get("seen"))
    cv2.imwrite(str(out), _sheet(columns), [cv2.IMWRITE_JPEG_QUALITY, 82])
    print(out)


@torch.inference_mode()
def _columns(manifest: Path, seen: Tensor | None) -> dict[str, Tensor]:
    job = training_job(manifest)
    done = finished(job, receipts_of(job))
    if job.held_out is None or done is None:
        raise SystemExit(f"{manifest} is of no finished training on a crowd: run `fsvfx train` first")
    model = restored(learned(job.engine), Path(done.package))
    assert isinstance(model, OpenModel)
    crowd = open_crowd(crowd_folder(job), job.held_out)
    pairs, warped = _pairs(job, model, crowd), unseen_pairs(crowd, model.resolution, ROWS, "cpu", Shown(crowd, "warp"))
    if seen is not None and not torch.equal(seen, pairs.target.crop):
        raise SystemExit(f"{manifest} holds out other people than the first one")
    made = model.swapped(pairs, model.codes_in(pairs)).rgb
    assert warped.prior is not None
    laid = torch.lerp(warped.target.crop, warped.prior, warped.target.mask)
    return {"seen": pairs.target.crop, "goes in": pairs.source.crop, "landmark_warp": laid, job.engine: made}


def _pairs(job: TrainJob, model: OpenModel, crowd: Crowd) -> Pairs:
    """Held-out people, with this model's inputs from them."""
    if isinstance(model, SeesPortraits):
        return unseen_portrayed(Portraits(crowd, open_fits(fits_folder(job)), ict()), model.resolution, ROWS, "cpu")
    prior = model.supervision.prior
    return unseen_pairs(crowd, model.resolution, ROWS, "cpu", None if prior == "none" else Shown(crowd, prior))


def _sheet(columns: dict[str, Tensor]) -> NDArray[np.uint8]:
    """BGR, a column with a heading for each."""
    return np.concatenate([_column(name, pictures) for name, pictures in columns.items()], axis=1)


def _column(name: str, pictures: Tensor) -> NDArray[np.uint8]:
    head = np.full((HEAD, SIDE, 3), 255, np.uint8)
    cv2.putText(head, name, (2, 15), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (0, 0, 0), 1, cv2.LINE_AA)
    shown = (pictures.permute(0, 2, 3, 1).numpy()[..., ::-1].clip(0, 1) * 255 + 0.5).astype(np.uint8)
    return np.concatenate([head, *(cv2.resize(each, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC) for each in shown)])


if __name__ == "__main__":
    main()
