"""What FaceShifter's second stage restores: ``python -m benchmarks.restored MANIFEST [--most N]``.

MANIFEST: of a trained second stage (``fsvfx train``). Cut-outs that training did not see (drawn shapes, if there are
none) are pasted in front of all held-out people, and the next person's face is swapped in: the mean difference from the
pasted pictures, with the first stage alone and with both; the difference in the rest of the picture, which should not
change; and how much the first stage's masks let the identity in, inside and outside the face, at each size. Writes
benchmarks/results/restored.json and, beside the package, restored.png: target, source, first stage, both.
"""

from __future__ import annotations

import argparse
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Generator, Tensor

from benchmarks.machine import save
from fsvfx import packages
from fsvfx.engines.anyone.aei_model import where_identity_counts
from fsvfx.engines.anyone.hear_model import HearModel, lost_in_front
from fsvfx.engines.faceshifter import FaceShifter
from fsvfx.engines.packaged import restored
from fsvfx.engines.samples import Looks, Pairs
from fsvfx.facesets.crowd import open_crowd
from fsvfx.facesets.lookup import crowd_folder, receipts_of
from fsvfx.manifests import training_job
from fsvfx.reach import reach_of
from fsvfx.training.data import occluders_of, unseen_pairs
from fsvfx.training.result import finished

ROWS, BATCH = 12, 16


def main() -> None:
    given = argparse.ArgumentParser()
    given.add_argument("manifest", type=Path)
    given.add_argument("--most", type=int, default=1000, help="people")
    asked = given.parse_args()
    told, sheet = measured(asked.manifest, asked.most)
    print(save("restored", told).read_text())
    print(sheet)


@torch.inference_mode()
def measured(manifest: Path, most: int) -> tuple[dict[str, Any], Path]:
    """The figures, and the path of the sheet. Raises SystemExit if the training is not a finished second stage."""
    job = training_job(manifest)
    done = finished(job, receipts_of(job))
    if job.occluders is None or job.held_out is None or done is None:
        raise SystemExit(f"{manifest} is of no finished second stage: run `fsvfx train {manifest}`")
    model = restored(FaceShifter, Path(done.package))
    assert isinstance(model, HearModel)
    model.begin("cpu")
    _, others = occluders_of(job.occluders, reach_of(job))
    crowd = open_crowd(crowd_folder(job), job.held_out)
    pairs = others.over(unseen_pairs(crowd, model.resolution, most, "cpu"), Generator().manual_seed(0))
    cuts = [_cut(pairs, start, start + BATCH) for start in range(0, len(pairs.target), BATCH)]
    parts, shares = [_figures(model, each) for each in cuts], [len(each.target) / len(pairs.target) for each in cuts]
    means = {
        name: torch.stack([part[name] * share for part, share in zip(parts, shares, strict=True)]).sum(0)
        for name in parts[0]
    }
    sheet = Path(done.package).parent / "restored.png"
    cv2.imwrite(str(sheet), _sheet(model, _cut(pairs, 0, ROWS)))
    return {
        "package": packages.card_of(Path(done.package)).sha256,
        "people": len(pairs.target),
        "iterations": done.iterations,
        "times_nearer": round(float(means["front_swapped"] / means["front_restored"]), 2),
        **{name: [round(float(one), 4) for one in value.flatten()] for name, value in means.items()},
    }, sheet


def _figures(model: HearModel, pairs: Pairs) -> dict[str, Tensor]:
    swap, made, masks = _made(model, pairs)
    assert pairs.front is not None
    free = 1 - pairs.front
    within, outside = where_identity_counts(masks, pairs.target.mask)
    changed = ((made - swap).abs() * free).sum() / (3 * free.sum())
    return {
        "front_swapped": lost_in_front(swap, pairs),
        "front_restored": lost_in_front(made, pairs),
        "changed_elsewhere": changed,
        "mask_in_face": within,
        "mask_outside": outside,
    }


def _made(model: HearModel, pairs: Pairs) -> tuple[Tensor, Tensor, list[Tensor]]:
    target = pairs.target.crop
    codes, own = model.codes(pairs.source.code), model.codes(model.vectors(pairs.target))
    swap, _, masks = model.aei(target, codes)
    return swap, model.restored(target, codes, own).rgb, masks


def _sheet(model: HearModel, pairs: Pairs) -> np.ndarray:
    swap, made, _ = _made(model, pairs)
    rows = torch.cat([torch.cat([*each], 2) for each in zip(pairs.target.crop, pairs.source.crop, swap, made)], 1)
    picture = np.asarray(rows.permute(1, 2, 0).numpy() * 255 + 0.5, np.uint8)[..., ::-1]
    return cv2.resize(picture, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)


def _cut(pairs: Pairs, start: int, stop: int) -> Pairs:
    def some(looks: Looks) -> Looks:
        return replace(looks, **{one.name: getattr(looks, one.name)[start:stop] for one in fields(looks)})

    assert pairs.front is not None
    return Pairs(some(pairs.target), some(pairs.source), pairs.same[start:stop], pairs.front[start:stop])


if __name__ == "__main__":
    main()
