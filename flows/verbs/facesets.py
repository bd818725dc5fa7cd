"""``fsvfx facesets``: what the facesets of a training hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.verbs import output
from flows.verbs.options import AsJson, Replace, Store, TrainManifestPath

if TYPE_CHECKING:
    from fsvfx.facesets import Faceset
    from schemas.receipts import Receipt

EXAMPLES = (
    "fsvfx facesets train.yaml",
    "fsvfx facesets train.yaml --out sheets/",
)


def run(
    manifest: TrainManifestPath,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FOLDER", help="Write the contact sheets here. Default: the current folder."),
    ] = None,
    store: Store = None,
    replace: Replace = False,
    json: AsJson = False,
) -> None:
    """Show each person's faceset: a table, and contact sheets by yaw, by sharpness, and of the faces left out."""
    from fsvfx import facesets, manifests, rights
    from fsvfx.facesets.lookup import receipts_of

    job = manifests.training_job(manifest, store=store)
    rights.clear_training(job)
    where = facesets.store_of(job.store, job.production)
    told: list[dict[str, Any]] = []
    for person, receipt in receipts_of(job).items():
        faceset = facesets.open_faceset(where, receipt)
        sheets = _sheets(faceset, (out or Path.cwd()) / f"{job.model}_{person}", replace)
        told.append({**_figures(faceset, receipt), "sheets": sheets})
    if json:
        output.as_json({"facesets": told})
        return
    columns = ("person", "faces", "held_out", "left_out", "yaw", "footage")
    output.table(f"Facesets of {job.model}", [name.replace("_", " ") for name in columns], [_row(one) for one in told])
    for one in told:
        for sheet in one["sheets"]:
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


def _sheets(faceset: Faceset, stem: Path, replace: bool) -> list[Path]:
    """One picture per view: ``STEM_by_yaw.png``."""
    from fsvfx.facesets import VIEWS, view
    from fsvfx.outputs import Named, is_own_png, png, write_file

    paths = []
    for name in VIEWS:
        path = stem.with_name(f"{stem.name}_{name.replace(' ', '_')}.png")
        write_file(path, png(view(faceset, name)), Named(replace, is_own=is_own_png))
        paths.append(path)
    return paths
