"""How well engines for anybody's face keep things separate: ``python -m benchmarks.apart MANIFEST [--most N]``.

MANIFEST: of a finished training of ``cihn``, ``fsnet``, ``rsgan``, ``ipgan``, ``megafs`` or ``fsgan`` (``fsvfx
train``). Everybody that it held out gets the next person's face. For all engines: the mean difference from the target
outside the face's mesh, in steps of 255, directly from the network, without compositing; and how much more the face
changes than the rest if only the source changes. For ``cihn``: the area under the curve of its last map against the
mesh, and the map's means. For ``fsnet``: the share of triplets whose same person is nearer (two pictures of a person,
or two views of one, against everybody else). For ``rsgan``: the ratio of changes in the face to those in the rest if
its latent is exchanged, and the opposite for the rest's latent. For ``ipgan``: how many swaps the network that trained
it takes for their source, and for their target, among everybody, beside chance. For ``megafs``: the difference of
reconstructed faces from their originals; how many low codes of swaps differ from the target's, bit by bit; how many
weights of its first stage a second one changed; in how many swaps a detector finds a face, beside targets and
reconstructed ones. For ``fsgan``, shares of remaining errors: of holes, beside filling them with the face's mean color,
by the network and smoothly from the surroundings; of blends, against the Poisson solution, beside pasting, by the
network and by the rim's mean color alone; of turned faces, against the source's warp by ``landmark_warp`` without
effects of light, beside the unmodified source picture, by the networks and by moving it with the mesh alone; likewise
for people's own frames, if there are several, against the photograph. Writes benchmarks/results/apart.json and, beside
the package, apart.png: target, source, swap, map.
"""

from __future__ import annotations

import argparse
import copy
import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import max_pool2d

from benchmarks.machine import RESULTS, save
from fsvfx import packages
from fsvfx.engines.anyone.aei_model import where_identity_counts
from fsvfx.engines.anyone.fsgan_model import FsGanModel
from fsvfx.engines.anyone.fsgan_networks import ChangeNet, lit_apart, toned
from fsvfx.engines.anyone.fsnet_model import FsNetModel
from fsvfx.engines.anyone.fsnet_networks import triplets
from fsvfx.engines.anyone.ipgan_model import IpGanModel
from fsvfx.engines.anyone.megafs_model import MegaFsModel
from fsvfx.engines.anyone.open_model import OpenModel, background, where_known
from fsvfx.engines.anyone.rsgan_model import RsGanModel
from fsvfx.engines.anyone.transfer_model import TransferModel
from fsvfx.engines.packaged import restored
from fsvfx.engines.registry import learned
from fsvfx.engines.samples import Looks, Pairs
from fsvfx.faces.detectors import detector
from fsvfx.facesets.crowd import Crowd, open_crowd
from fsvfx.facesets.lookup import crowd_folder, receipts_of
from fsvfx.manifests import training_job
from fsvfx.packages import Packages
from fsvfx.training.data import PairSampler, Shown, pairs_of, unseen_pairs
from fsvfx.training.result import finished
from schemas.job import TrainJob

ROWS = 12
FRAMES = 16
ENGINES = ("cihn", "fsnet", "rsgan", "ipgan", "megafs", "fsgan")
FILE = RESULTS / "apart.json"


def main() -> None:
    given = argparse.ArgumentParser()
    given.add_argument("manifest", type=Path)
    given.add_argument("--most", type=int, default=1000, help="people")
    asked = given.parse_args()
    told: dict[str, Any] = json.loads(FILE.read_text()) if FILE.exists() else {}
    name, figures, sheet = measured(asked.manifest, asked.most)
    print(json.dumps(figures, indent=2))
    save("apart", told | {name: figures})
    print(sheet)


