"""``fsvfx evaluate``: how good engines are, on faces that no training has seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.verbs import output
from flows.verbs.completion import engine_names
from flows.verbs.options import AsJson, Replace, Research, Store

if TYPE_CHECKING:
    from fsvfx.evaluation import Evaluated, GeneralResult, comparison
    from fsvfx.facesets.unseen import Unseen
    from schemas.evaluation import EvaluationReport, FaceFigures, GroupFigures
    from schemas.job import TrainJob

Named = list[str] | None

EXAMPLES = (
    "fsvfx evaluate train.yaml",
    "fsvfx evaluate train.yaml --engine landmark_warp --engine original",
    "fsvfx evaluate crowd.yaml --pairs 24 --one-reference",
    "fsvfx evaluate --actors --engine landmark_warp",
)


def run(
    manifest: Annotated[
        Path | None, typer.Argument(metavar="MANIFEST", help="The training manifest (YAML), unless --actors.")
    ] = None,
    model: Annotated[
        Named,
        typer.Option(
            metavar="DIGITS",
            help="A model package, by the first digits of its sha256; repeatable. Default: the newest.",
        ),
    ] = None,
    engine: Annotated[
        Named, typer.Option(metavar="NAME", help="Any engine, to compare; repeatable.", autocompletion=engine_names)
    ] = None,
    settings: Annotated[
        Named, typer.Option(metavar="JSON", help="The settings of each --engine, in the same order.")
    ] = None,
    identity: Annotated[
        str | None, typer.Option(metavar="NAME", help="Whose face goes in. Default: the manifest's identity.")
    ] = None,
    performer: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Whose held-out faces are swapped. Default: the manifest's performer."),
    ] = None,
    actors: Annotated[
        bool, typer.Option("--actors", help="Evaluate on synthetic actors, whose true swap is known.")
    ] = False,
    research: Research = False,
    against: Annotated[
        Named,
        typer.Option(
            metavar="NAME",
            help="An engine to compare with on the same faces, or `blur`: the performer blurred; repeatable. "
            "Default for a crowd: landmark_warp and blur; `none`: no comparison.",
            autocompletion=engine_names,
        ),
    ] = None,
    pairs: Annotated[
        int, typer.Option("--pairs", min=1, max=1000, help="For a crowd: at most this many pairs of held-out people.")
    ] = 12,
    one_reference: Annotated[
        bool, typer.Option("--one-reference", help="For a crowd: use a single picture of each identity.")
    ] = False,
    learned: Annotated[
        bool,
        typer.Option(
            "--learned",
            help="For a crowd: evaluate on held-out frames of the people it learned, not on people held out.",
        ),
    ] = False,
    most: Annotated[
        int | None,
        typer.Option(
            "--max-faces",
            "--most",
            min=1,
            max=4096,
            help="At most this many held-out faces of a performer. Default: 64; for a crowd, 24.",
        ),
    ] = None,
    device: Annotated[
        str | None, typer.Option(metavar="DEVICE", help="Such as cpu or cuda:0. Default: a GPU, if there is one.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write the reports here. Default: the package's folder.")
    ] = None,
    store: Store = None,
    replace: Replace = False,
    json: AsJson = False,
) -> int:
    """Evaluate model packages and engines on the same held-out faces, side by side."""
    from fsvfx import manifests
    from fsvfx.context import chosen_device
    from fsvfx.errors import InputError
    from fsvfx.evaluation import Asked, comparison

    if actors == (manifest is not None):
        raise InputError("Nothing to evaluate on", hint="Give either a training manifest or --actors")
    where = chosen_device(device)
    job = manifests.training_job(manifest, store=store) if manifest else None
    if job is None:
        contest = _contest_on_actors(engine or [], settings or [], against or [], research, where)
        found = comparison.on_actors(contest, identity, performer, most or 64)
        _tell(contest, found, comparison.written(contest.contestants, found, out, replace), json)
        return 0
    contest = _contest_of(job, model or [], engine or [], settings or [], against, where)
    if job.is_crowd:
        asked = Asked(pairs, most or 24, one_reference, identity, performer, learned)
        general = comparison.on_crowd(contest, _people(job, contest, learned), asked)
        _tell_crowd(contest, general, comparison.written(contest.contestants, general, out, replace), json)
    else:
        found = comparison.on_people(job, contest, identity, performer, most or 64)
        _tell(contest, found, comparison.written(contest.contestants, found, out, replace), json)
    return 0


def _contest_on_actors(
    names: Sequence[str], settings: Sequence[str], against: Sequence[str], research: bool, device: str
) -> comparison.Contest:
    from fsvfx.evaluation import comparison, contestants

    beside = contestants.of_engines(_others(against, names), (), device)
    chosen = contestants.of_engines(names or ["landmark_warp"], settings, device)
    contest = comparison.Contest(chosen, beside, "research" if research else "commercial")
    contestants.check_licences(contest.everybody, contest.purpose)
    return contest


def _contest_of(
    job: TrainJob, models: Sequence[str], names: Sequence[str], settings: Sequence[str], against: Named, device: str
) -> comparison.Contest:
    """The training's packages, unless only engines are named, and engines; as its manifest allows."""
    from fsvfx import rights
    from fsvfx.evaluation import comparison, contestants

    usual = contestants.BESIDE if job.is_crowd else ()
    beside = contestants.of_engines(_others(usual if against is None else against, names), (), device)
    rights.clear_training(job)
    chosen = contestants.of_engines(names, settings, device)
    if models or not names:
        chosen = [*contestants.of_packages(job, models, device), *chosen]
    contest = comparison.Contest(chosen, beside, job.purpose, job.licences)
    contestants.check_licences(contest.everybody, contest.purpose, contest.licences)
    return contest


