"""``fsvfx validate``: is a manifest complete and correct? Opens no media."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.verbs import output
from flows.verbs.options import AsJson, Shots
from flows.verbs.shots import footage_ready, jobs_of, ready, tell
from fsvfx.errors import ExitCode

if TYPE_CHECKING:
    from fsvfx.api.readiness import Ready
    from fsvfx.errors import RightsError
    from schemas.manifest import Shot
    from schemas.train import Footage, TrainManifest

EitherPath = Annotated[Path, typer.Argument(metavar="MANIFEST", help="A shot manifest or a training manifest (YAML).")]

EXAMPLES = (
    "fsvfx validate harbour.yaml",
    "fsvfx validate harbour.yaml --preflight",
    "fsvfx validate train.yaml --json",
)


def run(
    manifest: EitherPath,
    shot: Shots = None,
    preflight: Annotated[
        bool,
        typer.Option(
            "--preflight",
            help="Also check plates, references, outputs, disk space and S3, as plan does, and consent.",
        ),
    ] = False,
    json: AsJson = False,
) -> int:
    """Check a shot manifest or a training manifest, and list every problem with its line."""
    from fsvfx import manifests, rights
    from fsvfx.errors import InputError, Where
    from fsvfx.executors.schedulers import check_scheduler
    from fsvfx.settings import machine
    from schemas.train import TrainManifest

    if preflight:
        check_scheduler(machine())
    refusal: RightsError | None = None
    found = manifests.load_either(manifest)
    if isinstance(found, TrainManifest):
        if shot:
            raise InputError("A training manifest has no shots", hint="Omit --shot", where=Where(file=str(manifest)))
        looked = None
        if preflight:
            job = manifests.training_job(manifest)
            refusal = _refusal(lambda: rights.clear_training(job), json)
            looked = footage_ready(job, manifest)
        _tell_training(found, manifest, refusal, json)
    else:
        if any(entry.from_bank for one in found.shots for entry in one.replace):
            jobs_of(manifest, shot, None)  # opens the banks' cards
        looked = None
        if preflight:
            jobs = jobs_of(manifest, shot, None)
            refusal = _refusal(lambda: rights.clear_all(jobs), json)
            looked = ready(jobs, manifest)
        _tell_shots(manifests.shots_of(found, tuple(shot or ()), manifest), manifest, looked, refusal, json)
    if looked and not json:
        tell(looked)
    return ExitCode.PARTIAL if looked and looked.refused else 0


def _refusal(ask: Callable[[], object], json: bool) -> RightsError | None:
    """Why the rights gate would refuse it, reported to people; None if it would not. It is not refused here: media can
    be checked while records are still to be signed."""
    from fsvfx.errors import RightsError

    try:
        ask()
    except RightsError as error:
        if not json:
            place = f" ({error.where})" if str(error.where) else ""
            output.line(f"{error.heading}{place}; plan and run will refuse it")
            for reason in error.reasons:
                output.line(reason, "  ")
        return error
    return None


def _tell_shots(
    shots: Sequence[Shot], manifest: Path, looked: Ready | None, refusal: RightsError | None, json: bool
) -> None:
    if json:
        told = {"valid": True, "shots": [{"shot": shot.name, "frames": shot.plate.frames} for shot in shots]}
        output.as_json({**told, **({"problems": looked.as_data()} if looked else {}), **_reasons(refusal)})
        return
    rows = [
        (
            shot.name,
            shot.plate.frames,
            len(shot.chunks),
            ", ".join(f"{entry.whose} -> {entry.goes_in} ({entry.engine})" for entry in shot.replace),
        )
        for shot in shots
    ]
    output.table(f"{manifest}: valid", ("shot", "frames", "chunks", "replace"), rows)


def _reasons(refusal: RightsError | None) -> dict[str, list[str]]:
    return {"refused": list(refusal.reasons)} if refusal else {}


def _tell_training(training: TrainManifest, manifest: Path, refusal: RightsError | None, json: bool) -> None:
    footage = [{"name": each.name, "person": each.person, "of": _source(each)} for each in training.footage]
    if json:
        about = {"model": training.model, "engine": training.engine, "learned": training.learned, "footage": footage}
        crowd = {"collections": training.whom.collections} if training.whom.is_crowd else {}
        output.as_json({"valid": True, "training": {**about, **crowd}, **_reasons(refusal)})
        return
    whom = ", ".join((*training.learned, *(f"collection {name}" for name in training.whom.collections)))
    title = f"{manifest}: valid; {training.model} ({training.engine}) learns {whom}"
    if footage:
        output.table(title, ("footage", "person", "source"), [tuple(each.values()) for each in footage])
    else:
        output.line(title)


def _source(footage: Footage) -> str:
    if footage.shot is not None:
        return f"shot {footage.shot.shot} of {footage.shot.manifest}"
    if footage.clips is not None:
        return footage.clips.path
    return f"{footage.plate.path}, {footage.plate.frames}" if footage.plate else ""