@torch.inference_mode()
def measured(manifest: Path, most: int) -> tuple[str, dict[str, Any], Path]:
    """The engine, its figures, and the path of the sheet. Raises SystemExit if there is no finished training of it."""
    job = training_job(manifest)
    done = finished(job, receipts_of(job))
    if job.engine not in ENGINES or job.held_out is None or done is None:
        raise SystemExit(f"{manifest} is of no finished training of {', '.join(ENGINES)}: run `fsvfx train` first")
    model = restored(learned(job.engine), Path(done.package))
    assert isinstance(model, OpenModel)
    crowd = open_crowd(crowd_folder(job), job.held_out)
    prior = model.supervision.prior
    shown = None if prior == "none" else Shown(crowd, prior)
    pairs = unseen_pairs(crowd, model.resolution, most, "cpu", shown)
    own = _own(model, pairs, crowd, job)
    sheet = Path(done.package).parent / "apart.png"
    cv2.imwrite(str(sheet), _sheet(model, _first(pairs, ROWS)))
    said = {"package": packages.card_of(Path(done.package)).sha256, "iterations": done.iterations}
    figures = _moved(model, pairs) | own
    name = f"{job.engine}_transfer" if isinstance(model, TransferModel) else job.engine
    return name, said | {"people": len(pairs.target)} | {k: round(v, 4) for k, v in figures.items()}, sheet


def _own(model: OpenModel, pairs: Pairs, crowd: Crowd, job: TrainJob) -> dict[str, float]:
    match model:
        case FsNetModel():
            return _of_latents(model, crowd, job)
        case RsGanModel():
            return {name: float(value) for name, value in model.kept_apart(pairs).items()}
        case IpGanModel():
            return _of_factors(model, pairs)
        case FsGanModel():
            return _of_parts(model, pairs, crowd) | _of_photographs(model, crowd, job)
        case MegaFsModel():
            return _of_codes(model, pairs) | _of_rest(model, job)
        case _:
            return _of_maps(model, pairs)


def _moved(model: OpenModel, pairs: Pairs) -> dict[str, float]:
    """What is kept, and what follows the source."""
    codes = model.codes_in(pairs)
    others = model.codes_in(replace(pairs, source=_rolled(pairs.source))) if isinstance(model, FsGanModel) else None
    one, other = (model.swapped(pairs, each).rgb for each in (codes, codes.roll(1, 0) if others is None else others))
    apart = (one - other).abs().mean(1, keepdim=True)
    within, outside = where_identity_counts([apart], pairs.target.mask)
    return {"background_255": 255 * float(background(one, pairs.target)), "face_over_rest": float(within / outside)}


def _of_maps(model: OpenModel, pairs: Pairs) -> dict[str, float]:
    mask = model.swapped(pairs, model.codes_of(pairs.source)).mask
    assert mask is not None
    within, outside = where_identity_counts([mask], pairs.target.mask)
    areas = [area_under(*each) for each in zip(mask, pairs.target.mask > 0.5, strict=True)]
    means = {"map_in_face": float(within), "map_outside": float(outside)}
    return {"map_auc": float(np.mean(areas)), "map_auc_least": min(areas)} | means


def _of_latents(model: OpenModel, crowd: Crowd, job: TrainJob) -> dict[str, float]:
    assert isinstance(model, FsNetModel)
    rows, sampler = crowd.unseen, PairSampler(crowd, model.resolution, 2, job.augmentation, "cpu", 0)
    numbers = Generator().manual_seed(0)
    views = [sampler.varied(rows, numbers) for _ in range(2)]
    latents = torch.cat([model.codes_of(each) for each in views])
    person = torch.cat([each.person for each in views])
    unit = torch.nn.functional.normalize(latents)
    apart = torch.cdist(unit, unit)
    alike = person[:, None] == person[None]
    own = alike & ~torch.eye(len(person), dtype=torch.bool)
    nearer = (apart[:, :, None] < apart[:, None])[own[:, :, None] & ~alike[:, None]]
    return {
        "triplets_right": float(nearer.float().mean()),
        "same_person": float(apart[own].mean()),
        "others": float(apart[~alike].mean()),
        "triplet_loss": float(triplets(latents, person, model.settings.margin)),
    }


