"""Compares contestants on the same faces: a training's held-out ones, or synthetic actors'; as files and in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace as changed
from pathlib import Path

from fsvfx import packages
from fsvfx.actors.clips import SIDECAR, read_sidecar
from fsvfx.evaluation.actors import ActedFootage, trial_of, true_swap_of
from fsvfx.evaluation.contestants import Contestant
from fsvfx.evaluation.evaluate import Evaluated, evaluate
from fsvfx.evaluation.held_out import faceset_trial
from fsvfx.evaluation.package import check_unseen, recorded
from fsvfx.evaluation.report import files_of, is_own
from fsvfx.evaluation.trial import F32, Trial
from fsvfx.facesets import lookup
from fsvfx.outputs import Named, write_file
from schemas.evaluation import EvaluationReport, Followed, PixelFigures
from schemas.job import TrainJob

Row = tuple[str, ...]
_GOOD = {
    "nearer the identity": "over 90 %",
    "found again": "over 90 %",
    "to the identity": "under 0.45",
    "yaw": "r over 0.95, under 2",
    "pitch": "r over 0.9, under 3",
    "roll": "r over 0.95, under 2",
    "mouth": "r over 0.8",
    "eyes": "r over 0.6",
    "brows": "r over 0.4",
    "self-swap": "over 28 dB",
    "detail": "80 to 120 %",
    "flicker": "under 1.2 %",
    "seam": "0.8 to 1.25",
    "border": "near the plate's",
    "light": "r over 0.9",
}
"""See docs/evaluation.md."""
_ABSENT = "-"


def on_people(
    job: TrainJob, contestants: Sequence[Contestant], identity: str | None, performer: str | None, most: int
) -> list[Evaluated]:
    """On the held-out faces of the training's facesets. Raises InputError, StoreError, ModelError."""
    facesets = lookup.facesets_of(job)
    for each in contestants:
        if each.package:
            check_unseen(packages.card_of(each.package), facesets)
    trial = faceset_trial(
        facesets,
        identity or job.learned[0],
        performer or job.learned[1],
        most=most,
        with_references=any(each.engine.needs_references for each in contestants),
    )
    sidecar = Path(job.manifest).parent / SIDECAR
    if sidecar.is_file():
        trial = changed(trial, truth=_truth(trial, _acted(job, sidecar)))
    return [evaluate(each.engine, trial) for each in contestants]


def on_actors(
    contestants: Sequence[Contestant], identity: str | None, performer: str | None, most: int
) -> list[Evaluated]:
    """On synthetic actors. Raises InputError, ModelError where the FaceKit is absent."""
    trial = trial_of(identity or "cem", performer or "ada", most)
    return [evaluate(each.engine, trial) for each in contestants]


def written(
    contestants: Sequence[Contestant], results: Sequence[Evaluated], out: Path | None, replace: bool = False
) -> list[Path]:
    """Every result as files: a package's in its own folder, unless ``out`` is given; others in ``./evaluation``.

    Raises MachineError; InputError for files of others that are there, unless ``replace`` says that they may go.
    """
    paths: list[Path] = []
    for contestant, result, stem in zip(contestants, results, _stems(contestants), strict=True):
        if contestant.package and out is None:
            paths += recorded(contestant.package, result)
            continue
        for name, content in files_of(result, stem).items():
            paths.append((out or Path("evaluation")) / name)
            write_file(paths[-1], content, Named(replace, is_own=is_own))
    return paths


def side_by_side(reports: Sequence[EvaluationReport]) -> list[Row]:
    """A row for each figure that any report has: its name, each report's value, and what a good one is."""
    columns = [dict(_figures(report)) for report in reports]
    names = dict.fromkeys(name for column in columns for name in column)
    rows = [(name, *(column.get(name, _ABSENT) for column in columns), _GOOD.get(name, "")) for name in names]
    return [row for row in rows if set(row[1:-1]) != {_ABSENT}]


