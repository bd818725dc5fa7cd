"""Evaluates an engine: swaps a trial's faces, with timing, and measures the result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsvfx.engines.batches import Batch, batches
from fsvfx.engines.contract import Engine, FaceBatch, Identity, SwapBatch
from fsvfx.errors import ModelError
from fsvfx.evaluation.judges import Panel, judges
from fsvfx.evaluation.measures import EXPRESSION, GAZE, POSE, Seen, all_followed, likeness, nearest_person, steadiness
from fsvfx.evaluation.pictures import (
    alike,
    borders,
    details,
    faces_of,
    flickers,
    gradients,
    lights,
    pixel_figures,
    seams,
    toned,
    u8,
)
from fsvfx.evaluation.trial import Trial
from fsvfx.qc.figures import nearest
from schemas.evaluation import EvaluationReport, FrameFigures, PixelFigures

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
Column = NDArray[np.floating]

BATCH = 16
"""Number of faces passed at once; engines may split them further."""


@dataclass(frozen=True)
class Evaluated:
    """The report, and the pictures that were measured: plates, comps, truth (n, S, S, 3) uint8; truth empty if there is
    none."""

    report: EvaluationReport
    plates: U8
    comps: U8
    truth: U8


@dataclass(frozen=True)
class Looked:
    """Measurements of a trial before any engine swaps it: of the plates, and by each judge of the references, too."""

    plate: Seen
    panel: Panel

    @classmethod
    def of(cls, trial: Trial, judges: Sequence[str]) -> Looked:
        """Raises InputError if the trial is incomplete; ModelError if weights are not installed."""
        trial.check()
        plates = u8(trial.faces.crops)
        seen = Seen.of(plates, trial.faces.landmarks)
        return cls(seen, Panel.of(judges, plates, seen.meshes, trial.identity))


@dataclass(frozen=True)
class _Swap:
    """plates, comps, truth: (n, S, S, 3) in [0, 1]; mattes (n, S, S); masks (n, S, S): the face; plate, comp: their
    measurements; names: the nearest people to the comps, empty where lost."""

    plates: F32
    comps: F32
    truth: F32
    mattes: F32
    masks: NDArray[np.bool_]
    plate: Seen
    comp: Seen
    names: list[str]


def evaluate(engine: Engine[Any], trial: Trial, looked: Looked | None = None, *, batch: int = BATCH) -> Evaluated:
    """Figures of ``engine``'s swap of ``trial.faces``, laid over the plate by the engine's own matte, in the crop.

    looked: measurements of the trial; made here by default, with the judges that may be used commercially. Raises
    InputError if the trial is incomplete; ModelError if the mesh's or the embedding's weights are not installed, or if
    the engine's pictures contain NaN.
    """
    looked = looked or Looked.of(trial, judges())
    swap, seconds = _swap(engine, trial, looked.plate, batch)
    table = _table(trial, swap)
    references = trial.people[trial.identity.name]
    following = _following(trial)
    report = EvaluationReport(
        engine=engine.name,
        engine_version=engine.version,
        settings=engine.settings.model_dump(mode="json"),
        identity=trial.identity.name,
        performer=trial.performer,
        people=tuple(sorted(trial.people)),
        faces=len(swap.plates),
        lost=swap.comp.lost,
        likeness=likeness(swap.comp.embeddings, swap.plate.embeddings, swap.names, trial.identity.name, references),
        judges=looked.panel.figures(u8(swap.comps), swap.comp.meshes),
        steady=steadiness(swap.comp.embeddings, swap.plate.embeddings, following) if following.any() else None,
        pose=all_followed(POSE, swap.comp.measures, swap.plate.measures),
        expression=all_followed(EXPRESSION, swap.comp.measures, swap.plate.measures),
        gaze=all_followed(GAZE, swap.comp.measures, swap.plate.measures),
        self_swap=_self_swap(engine, trial, batch),
        **_against_truth(swap),
        detail=_median(table["detail"]),
        gradient=_median(table["gradient"]),
        flicker=_median(table["flicker"]),
        seam=_median(table["seam"]),
        border=_median(table["border"]),
        border_of_plate=_median(borders(u8(swap.plates), swap.mattes)),
        light=_median(table["light"]),
        ms_per_face=1000 * seconds / len(swap.plates),
        device=engine.device,
        frames=_rows(trial, table, swap.names),
    )
    return Evaluated(report, u8(swap.plates), u8(swap.comps), u8(swap.truth))


def _swap(engine: Engine[Any], trial: Trial, plate: Seen, batch: int) -> tuple[_Swap, float]:
    """The swap, and the seconds that the engine took."""
    made, seconds = swapped(engine, trial.faces, trial.identity, batch, trial.footage)
    plates, landmarks = trial.faces.crops, trial.faces.landmarks
    comps = over(plates, made)
    comp = Seen.of(u8(comps), landmarks)
    swap = _Swap(
        plates=plates,
        comps=comps,
        truth=trial.truth if trial.truth is not None else plates[:0],
        mattes=made.matte,
        masks=faces_of(landmarks, plates.shape[1]),
        plate=plate,
        comp=comp,
        names=[nearest_person(each, trial.people) if np.isfinite(each).all() else "" for each in comp.embeddings],
    )
    return swap, seconds


def _against_truth(swap: _Swap) -> dict[str, PixelFigures | None]:
    """The report's figures of comp and plate against the true swap; empty if there is none."""
    if not len(swap.truth):
        return {}
    pairs = {"truth": swap.comps, "truth_of_plate": swap.plates}
    found = {name: pixel_figures(alike(each, swap.truth, swap.masks)) for name, each in pairs.items()}
    for name, each in pairs.items():
        as_bright = toned(each, swap.truth, swap.masks)
        found[f"{name}_toned"] = pixel_figures(alike(as_bright, swap.truth, swap.masks))
    return found