def _others(against: Sequence[str], names: Sequence[str]) -> list[str]:
    return [name for name in against if name not in names and name != "none"]


def _people(job: TrainJob, contest: comparison.Contest, learned: bool) -> dict[str, Unseen]:
    from fsvfx.evaluation import comparison
    from fsvfx.facesets.lookup import receipts_of
    from fsvfx.training.result import finished

    receipts = receipts_of(job)
    if not learned:
        return comparison.unseen_by(job, receipts, contest)
    done = finished(job, receipts)
    return comparison.seen_by(job, receipts, contest, done.sha256 if done else None)


def _tell(contest: comparison.Contest, results: list[Evaluated], paths: list[Path], json: bool) -> None:
    reports = [each.report for each in results]
    if json:
        output.as_json(
            {"reports": [each.model_dump(mode="json", exclude={"frames"}) for each in reports], "files": paths}
        )
        return
    title = f"{reports[0].identity} for {reports[0].performer}"
    _table(title, {each.label: report for each, report in zip(contest.contestants, reports, strict=True)})
    for path in paths:
        output.command(f"Report: {path}")


def _tell_crowd(contest: comparison.Contest, results: list[GeneralResult], paths: list[Path], json: bool) -> None:
    from fsvfx.evaluation.general import whom

    reports = [each.report for each in results]
    if json:
        without = {"pairs": {"__all__": {"frames"}}}
        output.as_json({"reports": [each.model_dump(mode="json", exclude=without) for each in reports], "files": paths})
        return
    known = whom(reports[0]) + (", one picture of each identity" if reports[0].one_reference else "")
    for group in reports[0].groups:
        columns = {each.label: report.groups[group] for each, report in zip(contest.contestants, reports, strict=True)}
        _table(f"{group}: {known}", columns)
    for path in paths:
        output.command(f"Report: {path}")


def _table(title: str, reports: Mapping[str, EvaluationReport | GroupFigures]) -> None:
    """Each engine, then each that they were compared with, beside the ratios to it."""
    from fsvfx.evaluation.table import side_by_side

    columns: dict[str, FaceFigures | dict[str, float]] = dict(reports)
    for name, other in next(iter(reports.values())).beside.items():
        columns[name] = other.figures
        columns |= {f"{label} / {name}": report.beside[name].ratios for label, report in reports.items()}
    output.table(title, ("figure", *columns, "good"), side_by_side(list(columns.values())))
