"""Evaluate an engine: swap held-out faces, and measure what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fsvfx.engines.contract import Engine, FaceBatch, Identity, SwapBatch
from fsvfx.errors import InputError
from fsvfx.evaluation.likeness import likeness, nearest_person
from fsvfx.evaluation.motion import EXPRESSION, POSE, all_followed, measures, meshes
from fsvfx.evaluation.pictures import alike, channels_last, face_of, pixel_figures, toned
from fsvfx.evaluation.steadiness import flickers, seams
from fsvfx.faces.embed import SIZE, embeddings
from fsvfx.qc.figures import nearest
from schemas.evaluation import EvaluationReport, FrameFigures, PixelFigures

if TYPE_CHECKING:
    import torch

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]


@dataclass(frozen=True)
class Trial:
    """What an engine is tried on.

    faces: the performer's, held out. identity: who goes in. people: embeddings (k, 128) of everybody at hand by name,
    the identity and the performer among them (``embeddings_of``). own: held-out faces of the identity, for the swap for
    itself. truth: the true swap of ``faces``, (n, 3, S, S) in [0, 1], where there is one.
    """

    faces: FaceBatch
    identity: Identity
    performer: str
    people: Mapping[str, F32]
    own: FaceBatch | None = None
    truth: torch.Tensor | None = None


@dataclass(frozen=True)
class Evaluated:
    """The report, and what it was taken on: plates, comps, truth (n, S, S, 3) uint8; truth empty without one."""

    report: EvaluationReport
    plates: U8
    comps: U8
    truth: U8


def evaluate(engine: Engine, trial: Trial, *, batch: int = 8) -> Evaluated:
    """Figures of ``engine``'s swap of ``trial.faces``, laid over the plate by the engine's own matte, in the crop.

    Raises InputError if the trial lacks something, ModelError if the mesh's or the embedding's weights are not here.
    """
    _check(trial)
    swap, seconds = _swapped(engine, trial.faces, trial.identity, batch)
    plates, mattes = channels_last(trial.faces.crops), swap.matte[:, 0].cpu().numpy()
    comps = _over(plates, swap)
    landmarks = trial.faces.landmarks.cpu().numpy()
    seen = _Seen.of(_u8(plates), landmarks), _Seen.of(_u8(comps), landmarks)
    table = _table(trial, seen, plates, comps)
    table["seam"] = seams(_u8(plates), _u8(comps), mattes)
    table["flicker"] = flickers(_u8(plates), _u8(comps), mattes, landmarks, trial.faces.frames)
    truth = channels_last(trial.truth) if trial.truth is not None else plates[:0]
    masks = _faces(landmarks, plates.shape[1])
    if len(truth):
        table["truth_psnr"], table["truth_ssim"] = alike(comps, truth, masks)
    names = [nearest_person(each, trial.people) if np.isfinite(each).all() else "" for each in seen[1].embeddings]
    report = EvaluationReport(
        engine=engine.name,
        engine_version=engine.version,
        settings=engine.settings.model_dump(mode="json"),
        identity=trial.identity.name,
        performer=trial.performer,
        people=tuple(sorted(trial.people)),
        faces=len(plates),
        lost=int(np.isnan(seen[1].meshes[:, 0, 0]).sum()),
        likeness=likeness(
            seen[1].embeddings, seen[0].embeddings, names, trial.identity.name, trial.people[trial.identity.name]
        ),
        pose=all_followed(POSE, seen[1].measures, seen[0].measures),
        expression=all_followed(EXPRESSION, seen[1].measures, seen[0].measures),
        self_swap=_self_swap(engine, trial, batch),
        **_against_truth(plates, comps, truth, masks),
        flicker=_median(table["flicker"]),
        seam=_median(table["seam"]),
        ms_per_face=1000 * seconds / len(plates),
        device=engine.device,
        frames=_rows(trial.faces.frames, table, names),
    )
    return Evaluated(report, _u8(plates), _u8(comps), _u8(truth))


def _against_truth(plates: F32, comps: F32, truth: F32, masks: NDArray[np.bool_]) -> dict[str, PixelFigures | None]:
    """The report's figures of comp and plate against the true swap (n, S, S, 3); empty without one."""
    if not len(truth):
        return {}
    pairs = {"truth": comps, "truth_of_plate": plates}
    found = {name: pixel_figures(alike(each, truth, masks)) for name, each in pairs.items()}
    for name, each in pairs.items():
        found[f"{name}_toned"] = pixel_figures(alike(toned(each, truth, masks), truth, masks))
    return found


