"""Who is evaluated, on what, and where it is written: ``fsvfx evaluate``, but for how it speaks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from fsvfx.errors import InputError, Where

if TYPE_CHECKING:
    import torch
    from pydantic import JsonValue

    from fsvfx.engines.contract import Engine
    from fsvfx.evaluation import Evaluated, Trial
    from fsvfx.evaluation.actors import ActedFootage
    from schemas.job import TrainJob


@dataclass(frozen=True)
class Contestant:
    """An engine to evaluate; package: the model package that it swaps with, if it is one that learns."""

    label: str
    engine: Engine
    package: Path | None = None


def of_packages(job: TrainJob, wanted: Sequence[str], device: str) -> list[Contestant]:
    """The training's packages, by the first digits of their sha256; else the newest. Raises InputError, ModelError."""
    from fsvfx.evaluation.package import packaged
    from fsvfx.packages import Packages, card_of

    cards = {package: card_of(package) for package in Packages.of(job).all(job.model)}
    there = sorted(cards, key=lambda package: cards[package].trained_at)
    if not there:
        raise InputError(
            f"There is no package of '{job.model}' yet",
            hint=f"Run fsvfx train {job.manifest}, or name an engine that needs no training: --engine landmark_warp",
            where=Where(file=job.packages),
        )
    chosen = [_only([each for each in there if cards[each].sha256.startswith(sha)], sha, there) for sha in wanted]
    return [Contestant(f"{job.model} {each.name[:6]}", packaged(each, device), each) for each in chosen or [there[-1]]]


def of_engines(names: Sequence[str], settings: Sequence[str], device: str) -> list[Contestant]:
    """Engines by name, each with the settings (JSON) that are given in its place. Raises InputError."""
    from fsvfx.context import Context
    from fsvfx.engines.registry import engine, settings_of

    if len(settings) > len(names):
        raise InputError("There are more --settings than --engine", hint="Give each engine its own, in order")
    for name in names:
        if not engine(name).needs_references:
            raise InputError(
                f"Engine '{name}' knows nobody before it is trained",
                hint="Give its training manifest, and perhaps --model; fsvfx actors DIR makes footage to train on",
                where=Where(field="--engine"),
            )
    values = [*map(_settings, settings), *({} for _ in names[len(settings) :])]
    made = [
        engine(name)(settings_of(name, each), Context(device=device)) for name, each in zip(names, values, strict=True)
    ]
    return [
        Contestant(name if names.count(name) == 1 else f"{name} {place}", each)
        for place, (name, each) in enumerate(zip(names, made, strict=True), 1)
    ]


def cleared(manifest: Path, store: str | None) -> TrainJob:
    """The training's job, if the rights gate lets it through. Raises ManifestError, RightsError."""
    from fsvfx import manifests, rights

    job = manifests.training_job(manifest, store=store)
    rights.clear_training(job)
    return job


def on_people(
    job: TrainJob, contestants: Sequence[Contestant], identity: str | None, performer: str | None, most: int
) -> list[Evaluated]:
    """On the held-out faces of the training's facesets. Raises InputError, StoreError, ModelError."""
    from fsvfx import packages
    from fsvfx.actors.shoot import SIDECAR
    from fsvfx.evaluation import evaluate, faceset_trial
    from fsvfx.evaluation.package import check_unseen
    from fsvfx.facesets.lookup import facesets_of

    facesets = facesets_of(job)
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
        trial = replace(trial, truth=_truth(trial, _acted(job, sidecar)))
    return [evaluate(each.engine, trial) for each in contestants]


def on_actors(
    contestants: Sequence[Contestant], identity: str | None, performer: str | None, most: int
) -> list[Evaluated]:
    """On synthetic actors. Raises InputError, ModelError where the FaceKit is absent."""
    from fsvfx.evaluation import evaluate
    from fsvfx.evaluation.actors import trial_of

    trial = trial_of(identity or "cem", performer or "ada", most)
    return [evaluate(each.engine, trial) for each in contestants]


def written(
    contestants: Sequence[Contestant], results: Sequence[Evaluated], out: Path | None, replace: bool = False
) -> list[Path]:
    """Every result as files: a package's in its own folder, unless ``out`` is given; others in ``./evaluation``.

    Raises MachineError; InputError for files of others that are there, unless ``replace`` says that they may go.
    """
    from fsvfx.evaluation import files_of, is_own, recorded
    from fsvfx.outputs import Named, write_file

    paths: list[Path] = []
    for contestant, result, stem in zip(contestants, results, _stems(contestants), strict=True):
        if contestant.package and out is None:
            paths += recorded(contestant.package, result)
            continue
        for name, content in files_of(result, stem).items():
            paths.append((out or Path("evaluation")) / name)
            write_file(paths[-1], content, Named(replace, is_own=is_own))
    return paths


def device_of(asked: str | None) -> str:
    """A GPU if there is one, unless told. Raises InputError."""
    from fsvfx.device import device_for

    if asked is None:
        return device_for(gpus=1)
    import torch

    try:
        torch.zeros(1, device=asked)
    except (RuntimeError, AssertionError) as error:
        raise InputError(
            f"There is no device '{asked}' here: {str(error).splitlines()[0]}",
            hint="Give cpu, or cuda:0 where there is a GPU",
            where=Where(field="--device"),
        ) from error
    return asked


def _acted(job: TrainJob, sidecar: Path) -> dict[str, ActedFootage]:
    """The footage that actors made, by name. Raises InputError."""
    from fsvfx.actors.shoot import read_sidecar
    from fsvfx.evaluation.actors import ActedFootage
    from fsvfx.facesets.lookup import aligned_footage

    clips = read_sidecar(sidecar).clips
    known = [each for each in job.footage if each.name in clips]
    return {each.name: ActedFootage(clips[each.name], aligned_footage(job, each), each.shot) for each in known}


def _truth(trial: Trial, acted: Mapping[str, ActedFootage]) -> torch.Tensor | None:
    """None if some of the footage is of others."""
    from fsvfx.evaluation.actors import true_swap_of

    if not trial.footage or not set(trial.footage) <= set(acted):
        return None
    sources = list(zip(trial.footage, trial.faces.frames, strict=True))
    return true_swap_of(trial.identity.name, acted, sources, trial.faces.crops)


def _only(found: list[Path], sha: str, there: Sequence[Path]) -> Path:
    if len(found) != 1:
        raise InputError(
            f"{len(found) or 'No'} packages have a sha256 that begins with '{sha}'",
            hint=f"There are: {', '.join(each.name for each in there)}",
            where=Where(field="--model"),
        )
    return found[0]


def _settings(text: str) -> dict[str, JsonValue]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise InputError(f"The settings are no JSON: {error}", hint=_LIKE, where=Where(field="--settings")) from error
    if not isinstance(found, dict):
        raise InputError("The settings are no JSON object", hint=_LIKE, where=Where(field="--settings"))
    return found


_LIKE = """Write them like '{"shape": 0.5}'"""


def _stems(contestants: Sequence[Contestant]) -> Iterator[str]:
    for each in contestants:
        plain = re.sub(r"[^A-Za-z0-9_.-]+", "_", each.label)
        yield "evaluation" if len(contestants) == 1 else f"evaluation_{plain}"
