"""``fsvfx facesets``: what the facesets of a training hold."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.verbs import output
from flows.verbs.options import AsJson, Replace, Store, TrainManifestPath, Workers
from flows.verbs.shots import footage_ready, tell
from flows.verbs.train import ended

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fsvfx.facesets import Faceset, Gathered
    from schemas.job import TrainJob
    from schemas.receipts import Receipt
    from schemas.training import TrainingOutcome

_TOLD = 5
"""Number of pictures without a face named in the table; ``--json`` has all."""
EXAMPLES = (
    "fsvfx facesets train.yaml",
    "fsvfx facesets train.yaml --build",
    "fsvfx facesets train.yaml --out sheets/",
)


def run(
    manifest: TrainManifestPath,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FOLDER", help="Write the contact sheets here. Default: the current folder."),
    ] = None,
    build: Annotated[
        bool, typer.Option("--build", help="First build the missing ones, without training anything.")
    ] = False,
    workers: Workers = 0,
    store: Store = None,
    replace: Replace = False,
    json: AsJson = False,
) -> int:
    """Show the facesets of people and picture collections: a table, and contact sheets by yaw, by sharpness, and of the
    faces left out."""
    from fsvfx import manifests, rights

    job = manifests.training_job(manifest, store=store)
    rights.clear_training(job)
    built = _built(job, manifest, store, workers, json) if build else None
    if built and built.state == "partial":
        return ended(built, json)
    _show(job, (out or Path.cwd()) / job.model, replace, json)
    return 0


def _built(job: TrainJob, manifest: Path, store: str | None, workers: int, json: bool) -> TrainingOutcome | None:
    """The outcome of building them; None if there was nothing to build."""
    from flows.console import console
    from flows.launch import facesets_here
    from fsvfx.errors import InputError
    from fsvfx.facesets.lookup import receipts_of

    try:
        receipts_of(job)
    except InputError:  # one is missing
        looked = footage_ready(job, manifest)
        if not json:
            tell(looked)
        return facesets_here(manifest, store, workers, console(stderr=json), show=not json)
    return None


def _show(job: TrainJob, stem: Path, replace: bool, json: bool) -> None:
    from fsvfx import facesets
    from fsvfx.facesets.lookup import receipts_of

    where = facesets.store_of(job.store, job.production)
    told: list[dict[str, Any]] = []
    shared: list[dict[str, Any]] = []
    found = receipts_of(job)
    for person in job.learned:
        faceset = facesets.open_faceset(where, found[person])
        sheets = _sheets(faceset, stem.with_name(f"{stem.name}_{person}"), facesets.VIEWS, replace)
        told.append({**_figures(faceset, found[person]), "sheets": sheets})
    for one in job.collections:
        gathered = facesets.open_collection(where, found[one.name])
        held_out = _held_out(gathered, job)
        whole = gathered.as_faceset(held_out)
        sheets = _sheets(whole, stem.with_name(f"{stem.name}_{one.name}"), facesets.OF_COLLECTIONS, replace)
        shared.append({**_figures_of(gathered, held_out, found[one.name]), "sheets": sheets})
    if json:
        output.as_json({"facesets": told, **({"collections": shared} if job.is_crowd else {})})
        return
    columns = ("person", "faces", "held_out", "left_out", "yaw", "footage")
    output.table(f"Facesets of {job.model}", [name.replace("_", " ") for name in columns], [_row(one) for one in told])
    if shared:
        titles = ("collection", "people", "held out", "faces", "no face found", "yaw")
        output.table("Picture collections", titles, [_row_of(one) for one in shared])
    for each in (*told, *shared):
        for sheet in each["sheets"]:
            output.command(f"Contact sheet: {sheet}")


def _figures(faceset: Faceset, receipt: Receipt) -> dict[str, Any]:
    from fsvfx.facesets import Reason

    return {
        "person": faceset.person,
        "faces": len(faceset),
        "held_out": int(faceset.held_out.sum()),
        "left_out": {name: receipt.qc[name] for name in (reason.name.lower() for reason in Reason) if receipt.qc[name]},
        "yaw": [round(float(edge), 1) for edge in (faceset.pose[:, 0].min(), faceset.pose[:, 0].max())],
        "footage": list(faceset.names),
        "digest": faceset.digest,
    }


def _row(one: dict[str, Any]) -> tuple[object, ...]:
    left_out = ", ".join(f"{count} {reason}" for reason, count in one["left_out"].items())
    low, high = one["yaw"]
    footage = ", ".join(one["footage"])
    return one["person"], one["faces"], one["held_out"], left_out, f"{low:.0f} to {high:.0f} degrees", footage


def _held_out(gathered: Gathered, job: TrainJob) -> NDArray[np.bool_]:
    """Per face."""
    import numpy as np

    from fsvfx.media.collections import is_held_out

    assert job.held_out is not None, "only a crowd has collections"
    people = np.array([is_held_out(name, job.held_out) for name in gathered.people], np.bool_)
    return np.asarray(people[gathered.person], np.bool_)


def _figures_of(gathered: Gathered, held_out: NDArray[np.bool_], receipt: Receipt) -> dict[str, Any]:
    from fsvfx.facesets.pictures import faceless_of

    return {
        "collection": gathered.name,
        "people": len(gathered.people),
        "held_out": sorted({gathered.people[row] for row in gathered.person[held_out]}),
        "faces": len(gathered),
        "several": receipt.qc["several"],
        "faceless": faceless_of(receipt),
        "yaw": [round(float(edge), 1) for edge in (gathered.pose[:, 0].min(), gathered.pose[:, 0].max())],
        "digest": gathered.digest,
    }


def _row_of(one: dict[str, Any]) -> tuple[object, ...]:
    without, (low, high) = one["faceless"], one["yaw"]
    more = ", ..." if len(without) > _TOLD else ""
    named = f"{len(without)}: {', '.join(without[:_TOLD])}{more}" if without else ""
    held_out = len(one["held_out"])
    return one["collection"], one["people"], held_out, one["faces"], named, f"{low:.0f} to {high:.0f} degrees"


def _sheets(faceset: Faceset, stem: Path, views: Iterable[str], replace: bool) -> list[Path]:
    """One picture per view: ``STEM_by_yaw.png``."""
    from fsvfx.facesets import view
    from fsvfx.outputs import Named, is_own_png, png, write_file

    paths = []
    for name in views:
        path = stem.with_name(f"{stem.name}_{name.replace(' ', '_')}.png")
        write_file(path, png(view(faceset, name)), Named(replace, is_own=is_own_png))
        paths.append(path)
    return paths
