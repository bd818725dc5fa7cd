"""``fsvfx evaluate``: how good engines are, on faces that no training has seen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.verbs import output
from flows.verbs.completion import engine_names
from flows.verbs.options import AsJson, Replace, Research, Store

if TYPE_CHECKING:
    from fsvfx.evaluation import Evaluated
    from fsvfx.evaluation.contestants import Contestant

Named = list[str] | None

EXAMPLES = (
    "fsvfx evaluate train.yaml",
    "fsvfx evaluate train.yaml --engine landmark_warp --engine original",
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
    most: Annotated[
        int, typer.Option("--max-faces", "--most", min=1, max=4096, help="Use at most this many held-out faces.")
    ] = 64,
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
    from fsvfx import manifests, rights
    from fsvfx.context import chosen_device
    from fsvfx.errors import InputError
    from fsvfx.evaluation import comparison, contestants

    if actors == (manifest is not None):
        raise InputError("Nothing to evaluate on", hint="Give either a training manifest or --actors")
    names, where = engine or [], chosen_device(device)
    if manifest is None:
        chosen = contestants.of_engines(names or ["landmark_warp"], settings or [], where)
        contestants.check_licences(chosen, "research" if research else "commercial")
        results = comparison.on_actors(chosen, identity, performer, most)
    else:
        job = manifests.training_job(manifest, store=store)
        rights.clear_training(job)
        chosen = contestants.of_engines(names, settings or [], where)
        if model or not names:
            chosen = [*contestants.of_packages(job, model or [], where), *chosen]
        contestants.check_licences(chosen, job.purpose, job.licences)
        results = comparison.on_people(job, chosen, identity, performer, most)
    _tell(chosen, results, comparison.written(chosen, results, out, replace), json)
    return 0


def _tell(contestants: list[Contestant], results: list[Evaluated], paths: list[Path], json: bool) -> None:
    from fsvfx.evaluation.comparison import side_by_side

    reports = [each.report for each in results]
    if json:
        output.as_json(
            {"reports": [each.model_dump(mode="json", exclude={"frames"}) for each in reports], "files": paths}
        )
        return
    title = f"{reports[0].identity} for {reports[0].performer}"
    output.table(title, ("figure", *(each.label for each in contestants), "good"), side_by_side(reports))
    for path in paths:
        output.command(f"Report: {path}")
