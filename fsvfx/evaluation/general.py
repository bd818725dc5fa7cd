"""Evaluates engines that swap anybody, on people of a crowd: many pairs, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsvfx import packages
from fsvfx.engines.contract import Engine
from fsvfx.evaluation.evaluate import Evaluated, Looked, evaluate
from fsvfx.evaluation.package import figures
from fsvfx.evaluation.pictures import u8
from fsvfx.evaluation.pooling import pooled
from fsvfx.evaluation.report import small
from fsvfx.evaluation.strangers import Asked, paired, trials
from fsvfx.evaluation.table import compared
from fsvfx.evaluation.trial import Trial
from fsvfx.facesets.unseen import Unseen
from fsvfx.outputs import png
from fsvfx.printable import counted
from fsvfx.qc.sheet import TrackRow, sampled, track_sheet
from schemas.evaluation import CrowdReport, EvaluationReport, Group

U8 = NDArray[np.uint8]

_SHOWN: dict[Group, int] = {"footage": 2, "stills": 1}
"""Frames of a pair on the sheet."""
_ROWS = 24


@dataclass(frozen=True)
class GeneralResult:
    """The result of one engine. thumbs: for each pair, the identity, then plate, comp and the other engines' comps of
    frames."""

    report: CrowdReport
    thumbs: tuple[tuple[U8, ...], ...]


def on_strangers(
    engines: Mapping[str, Engine[Any]],
    others: Mapping[str, Engine[Any]],
    people: Mapping[str, Unseen],
    asked: Asked,
    judges: Sequence[str],
) -> list[GeneralResult]:
    """For each of ``engines``, by label, compared with each of ``others``: all on the same faces.

    Raises InputError if fewer than two people are held out; StoreError, ModelError.
    """
    groups = paired(people, asked)
    every = {**engines, **others}
    found: dict[str, dict[Group, list[EvaluationReport]]] = {label: {group: [] for group in groups} for label in every}
    thumbs: dict[str, list[tuple[U8, ...]]] = {label: [] for label in engines}
    for group, pairs in groups.items():
        for trial in trials(people, pairs, asked):
            looked = Looked.of(trial, judges)
            done = {label: evaluate(engine, trial, looked) for label, engine in every.items()}
            for label, one in done.items():
                found[label][group].append(one.report)
            beside = [done[label] for label in others]
            for label in engines:
                thumbs[label].append(_thumbs(trial, [done[label], *beside], _SHOWN[group]))
    return [
        GeneralResult(
            _report(engine, found[label], {name: found[name] for name in others}, people, asked), tuple(thumbs[label])
        )
        for label, engine in engines.items()
    ]


def _report(
    engine: Engine[Any],
    found: Mapping[Group, list[EvaluationReport]],
    others: Mapping[str, Mapping[Group, list[EvaluationReport]]],
    people: Mapping[str, Unseen],
    asked: Asked,
) -> CrowdReport:
    groups = {group: pooled(reports) for group, reports in found.items()}
    for group, own in groups.items():
        beside = {name: compared(own, pooled(theirs[group])) for name, theirs in others.items()}
        groups[group] = own.model_copy(update={"beside": beside})
    return CrowdReport(
        engine=engine.name,
        engine_version=engine.version,
        settings=engine.settings.model_dump(mode="json"),
        device=engine.device,
        people=tuple(sorted(people)),
        one_reference=asked.one_reference,
        learned=asked.learned,
        groups=groups,
        pairs=tuple(each.model_copy(update={"people": ()}) for reports in found.values() for each in reports),
    )


def _thumbs(trial: Trial, done: Sequence[Evaluated], frames: int) -> tuple[U8, ...]:
    shown = sampled(range(len(trial.faces.frames)), frames)
    source = small(u8(trial.identity.crops[:1])[0])
    moments = [(done[0].plates[place], *(each.comps[place] for each in done)) for place in shown]
    return (source, *(small(picture) for moment in moments for picture in moment))


def sheet_of(result: GeneralResult) -> U8:
    """A row for each pair, up to two dozen: the identity, then frames of the performer, of the swap and of the others'
    swaps.

    (H, W, 3) uint8 sRGB.
    """
    report = result.report
    beside = next(iter(report.groups.values())).beside
    rows = [
        TrackRow(place + 1, result.thumbs[place], _words(report.pairs[place]))
        for place in sampled(range(len(report.pairs)), _ROWS)
    ]
    columns = max(len(row.thumbs) for row in rows)
    said = " | ".join(["identity", "plate", report.engine, *beside])
    return track_sheet(f"{report.engine}: {whom(report)}", rows, under=said, columns=columns)


def whom(report: CrowdReport) -> str:
    """The people that it was evaluated on, in words."""
    if report.learned:
        return f"{counted(len(report.people), 'person', 'people')} it learned"
    return f"{counted(len(report.people), 'person', 'people')} held out"


def _words(report: EvaluationReport) -> list[str]:
    nearer = [f"nearer {report.likeness.nearer:.0%}"] if report.likeness else ["no face found"]
    return [report.identity, f"for {report.performer}", *nearer]


def files_of(result: GeneralResult, stem: str = "evaluation") -> dict[str, bytes]:
    """``STEM.json`` and ``STEM.png``, by name."""
    report = result.report.model_dump_json(indent=1)
    return {f"{stem}.json": report.encode(), f"{stem}.png": png(sheet_of(result))}


def recorded(package: Path, result: GeneralResult) -> tuple[Path, ...]:
    """Write report and sheet into the package, and the figures onto its card; returns where.

    For identities known by one picture, and for people that it learned, only the files are written, not the card.
    Raises ModelError, MachineError.
    """
    card, report = packages.card_of(package), result.report
    how = [name for name in ("learned", "one_reference") if getattr(report, name)]
    files = files_of(result, "_".join(["evaluation", *how]))
    group = next(iter(report.groups.values()))
    told = card if how else card.model_copy(update={"figures": figures(group)})
    packages.amend(package, told, files)
    return tuple(package / name for name in files)
