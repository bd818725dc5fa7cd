"""Evaluates a model package on the faces held out of its training, and records the result in its card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fsvfx import packages
from fsvfx.context import Context
from fsvfx.engines.contract import Engine
from fsvfx.engines.registry import engine, settings_of
from fsvfx.errors import InputError, Where
from fsvfx.evaluation.evaluate import Evaluated, Looked, evaluate
from fsvfx.evaluation.held_out import faceset_trial
from fsvfx.evaluation.report import files_of
from fsvfx.facesets.faceset import Faceset
from schemas.evaluation import EvaluationReport, FaceFigures, GroupFigures
from schemas.package import Figures, PackageCard


def evaluate_package(
    package: Path,
    facesets: Mapping[str, Faceset],
    *,
    identity: str | None = None,
    performer: str | None = None,
    device: str = "cpu",
    most: int = 64,
    judges: Sequence[str] = (),
) -> Evaluated:
    """The identity into up to ``most`` of the performer's held-out faces; by default the model's first two people.

    judges: names of other identity networks.

    Raises InputError if a faceset is not the one that the package was trained on, or has nothing held out; ModelError
    if the package is broken, or returns NaN; StoreError.
    """
    card = packages.card_of(package)
    check_unseen(card, facesets)
    if card.roster is not None and not (identity and performer):
        hint = "Name both: --identity and --performer"
        raise InputError(f"'{card.model}' swaps anybody: it does not say whom to evaluate", hint=hint)
    first, second = card.names[:2] or ("", "")
    swaps = packaged(package, device)
    pair = identity or first, performer or second
    trial = faceset_trial(facesets, *pair, most=most, with_references=swaps.needs_references)
    return evaluate(swaps, trial, Looked.of(trial, judges))


def packaged(package: Path, device: str) -> Engine[Any]:
    """The package's engine, as used in a shot."""
    card = packages.card_of(package)
    context = Context(packages.Packages(package.parent.parent), device=device)
    settings = settings_of(card.engine, {"model": card.model, "sha256": card.sha256})
    return engine(card.engine)(settings, context)


def check_unseen(card: PackageCard, facesets: Mapping[str, Faceset]) -> None:
    """Held-out faces of other facesets may have been trained on. A general model's people are known by its roster.

    Raises InputError.
    """
    for person in card.people:
        if person.name in facesets and facesets[person.name].digest != person.faceset:
            raise InputError(
                f"The faceset of '{person.name}' is not the one that '{card.model}' was trained on: its held-out faces "
                "may have been trained on",
                hint="Evaluate with the footage and faceset settings of the training, or train again",
                where=Where(field=f"people.{person.name}"),
            )


def recorded(package: Path, evaluated: Evaluated) -> tuple[Path, ...]:
    """Write the report and its pictures into the package; returns where. Raises ModelError, MachineError.

    For the model's first two people they are ``evaluation.json`` and ``evaluation.png``, and the card gets the figures;
    for others ``evaluation_IDENTITY_PERFORMER``.
    """
    card, report = packages.card_of(package), evaluated.report
    usual = (report.identity, report.performer) == card.names[:2]
    files = files_of(evaluated, "evaluation" if usual else f"evaluation_{report.identity}_{report.performer}")
    told = card.model_copy(update={"figures": figures(report)}) if usual else card
    packages.amend(package, told, files)
    return tuple(package / name for name in files)


def figures(found: FaceFigures) -> Figures:
    """What a card records of an evaluation: of two people, or of many pairs."""
    likeness, yaw, mouth = found.likeness, found.pose.get("yaw"), found.expression.get("mouth")
    pair = found if isinstance(found, EvaluationReport) else None
    return Figures(
        identity=pair.identity if pair else None,
        performer=pair.performer if pair else None,
        pairs=found.pairs if isinstance(found, GroupFigures) else 1,
        faces=found.faces,
        nearer=likeness.nearer if likeness else None,
        retrieved=likeness.retrieved if likeness else None,
        yaw_r=yaw.r if yaw else None,
        mouth_r=mouth.r if mouth else None,
        self_swap_psnr=pair.self_swap.psnr if pair and pair.self_swap else None,
        flicker=found.flicker,
        ms_per_face=found.ms_per_face,
    )
