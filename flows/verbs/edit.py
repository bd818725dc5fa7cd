"""``fsvfx edit``: edits (OTIO, EDL) into manifests, and deliverables back into edits."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.verbs import output
from flows.verbs.options import AsJson, ManifestPath, Replace, Shots, Store
from flows.verbs.shots import jobs_of
from schemas import rates

if TYPE_CHECKING:
    from schemas.job import ShotJob

HELP = "Edits (.otio, .edl): turn one into a manifest, and deliverables back into an edit."

Names = Annotated[
    str,
    typer.Option(
        "--names",
        metavar="TEMPLATE",
        help="Template for shot names, with {clip} {reel} {media} {marker} {number}, such as sq010_sh{number}.",
    ),
]
Rate = Annotated[
    str | None,
    typer.Option(
        "--frame-rate", metavar="RATE", help="The frame rate of an EDL, which doesn't state one: 24 or 24000/1001."
    ),
]
Plates = Annotated[
    list[str] | None,
    typer.Option(
        "--plates",
        metavar="PATH",
        help="Where the plates are: a folder, or a path with {name} {clip} {reel} {media}; repeatable, tried in order. "
        "Default: the paths in the edit.",
    ),
]
Maps = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="FROM=TO",
        help=r"A path in the edit and its place on this machine, such as D:\shots=/mnt/shots; repeatable.",
    ),
]
FirstFrame = Annotated[
    int,
    typer.Option(
        "--first-frame", min=0, max=9_000_000, help="The number of the first frame, if the handles are complete."
    ),
]
Handles = Annotated[
    int, typer.Option("--handles", min=0, max=1000, help="Extra frames before and after what the edit shows.")
]

External = Annotated[
    bool,
    typer.Option(
        "--external",
        help="In an .otio, name sequences by one file name with numbers, as Resolve expects.",
    ),
]


def import_manifest(
    edit: Annotated[Path, typer.Argument(metavar="EDIT", help="The edit: .otio, .otioz, .otiod or .edl.")],
    template: Annotated[
        Path,
        typer.Option(
            "--template", metavar="MANIFEST", help="The manifest to take people, engine and deliverables from."
        ),
    ],
    plates: Plates = None,
    maps: Maps = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="The manifest to write, beside the template. Default: print it."),
    ] = None,
    first_frame: FirstFrame = 1001,
    handles: Handles = 8,
    names: Names = "{clip}",
    frame_rate: Rate = None,
    replace: Replace = False,
    json: AsJson = False,
) -> None:
    """Turn an edit into a manifest: one shot per clip, with its plate, frames, handles and timecode."""
    from fsvfx.editorial.manifest import ImportOptions, import_edit, shots_as_data
    from fsvfx.outputs import Named, write_file

    _check_beside(template, out)
    owner = Named(replace, (edit, template))
    if out:
        owner.check_read(out)
    options = ImportOptions(tuple(plates or ()), tuple(maps or ()), names, first_frame, handles, _rate(frame_rate))
    taken = import_edit(edit, template, options)
    if out:
        write_file(out, taken.text.encode(), owner)
    if json:
        manifest = {"out": out} if out else {"manifest": taken.text}
        output.as_json({**manifest, "shots": shots_as_data(taken.shots), "notes": taken.notes})
        return
    if out:
        rows = [(s.cut.shot, s.frames, s.needed, "{} + {}".format(*s.handles), s.media.path) for s in taken.shots]
        output.table(f"{edit} -> {out}", ("shot", "frames", "shown", "handles", "plate"), rows)
    else:
        typer.echo(taken.text, nl=False)
    _tell(taken.notes)


def export_timeline(
    manifest: ManifestPath,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The .otio or .edl to write.")],
    edit: Annotated[
        Path | None,
        typer.Option("--edit", metavar="EDIT", help="Relink this edit. Default: all shots, one after the other."),
    ] = None,
    names: Names = "{clip}",
    frame_rate: Rate = None,
    external: External = False,
    shot: Shots = None,
    store: Store = None,
    replace: Replace = False,
    json: AsJson = False,
) -> None:
    """Write an edit that plays the deliverables of a manifest."""
    from fsvfx.editorial.relink import export_edit

    jobs = jobs_of(manifest, shot, store)
    rate = _rate(frame_rate) or _stated_rate(jobs)
    exported = export_edit(jobs, out, edit, names=names, rate=rate, external=external, replace=replace)
    if json:
        output.as_json({"out": out, "shots": [back.facts for back in exported.shots], "notes": exported.notes})
        return
    rows = [(b.facts["shot"], b.facts["frames"], "yes" if b.facts["delivered"] else "not yet") for b in exported.shots]
    output.table(str(out), ("shot", "frames", "delivered"), rows)
    _tell(exported.notes)


def _stated_rate(jobs: Sequence[ShotJob]) -> Fraction | None:
    """The manifest's, for an EDL."""
    return next((_rate(job.shot.plate.frame_rate) for job in jobs if job.shot.plate.frame_rate), None)


def _check_beside(template: Path, out: Path | None) -> None:
    """The template's paths (references, consent) are relative to its folder."""
    from fsvfx.errors import InputError, Where

    if out and out.absolute().parent != template.absolute().parent:
        hint = f"Write it to {template.parent / out.name}: its paths are relative to the template's folder"
        raise InputError("The manifest must be in the folder of its template", hint=hint, where=Where(field="--out"))


def _rate(text: str | None) -> Fraction | None:
    from fsvfx.errors import InputError, Where

    try:
        return None if text is None else rates.parse(text)
    except rates.RateError as error:
        hint = "Write 24, 23.976 or 24000/1001"
        raise InputError(str(error), hint=hint, where=Where(field="--frame-rate")) from None


def _tell(notes: Sequence[str]) -> None:
    """On standard error: standard output may be redirected to a file."""
    for note in notes:
        typer.echo(f"note: {note}", err=True)


COMMANDS = {"import": import_manifest, "export": export_timeline}
EXAMPLES = {
    "import": (
        "fsvfx edit import cut_v7.otio --template harbour.yaml --out cut_v7.yaml",
        "fsvfx edit import cut_v7.edl --template harbour.yaml \\\n"
        "    --plates /mnt/plates --frame-rate 24 --names 'sq010_sh{number}'",
    ),
    "export": (
        "fsvfx edit export cut_v7.yaml --out cut_v7_swapped.otio",
        "fsvfx edit export cut_v7.yaml --out cut_v8.otio --edit cut_v7.otio",
    ),
}
