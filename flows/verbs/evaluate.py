"""``fsvfx evaluate``: honest figures of engines, on faces that no training saw."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.verbs import output
from flows.verbs.options import AsJson, Replace, Store

if TYPE_CHECKING:
    from flows.evaluating import Contestant
    from fsvfx.evaluation import Evaluated

Named = list[str] | None


def run(
    manifest: Annotated[
        Path | None, typer.Argument(metavar="[TRAIN_MANIFEST]", help="The training manifest (YAML).")
    ] = None,
    model: Annotated[Named, typer.Option(help="A package, by its sha256's first digits; else the newest.")] = None,
    engine: Annotated[Named, typer.Option(help="Any engine; may be given several times, to compare.")] = None,
    settings: Annotated[Named, typer.Option(metavar="JSON", help="The settings of each --engine, in order.")] = None,
    identity: Annotated[str | None, typer.Option(help="Who goes in, of the people learned.")] = None,
    performer: Annotated[str | None, typer.Option(help="Whose held-out faces are swapped.")] = None,
    actors: Annotated[bool, typer.Option("--actors", help="On synthetic actors, with the true swap known.")] = False,
    most: Annotated[int, typer.Option(min=1, max=4096, help="Held-out faces at most.")] = 64,
    device: Annotated[str | None, typer.Option(help="cpu or cuda:0; a GPU if there is one.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Where to write; else the package's folder.")] = None,
    store: Store = None,
    replace: Replace = False,
    json: AsJson = False,
) -> int:
    """Evaluate the newest model package of a training, another one, or any engine, on the same held-out faces."""
    from flows import evaluating
    from fsvfx.errors import InputError

    if actors == (manifest is not None):
        raise InputError("Evaluate on what?", hint="Give either a training manifest or --actors")
    names, where = engine or [], evaluating.device_of(device)
    if manifest is None:
        contestants = evaluating.of_engines(names or ["landmark_warp"], settings or [], where)
        results = evaluating.on_actors(contestants, identity, performer, most)
    else:
        job = evaluating.cleared(manifest, store)
        contestants = evaluating.of_engines(names, settings or [], where)
        if model or not names:
            contestants = [*evaluating.of_packages(job, model or [], where), *contestants]
        results = evaluating.on_people(job, contestants, identity, performer, most)
    _tell(contestants, results, evaluating.written(contestants, results, out, replace), json)
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
    output.table(title, ("figure", *(each.label for each in contestants), "good is"), side_by_side(reports))
    for path in paths:
        output.command(f"Written: {path}")