def _of_factors(model: OpenModel, pairs: Pairs) -> dict[str, float]:
    model.begin("cpu")
    everybody = model.codes(model.vectors(pairs.source))
    made = model.swapped(pairs, model.codes_in(pairs)).rgb
    nearest = (model.codes(model.vectors(replace(pairs.target, crop=made))) @ everybody.T).argmax(1)
    whose = pairs.source.person[nearest]
    found = {"source": (whose == pairs.source.person), "target": (whose == pairs.target.person)}
    shares = {f"taken_for_{name}": float(each.float().mean()) for name, each in found.items()}
    return shares | {"chance": 1 / len(pairs.source)}


def _of_parts(model: FsGanModel, pairs: Pairs, crowd: Crowd) -> dict[str, float]:
    """Each part as trained, and with its network disabled."""
    plain = _silent(model)
    left, silent = model.errors_left(pairs), plain.errors_left(pairs)
    shown = unseen_pairs(crowd, model.resolution, len(pairs.target), "cpu", Shown(crowd, "warp"))
    assert shown.prior is not None
    turned, by_mesh = _turned_left(model, shown, shown.prior, lit=True)
    return {name: float(value) for name, value in left.items()} | {
        "holes_left_by_surroundings": float(silent["holes_left"]),
        "seam_left_by_rim": float(silent["seam_left"]),
        "turned_left": turned,
        "turned_left_by_mesh": by_mesh,
    }


def _silent(model: FsGanModel) -> FsGanModel:
    """Only its closed forms."""
    plain = copy.deepcopy(model)
    for part in plain.children():
        if isinstance(part, ChangeNet):
            nn.init.zeros_(part.end.weight)
            assert part.end.bias is not None
            nn.init.zeros_(part.end.bias)
    return plain


def _of_photographs(model: FsGanModel, crowd: Crowd, job: TrainJob) -> dict[str, float]:
    """On people with footage; and with the package that training started from."""
    frames = own_pairs(crowd, model.resolution)
    if frames is None:
        return {}
    turned, by_mesh = _turned_left(model, frames, frames.target.crop, lit=False)
    told = {"photographed_left": turned, "photographed_left_by_mesh": by_mesh}
    if job.start is None:
        return told
    first = restored(learned(job.engine), Packages.of(job).find(job.start.model, job.start.sha256))
    assert isinstance(first, FsGanModel)
    return told | {"photographed_left_at_start": _turned_left(first, frames, frames.target.crop, lit=False)[0]}


