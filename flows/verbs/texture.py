"""``fsvfx texture``: bases of textures, which tell how skin looks where no picture shows it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.verbs import output
from flows.verbs.options import AsJson, LeaveOut, OnlyPeople, Packages

if TYPE_CHECKING:
    from schemas.texture_card import TextureCard

HELP = "Texture bases: how the skin of made-up people differs. Build, list and show them."
EXAMPLES = {
    "build": ("fsvfx texture build skin faces/people --record made_up.yaml",),
    "list": ("fsvfx texture list --packages packages/",),
    "show": ("fsvfx texture show made_up",),
}


def build(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What to call the basis.")],
    pictures: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="A folder with one folder of pictures per person.")
    ],
    record: Annotated[
        Path, typer.Option("--record", metavar="FILE", help="The record stating that nobody in it exists.")
    ],
    only: OnlyPeople = None,
    leave_out: LeaveOut = None,
    most: Annotated[int, typer.Option("--most", min=20, max=5000, help="Take at most this many people.")] = 2000,
    modes: Annotated[int, typer.Option("--modes", min=1, max=200, help="Number of modes to learn.")] = 30,
    packages: Packages = "",
    json: AsJson = False,
) -> None:
    """Build a texture basis from pictures of people who do not exist."""
    from fsvfx.banks.build import Wishes
    from fsvfx.banks.textures import gathered
    from fsvfx.errors import InputError
    from fsvfx.models import HEAD
    from fsvfx.morphable.textures import placed
    from fsvfx.packages import root_of, texture_of
    from fsvfx.rights import collection_record
    from schemas.base import is_name

    if not is_name(name):
        raise InputError(f"'{name}' can't be a texture basis' name", hint="Use letters, digits, _ . and -")
    tell = (lambda line: None) if json else output.line
    said, wishes = collection_record(record), Wishes(tuple(only or ("*",)), tuple(leave_out or ()), most)
    found = gathered(pictures, said, wishes, tell)
    folder = placed(root_of(packages), name, found.basis(modes), HEAD, found.names, said, datetime.now(UTC))
    card = texture_of(folder)
    if json:
        output.as_json({"texture": card, "folder": folder})
        return
    output.line(f"{name}: {card.modes} modes of the skin of {len(card.people)} people who do not exist")
    output.command(f"settings: {{texture: {name}@{card.sha256[:12]}}}")


def list_textures(packages: Packages = "", json: AsJson = False) -> None:
    """List the texture bases at hand."""
    from fsvfx.errors import ModelError
    from fsvfx.packages import Packages as Found
    from fsvfx.packages import texture_of

    cards: list[TextureCard] = []
    broken: list[dict[str, str]] = []
    for folder in Found.given(packages).textures():
        try:
            cards.append(texture_of(folder))
        except ModelError as error:
            broken.append({"folder": str(folder), "broken": error.what})
    if json:
        output.as_json({"textures": [*cards, *broken]})
        return
    rows: list[tuple[object, ...]] = [
        (f"{one.texture}@{one.sha256[:12]}", len(one.people), one.modes, one.model, one.record.licence) for one in cards
    ]
    rows += [(one["folder"], "", "", "", one["broken"]) for one in broken]
    output.table("Texture bases", ("texture", "people", "modes", "model", "licence"), rows)


def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A basis: its name, or NAME@SHA256.")],
    packages: Packages = "",
    json: AsJson = False,
) -> None:
    """Show what a texture basis was made of."""
    from fsvfx.packages import Packages as Found
    from fsvfx.packages import texture_of

    folder = Found.given(packages).find_texture(name)
    card = texture_of(folder)
    if json:
        output.as_json({"texture": card, "folder": folder})
        return
    output.line(f"{card.texture}@{card.sha256[:12]}: {card.modes} modes of {len(card.people)} people, on {card.model}")
    output.line(f"{card.record.statement} Licence: {card.record.licence}")
    output.command(str(folder))


COMMANDS = {"build": build, "list": list_textures, "show": show}