def _figures(report: EvaluationReport) -> Iterator[tuple[str, str]]:
    yield "held-out faces", f"{report.faces}" + (f", {report.lost} lost" if report.lost else "")
    yield from _likeness(report)
    for judge, each in report.judges.items():
        yield f"nearer, {judge}", f"{each.nearer:.0%}"
        yield f"to the identity, {judge}", f"{each.to_identity:.2f} (plate {each.plate_to_identity:.2f})"
    if report.steady:
        yield "identity's spread", f"{report.steady.spread:.3f} (plate {report.steady.spread_of_plate:.3f})"
        yield "neighbouring frames", _beside(report.steady.neighbours, report.steady.neighbours_of_plate)
    for name, followed in report.pose.items():
        yield name, _followed(followed, "{:.1f} deg")
    for name, followed in report.expression.items():
        yield name, _followed(followed, "{:.3f}")
    yield "self-swap", _pixels(report.self_swap)
    yield "true swap", _pixels(report.truth)
    yield "true swap, plate", _pixels(report.truth_of_plate)
    yield "true swap, toned", _pixels(report.truth_toned)
    yield "true swap, plate toned", _pixels(report.truth_of_plate_toned)
    yield "detail", _or_absent(report.detail, lambda value: f"{value:.0%} of the plate's")
    yield "flicker", _or_absent(report.flicker, lambda value: f"{100 * value:.1f} %")
    yield "seam", _or_absent(report.seam, lambda value: f"{value:.2f}")
    yield "border", _beside(report.border, report.border_of_plate, "{:.1f}")
    yield "light", _or_absent(report.light, lambda value: f"r {value:.2f}")
    yield "time a face", f"{report.ms_per_face:.0f} ms on {report.device}"


def _likeness(report: EvaluationReport) -> Iterator[tuple[str, str]]:
    found = report.likeness
    if found is None:
        yield "nearer the identity", "no face found"
        return
    yield "nearer the identity", f"{found.nearer:.0%}"
    yield "found again", f"{found.retrieved:.0%} among {len(report.people)}"
    yield "to the identity", f"{found.to_identity:.2f} (plate {found.plate_to_identity:.2f})"
    yield "to the performer", f"{found.to_performer:.2f}"


def _followed(found: Followed, form: str) -> str:
    told = f"off by {form.format(found.error)}"
    return told if found.r is None else f"r {found.r:.2f}, {told}"


def _pixels(found: PixelFigures | None) -> str:
    return _ABSENT if found is None else f"{found.psnr:.1f} dB, ssim {found.ssim:.3f}"


def _beside(value: float | None, plates: float | None, form: str = "{:.3f}") -> str:
    if value is None or plates is None:
        return _ABSENT
    return f"{form.format(value)} (plate {form.format(plates)})"


def _or_absent(value: float | None, told: Callable[[float], str]) -> str:
    return _ABSENT if value is None else told(value)


def _acted(job: TrainJob, sidecar: Path) -> dict[str, ActedFootage]:
    """The footage that actors made, by name. Raises InputError."""
    clips = read_sidecar(sidecar).clips
    known = [each for each in job.footage if each.name in clips]
    return {each.name: ActedFootage(clips[each.name], lookup.aligned_footage(job, each), each.shot) for each in known}


def _truth(trial: Trial, acted: Mapping[str, ActedFootage]) -> F32 | None:
    """None if some of the footage is of others."""
    if not trial.footage or not set(trial.footage) <= set(acted):
        return None
    sources = list(zip(trial.footage, trial.faces.frames, strict=True))
    return true_swap_of(trial.identity.name, acted, sources, trial.faces.crops)


def _stems(contestants: Sequence[Contestant]) -> Iterator[str]:
    for each in contestants:
        plain = re.sub(r"[^A-Za-z0-9_.-]+", "_", each.label)
        yield "evaluation" if len(contestants) == 1 else f"evaluation_{plain}"
