"""``fsvfx new``: a manifest and consent records to fill in, made from the footage."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from flows.verbs import output
from flows.verbs.completion import color_spaces, engine_names
from flows.verbs.options import AsJson, Replace
from flows.verbs.shots import limits_of
from schemas.manifest import Use

if TYPE_CHECKING:
    from fsvfx.drafts.manifest import ShotDraft
    from fsvfx.drafts.new import Written

EXAMPLES = (
    "fsvfx new plates/sh0040.mp4 --identity refs/ada --performer sam",
    "fsvfx new plates/sh0110.1001.exr plates/sh0120.1001.exr \\\n"
    "    --identity 'refs/ada/*.png' --performer sam --color-space ACEScg",
    "fsvfx new /mnt/cam/clip.mov --identity /mnt/refs/ada --performer sam \\\n    --out show --copy --frames 1001-1048",
)


def run(
    plates: Annotated[
        list[str],
        typer.Argument(
            metavar="PLATE",
            help="A video, any frame of an image sequence (or its pattern, sh0040.####.exr), or a folder of either. "
            "Each becomes a shot.",
        ),
    ],
    identity: Annotated[
        list[str],
        typer.Option(
            metavar="REFS",
            help="Pictures or footage of the face that goes in: a folder, a file, or a pattern in quotes; repeatable.",
        ),
    ],
    performer: Annotated[
        str, typer.Option(metavar="NAME", help="A name for the person in the plates, whose face is replaced.")
    ],
    identity_name: Annotated[
        str, typer.Option(metavar="NAME", help="A name for the identity. Default: that of the folder or file REFS.")
    ] = "",
    out: Annotated[
        Path,
        typer.Option(metavar="FOLDER", show_default=False, help="Write to this folder. Default: the current one."),
    ] = Path(),
    production: Annotated[
        str, typer.Option(metavar="NAME", help="The production's name. Default: that of FOLDER.")
    ] = "",
    engine: Annotated[
        str, typer.Option(metavar="NAME", help="The engine that swaps the faces.", autocompletion=engine_names)
    ] = "landmark_warp",
    use: Annotated[
        Use,
        typer.Option(
            metavar="USE",
            help=f"What the swap is for: {', '.join(get_args(Use))}. Both people must consent to it.",
        ),
    ] = "face_replacement",
    frames: Annotated[
        str | None,
        typer.Option(metavar="RANGE", help="Only these frames, such as 1001-1048; a video's first frame is 1001."),
    ] = None,
    color_space: Annotated[
        str | None,
        typer.Option(
            metavar="SPACE",
            help="The plates' color space, such as ACEScg or LogC4. Default: what their headers, tags or names say.",
            autocompletion=color_spaces,
        ),
    ] = None,
    frame_rate: Annotated[
        str | None,
        typer.Option(metavar="RATE", help="The frame rate of plates whose files state none, such as 24 or 24000/1001."),
    ] = None,
    copy: Annotated[
        bool,
        typer.Option(
            "--copy", help="Copy plates and references to FOLDER: a manifest reads no files outside its folder."
        ),
    ] = False,
    replace: Replace = False,
    json: AsJson = False,
) -> None:
    """Start from footage: inspect the plates, find the faces, and write a manifest and consent records to fill in."""
    from fsvfx import models
    from fsvfx.drafts.new import Wishes, new

    report = (lambda line: None) if json else output.line
    models.pull(say=report)
    wishes = Wishes(
        plates,
        identity,
        performer,
        identity_name=identity_name,
        production=production,
        engine=engine,
        use=use,
        color_space=color_space,
        frame_rate=frame_rate,
        frames=limits_of(frames),
        copy=copy,
    )
    written = new(wishes, out, replace=replace, report=report)
    if json:
        output.as_json(_data(written))
    else:
        _tell(written)


def _tell(written: Written) -> None:
    output.table("Shots", ("shot", "frames", "rate", "size", "color space", "faces"), map(_row, written.shots))
    output.command(f"Manifest: {written.manifest}")
    for person, (path, kept) in written.consents.items():
        output.command(f"Consent record of {person}: {path}{' (exists, kept as it is)' if kept else ''}")
    for sheet in written.sheets:
        output.command(f"Faces: {sheet}")
    name = shlex.quote(str(written.manifest))
    output.line("Next: replace each TODO in these files, then run")
    output.command(f"fsvfx validate {name}   (lists the TODOs that are left)", "  ")
    output.command(f"fsvfx run {name}", "  ")


def _row(shot: ShotDraft) -> tuple[object, ...]:
    info = shot.plate.facts.info
    rate = shot.frame_rate or info.frame_rate or "TODO"
    return (shot.name, shot.frames, rate, f"{info.width} x {info.height}", shot.plate.space or "TODO", len(shot.faces))


def _data(written: Written) -> dict[str, object]:
    return {
        "manifest": written.manifest,
        "consents": {person: {"file": path, "kept": kept} for person, (path, kept) in written.consents.items()},
        "sheets": written.sheets,
        "shots": [
            {
                "shot": shot.name,
                "plate": shot.path,
                "frames": shot.frames,
                "frame_rate": shot.frame_rate or shot.plate.facts.info.frame_rate,
                "color_space": shot.plate.space,
                "faces": [
                    {"number": face.number, "position": face.position, "height": face.height} for face in shot.faces
                ],
            }
            for shot in written.shots
        ],
    }