def _self_swap(engine: Engine[Any], trial: Trial, batch: int) -> PixelFigures | None:
    if trial.own is None or not len(trial.own.crops):
        return None
    made, _ = swapped(engine, trial.own, trial.identity, batch)
    plates = trial.own.crops
    return pixel_figures(alike(over(plates, made), plates, faces_of(trial.own.landmarks, plates.shape[1])))


def _table(trial: Trial, swap: _Swap) -> dict[str, Column]:
    """Each frame's figures by name, (n,); NaN: not measured."""
    plates, comps, references = u8(swap.plates), u8(swap.comps), trial.people[trial.identity.name]
    landmarks = trial.faces.landmarks
    table: dict[str, Column] = {
        "to_identity": np.array([nearest(each, references) for each in swap.comp.embeddings]),
        "to_performer": np.linalg.norm(swap.comp.embeddings - swap.plate.embeddings, axis=1),
        "detail": details(comps, landmarks) / np.maximum(details(plates, landmarks), 1e-6),
        "gradient": gradients(comps, swap.masks) / np.maximum(gradients(plates, swap.masks), 1e-6),
        "seam": seams(plates, comps, swap.mattes),
        "border": borders(comps, swap.mattes),
        "light": lights(plates, comps, swap.masks),
        "flicker": flickers(plates, comps, swap.mattes, landmarks, trial.faces.frames, trial.footage),
    }
    if len(swap.truth):
        table["truth_psnr"], table["truth_ssim"] = alike(swap.comps, swap.truth, swap.masks)
    return table | {name: swap.comp.measures[name] - swap.plate.measures[name] for name in POSE + EXPRESSION + GAZE}


def _rows(trial: Trial, table: Mapping[str, Column], names: list[str]) -> tuple[FrameFigures, ...]:
    rows = []
    for place, number in enumerate(trial.faces.frames):
        figures = {name: float(values[place]) for name, values in table.items() if np.isfinite(values[place])}
        footage = trial.footage[place] if trial.footage else None
        rows.append(FrameFigures(frame=number, footage=footage, nearest=names[place] or None, **figures))
    return tuple(rows)


def _median(values: Column) -> float | None:
    taken = values[np.isfinite(values)]
    return float(np.median(taken)) if len(taken) else None


def swapped(
    engine: Engine[Any], faces: FaceBatch, identity: Identity, batch: int, footage: Sequence[str] = ()
) -> tuple[SwapBatch, float]:
    """All faces, ``batch`` at a time, and the seconds taken, without one-time preparation.

    Raises ModelError if the results are not finite, InputError if the engine does.
    """
    prepared = engine.prepare(identity, faces.crops.shape[1])
    engine.swap(_some(faces, Batch((0,), 0, 0)), prepared)
    started = perf_counter()
    made = [engine.swap(_some(faces, places), prepared) for places in _batches(faces, batch, engine.reach, footage)]
    seconds = perf_counter() - started
    swap = SwapBatch(np.concatenate([each.crops for each in made]), np.concatenate([each.matte for each in made]))
    _check_numbers(engine, swap)
    return swap, seconds


def over(plates: F32, swap: SwapBatch) -> F32:
    """The swap over plates (n, S, S, 3) under its own matte."""
    matte = swap.matte[..., None]
    return np.asarray(plates * (1 - matte) + swap.crops * matte, np.float32)


def _batches(faces: FaceBatch, most: int, reach: int, footage: Sequence[str]) -> Iterator[Batch]:
    """Batches of indices into ``faces``. Frames ascend within each, as engines may expect: each footage starts a new
    batch."""
    frames = faces.frames

    def follows(place: int) -> bool:
        return _follows(frames, footage, place)

    begins = [place for place in range(len(frames)) if not place or frames[place] <= frames[place - 1]]
    for begin, end in pairwise([*begins, len(frames)]):
        yield from batches(range(begin, end), most, reach=reach, follows=follows)


def _follows(frames: Sequence[int], footage: Sequence[str], place: int) -> bool:
    """Whether a frame directly follows the previous one, in the same footage."""
    there = 0 < place < len(frames) and frames[place] == frames[place - 1] + 1
    return there and (not footage or footage[place] == footage[place - 1])


def _following(trial: Trial) -> NDArray[np.bool_]:
    return np.array([_follows(trial.faces.frames, trial.footage, place) for place in range(len(trial.faces.frames))])


def _some(faces: FaceBatch, places: Batch) -> FaceBatch:
    rows = list(places.frames)
    frames = tuple(faces.frames[row] for row in rows)
    return FaceBatch(faces.crops[rows], faces.landmarks[rows], frames, places.before, places.after)


def _check_numbers(engine: Engine[Any], swap: SwapBatch) -> None:
    sound = [np.isfinite(each).reshape(len(each), -1).all(axis=1) for each in (swap.crops, swap.matte)]
    broken = int((~(sound[0] & sound[1])).sum())
    if broken:
        raise ModelError(
            f"Engine '{engine.name}' returns NaN for {broken} of {len(swap.crops)} faces",
            hint="Use another model package; an earlier checkpoint of the training may be sound",
        )