def _turned_left(model: FsGanModel, pairs: Pairs, truth: Tensor, *, lit: bool) -> tuple[float, float]:
    """The share of the error of unmodified source pictures that remains with the model, and with the mesh alone.

    lit: without differences in light.
    """
    target, source = pairs.target, pairs.source
    away = 2 * round(0.06 * model.resolution / 2) + 1
    sure = -max_pool2d(-target.mask, away, 1, away // 2)
    wanted = toned(truth, sure, source.crop, source.mask)

    def off(made: Tensor) -> float:
        apart = made - wanted
        return float(where_known((apart - lit_apart(apart, sure) if lit else apart).abs(), sure))

    still, turned, moved = map(off, (source.crop, *(each.codes_in(pairs)[:, :3] for each in (model, _silent(model)))))
    return turned / still, moved / still


def own_pairs(crowd: Crowd, resolution: int) -> Pairs | None:
    """Unseen frames, evenly spaced over each person's; the source is that person's frame with the most different mesh.
    None if nobody has several."""
    targets, sources = [], []
    owners = np.asarray(crowd.person)[crowd.unseen]
    for person in np.unique(owners):
        frames, shown = crowd.unseen[owners == person], np.array(crowd.faces_of(int(person)))
        if len(shown) < 2:
            continue
        meshes = np.asarray(crowd.landmarks[shown]).reshape(len(shown), -1)
        for row in frames[np.unique(np.linspace(0, len(frames) - 1, FRAMES).round().astype(int))]:
            own = np.asarray(crowd.landmarks[row]).reshape(-1)
            targets.append(row)
            sources.append(shown[np.square(meshes - own).sum(1).argmax()])
    return pairs_of(crowd, np.array(targets), np.array(sources), resolution, "cpu") if targets else None


def _rolled(looks: Looks) -> Looks:
    """Each person replaced by the next one."""
    return replace(looks, **{one.name: getattr(looks, one.name).roll(1, 0) for one in fields(looks)})


def _of_codes(model: MegaFsModel, pairs: Pairs) -> dict[str, float]:
    target, given = pairs.target.crop, model.codes_in(pairs)
    own, rebuilt = model.encoder(target)[1], model.rebuilt(target)
    codes = model.transferred(own, given)
    pictures = {"targets": target, "rebuilt": rebuilt, "swaps": model.swapped(pairs, given).rgb}
    return {
        "inversion_255": 255 * float((rebuilt - target).abs().mean()),
        "inversion_in_face_255": 255 * float(where_known((rebuilt - target).abs(), pairs.target.mask)),
        "low_codes_moved": float((model.low(codes) != model.low(own)).sum()),
        "upper_codes_moved_from_source": float((model.upper(codes).flatten(1) - given).abs().mean()),
        "sources_from_targets": float((model.upper(own).flatten(1) - given).abs().mean()),
    } | {f"found_{name}": _found(each) for name, each in pictures.items()}


def _of_rest(model: MegaFsModel, job: TrainJob) -> dict[str, float]:
    """Weights and statistics of the first stage that differ from its package's."""
    if not isinstance(model, TransferModel) or job.start is None:
        return {}
    first = packages.weights_in(Packages.of(job).find(job.start.model, job.start.sha256), job.start.sha256)
    own = model.state_dict()
    rest = {name: value for name, value in first.items() if name.startswith(("encoder.", "generator."))}
    return {"rest": len(rest), "rest_moved": sum(not torch.equal(own[name], value) for name, value in rest.items())}


def _found(pictures: Tensor) -> float:
    """The share of pictures with a detected face: (n, 3, R, R), shown at 4 times their size."""
    finds = detector()
    shown = (pictures.permute(0, 2, 3, 1).numpy() * 255 + 0.5).astype(np.uint8)
    larger = [cv2.resize(each, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC) for each in shown]
    return float(np.mean([len(finds.detect(each)) > 0 for each in larger]))


def area_under(scores: Tensor, face: Tensor) -> float:
    """Area under the ROC curve: how often a pixel in the face scores higher than one outside; ties count half."""
    inner, outer = scores[face], scores[~face].sort().values
    below, not_above = (torch.searchsorted(outer, inner, right=right) for right in (False, True))
    return float((below + not_above).double().mean() / 2 / len(outer))


def _sheet(model: OpenModel, pairs: Pairs) -> np.ndarray:
    made = model.swapped(pairs, model.codes_in(pairs))
    columns = [pairs.target.crop, pairs.source.crop, made.rgb]
    if made.mask is not None:
        columns.append(made.mask.expand_as(made.rgb))
    rows = torch.cat([torch.cat([*each], 2) for each in zip(*columns, strict=True)], 1)
    picture = np.asarray(rows.permute(1, 2, 0).numpy() * 255 + 0.5, np.uint8)[..., ::-1]
    return cv2.resize(picture, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)


def _first(pairs: Pairs, count: int) -> Pairs:
    def some(looks: Looks) -> Looks:
        return replace(looks, **{one.name: getattr(looks, one.name)[:count] for one in fields(looks)})

    prior = None if pairs.prior is None else pairs.prior[:count]
    return Pairs(some(pairs.target), some(pairs.source), pairs.same[:count], prior=prior)


if __name__ == "__main__":
    main()