@dataclass(frozen=True)
class _Seen:
    """What is read off pictures: meshes (n, 468, 3), measures by name (n,), embeddings (n, 128); NaN where lost."""

    meshes: F32
    measures: Mapping[str, NDArray[np.float64]]
    embeddings: F32

    @classmethod
    def of(cls, pictures: U8, landmarks: F32) -> _Seen:
        found = meshes(pictures, landmarks)
        taken = np.full((len(pictures), SIZE), np.nan, np.float32)
        for place in np.flatnonzero(np.isfinite(found[:, 0, 0])):
            taken[place] = embeddings(pictures[place], found[place : place + 1])[0]
        return cls(found, measures(found), taken)


def _check(trial: Trial) -> None:
    if not len(trial.faces.crops):
        raise InputError("There is no held-out face to evaluate on", mend="Hold some faces out of training")
    absent = {trial.identity.name, trial.performer} - set(trial.people)
    if absent:
        raise InputError(
            f"No embeddings of {', '.join(sorted(absent))}", mend="Give those of the identity and of the performer, too"
        )
    if trial.truth is not None and trial.truth.shape != trial.faces.crops.shape:
        raise InputError("The true swap is not of the faces' shape", mend="Cut it as the faces are cut")


def _swapped(engine: Engine, faces: FaceBatch, identity: Identity, batch: int) -> tuple[SwapBatch, float]:
    """All faces, ``batch`` at a time, and the seconds that it took, without the first face's preparations."""
    import torch

    engine.swap(_some(faces, slice(0, 1)), identity)
    _wait(engine.device)
    started = perf_counter()
    made = [engine.swap(_some(faces, slice(at, at + batch)), identity) for at in range(0, len(faces.crops), batch)]
    _wait(engine.device)
    seconds = perf_counter() - started
    return SwapBatch(torch.cat([each.crops for each in made]), torch.cat([each.matte for each in made])), seconds


def _wait(device: str) -> None:
    import torch

    if device.startswith("cuda"):
        torch.cuda.synchronize(device)


def _some(faces: FaceBatch, which: slice) -> FaceBatch:
    return FaceBatch(faces.crops[which], faces.landmarks[which], faces.frames[which])


def _over(plates: F32, swap: SwapBatch) -> F32:
    """The swap over the plate under its matte: (n, S, S, 3)."""
    matte = swap.matte.permute(0, 2, 3, 1).cpu().numpy()
    return np.asarray(plates * (1 - matte) + channels_last(swap.crops) * matte, np.float32)


def _faces(landmarks: F32, size: int) -> NDArray[np.bool_]:
    return np.stack([face_of(each, size) for each in landmarks])


def _self_swap(engine: Engine, trial: Trial, batch: int) -> PixelFigures | None:
    if trial.own is None or not len(trial.own.crops):
        return None
    swap, _ = _swapped(engine, trial.own, trial.identity, batch)
    plates = channels_last(trial.own.crops)
    masks = _faces(trial.own.landmarks.cpu().numpy(), plates.shape[1])
    return pixel_figures(alike(_over(plates, swap), plates, masks))


def _table(trial: Trial, seen: tuple[_Seen, _Seen], plates: F32, comps: F32) -> dict[str, NDArray[np.floating]]:
    """Each frame's figures by name, (n,); NaN: not taken."""
    plate, comp = seen
    references = trial.people[trial.identity.name]
    table: dict[str, NDArray[np.floating]] = {
        "to_identity": np.array([nearest(each, references) for each in comp.embeddings]),
        "to_performer": np.linalg.norm(comp.embeddings - plate.embeddings, axis=1),
    }
    return table | {name: comp.measures[name] - plate.measures[name] for name in POSE + EXPRESSION}


def _rows(
    numbers: tuple[int, ...], table: Mapping[str, NDArray[np.floating]], names: list[str]
) -> tuple[FrameFigures, ...]:
    rows = []
    for place, number in enumerate(numbers):
        figures = {name: float(values[place]) for name, values in table.items() if np.isfinite(values[place])}
        rows.append(FrameFigures(frame=number, nearest=names[place] or None, **figures))
    return tuple(rows)


def _median(values: NDArray[np.floating]) -> float | None:
    taken = values[np.isfinite(values)]
    return float(np.median(taken)) if len(taken) else None


def _u8(pictures: F32) -> U8:
    return np.asarray(pictures * 255 + 0.5, np.uint8)
