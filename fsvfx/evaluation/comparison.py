"""Compares contestants on the same faces, and writes the results: for trained people, their held-out faces; for a
crowd, its held-out people; or synthetic actors."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from dataclasses import replace as changed
from pathlib import Path

from fsvfx import packages
from fsvfx.actors.clips import SIDECAR, read_sidecar
from fsvfx.errors import InputError, Where
from fsvfx.evaluation import general, report
from fsvfx.evaluation.actors import ActedFootage, trial_of, true_swap_of
from fsvfx.evaluation.contestants import Contestant, learned_by, trained_by
from fsvfx.evaluation.evaluate import Evaluated, Looked, evaluate
from fsvfx.evaluation.general import GeneralResult, on_strangers
from fsvfx.evaluation.held_out import faceset_trial
from fsvfx.evaluation.judges import judges
from fsvfx.evaluation.package import check_unseen, recorded
from fsvfx.evaluation.strangers import Asked
from fsvfx.evaluation.table import compared
from fsvfx.evaluation.trial import F32, Trial
from fsvfx.facesets import lookup
from fsvfx.facesets.unseen import Unseen, learned_of, unseen_of
from fsvfx.outputs import Named, write_file
from schemas.job import TrainJob
from schemas.manifest import HeldLicence, Purpose
from schemas.receipts import Receipt


@dataclass(frozen=True)
class Contest:
    """contestants: who is evaluated; against: whom each is compared with. purpose, licences: which judges may be
    used."""

    contestants: Sequence[Contestant]
    against: Sequence[Contestant] = ()
    purpose: Purpose = "commercial"
    licences: Mapping[str, HeldLicence] = field(default_factory=dict)

    @property
    def everybody(self) -> tuple[Contestant, ...]:
        return (*self.contestants, *self.against)

    @property
    def judges(self) -> tuple[str, ...]:
        return judges(self.purpose, self.licences, trained_by(self.everybody))


def on_people(
    job: TrainJob, contest: Contest, identity: str | None, performer: str | None, most: int
) -> list[Evaluated]:
    """On the held-out faces of the training's facesets. Raises InputError, StoreError, ModelError."""
    facesets = lookup.facesets_of(job)
    for each in contest.contestants:
        if each.package:
            check_unseen(packages.card_of(each.package), facesets)
    trial = faceset_trial(
        facesets,
        identity or job.learned[0],
        performer or job.learned[1],
        most=most,
        with_references=any(each.engine.needs_references for each in contest.everybody),
    )
    sidecar = Path(job.manifest).parent / SIDECAR
    if sidecar.is_file():
        trial = changed(trial, truth=_truth(trial, _acted(job, sidecar)))
    return _on(trial, contest)


def on_actors(contest: Contest, identity: str | None, performer: str | None, most: int) -> list[Evaluated]:
    """On synthetic actors. Raises InputError, ModelError where the FaceKit is absent."""
    return _on(trial_of(identity or "cem", performer or "ada", most), contest)


def on_crowd(contest: Contest, people: Mapping[str, Unseen], asked: Asked) -> list[GeneralResult]:
    """On people of a crowd, from ``unseen_by`` or ``seen_by``. Raises InputError, StoreError, ModelError."""
    engines, others = ({each.label: each.engine for each in some} for some in (contest.contestants, contest.against))
    return on_strangers(engines, others, people, asked, contest.judges)


def unseen_by(job: TrainJob, receipts: Mapping[str, Receipt], contest: Contest) -> dict[str, Unseen]:
    """The crowd's people that are held out, by the manifest and by all weights. Raises StoreError, ModelError."""
    return unseen_of(job, receipts, but=learned_by(contest.everybody))


def seen_by(job: TrainJob, receipts: Mapping[str, Receipt], contest: Contest, trained: str | None) -> dict[str, Unseen]:
    """The crowd's people that the training learned, with the frames that it held out.

    trained: sha256 of the final weights, if finished. Raises InputError if another package is evaluated, as that may
    have seen those frames; StoreError, ModelError.
    """
    for each in contest.everybody:
        if each.package and each.is_own and packages.card_of(each.package).sha256 != trained:
            raise InputError(
                f"'{each.label}' may have been trained on the frames that are held out now",
                hint="Evaluate the package that this manifest's training ended with, or people who are held out",
                where=Where(file=job.manifest),
            )
    return learned_of(job, receipts)


def _on(trial: Trial, contest: Contest) -> list[Evaluated]:
    looked = Looked.of(trial, contest.judges)
    others = {each.label: evaluate(each.engine, trial, looked).report for each in contest.against}
    results = []
    for each in contest.contestants:
        found = evaluate(each.engine, trial, looked)
        beside = {label: compared(found.report, other) for label, other in others.items()}
        results.append(changed(found, report=found.report.model_copy(update={"beside": beside})))
    return results


def written(
    contestants: Sequence[Contestant],
    results: Sequence[Evaluated | GeneralResult],
    out: Path | None,
    replace: bool = False,
) -> list[Path]:
    """Every result as files: a package's in its own folder, unless ``out`` is given; others in ``./evaluation``.

    Raises MachineError; InputError for existing files that are not evaluations, unless ``replace`` allows overwriting
    them.
    """
    paths: list[Path] = []
    for contestant, result, stem in zip(contestants, results, _stems(contestants), strict=True):
        if contestant.package and contestant.is_own and out is None:
            paths += _recorded(contestant.package, result)
            continue
        for name, content in _files(result, stem).items():
            paths.append((out or Path("evaluation")) / name)
            write_file(paths[-1], content, Named(replace, is_own=report.is_own))
    return paths


def _recorded(package: Path, result: Evaluated | GeneralResult) -> tuple[Path, ...]:
    return general.recorded(package, result) if isinstance(result, GeneralResult) else recorded(package, result)


def _files(result: Evaluated | GeneralResult, stem: str) -> dict[str, bytes]:
    return general.files_of(result, stem) if isinstance(result, GeneralResult) else report.files_of(result, stem)


def _acted(job: TrainJob, sidecar: Path) -> dict[str, ActedFootage]:
    """The footage made with actors, by name. Raises InputError."""
    clips = read_sidecar(sidecar).clips
    known = [each for each in job.footage if each.name in clips]
    return {each.name: ActedFootage(clips[each.name], lookup.aligned_footage(job, each), each.shot) for each in known}


def _truth(trial: Trial, acted: Mapping[str, ActedFootage]) -> F32 | None:
    """None if some of the footage is not of actors."""
    if not trial.footage or not set(trial.footage) <= set(acted):
        return None
    sources = list(zip(trial.footage, trial.faces.frames, strict=True))
    return true_swap_of(trial.identity.name, acted, sources, trial.faces.crops)


def _stems(contestants: Sequence[Contestant]) -> Iterator[str]:
    for each in contestants:
        plain = re.sub(r"[^A-Za-z0-9_.-]+", "_", each.label)
        yield "evaluation" if len(contestants) == 1 else f"evaluation_{plain}"
