"""``fsvfx bank``: banks of made-up faces, for crowds that must not be recognized."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.verbs import output
from flows.verbs.options import AsJson, LeaveOut, OnlyPeople, Packages

if TYPE_CHECKING:
    from fsvfx.banks.bank import Faces
    from schemas.collection import CollectionRecord

HELP = "Banks of made-up faces: build, list and show them."
EXAMPLES = {
    "build": (
        "fsvfx bank build extras faces/people --record made_up.yaml",
        "fsvfx bank build extras faces/people \\\n    --record made_up.yaml --labels ages.yaml",
        "fsvfx bank build strangers --strangers 64",
        "fsvfx bank build strangers --strangers 64 --details extras",
    ),
    "list": ("fsvfx bank list --packages packages/",),
    "show": ("fsvfx bank show extras --packages packages/",),
}


def build(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What to call the bank.")],
    pictures: Annotated[
        Path | None, typer.Argument(metavar="FOLDER", help="A folder with one folder of pictures per person.")
    ] = None,
    record: Annotated[
        Path | None, typer.Option("--record", metavar="FILE", help="The record stating that nobody in it exists.")
    ] = None,
    only: OnlyPeople = None,
    leave_out: LeaveOut = None,
    most: Annotated[int, typer.Option("--most", min=1, max=2000, help="Take at most this many people.")] = 200,
    strangers: Annotated[
        int,
        typer.Option(
            "--strangers", min=0, max=500, help="Draw this many random faces that nobody has; needs no pictures."
        ),
    ] = 0,
    model: Annotated[
        str, typer.Option("--model", metavar="PACKAGE", help="The model package to draw strangers from.")
    ] = "refine",
    details: Annotated[
        str | None,
        typer.Option("--details", metavar="BANK", help="Give strangers details mixed from this bank's members."),
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", min=0, help="Seed of the draw: another seed gives other strangers.")
    ] = 0,
    labels: Annotated[
        Path | None,
        typer.Option("--labels", metavar="FILE", help="Members' age and sex (YAML), instead of the estimates."),
    ] = None,
    packages: Packages = "",
    json: AsJson = False,
) -> None:
    """Build a bank from pictures of people who do not exist, or draw it from a model."""
    from fsvfx.banks.about import about, read_labels
    from fsvfx.banks.bank import placed
    from fsvfx.banks.build import networks_at_hand
    from fsvfx.banks.sheet import sheet
    from fsvfx.errors import InputError
    from fsvfx.packages import bank_of, root_of
    from schemas.base import is_name

    if not is_name(name):
        raise InputError(f"'{name}' can't be a bank's name", hint="Use letters, digits, _ . and -")
    if bool(strangers) == (pictures is not None):
        hint = "Name a folder of pictures and its --record, or write --strangers N"
        raise InputError("A bank is built either from pictures or from strangers", hint=hint)
    if details and not strangers:
        raise InputError("--details is only for strangers", hint="Add --strangers N, or remove --details")
    tell = (lambda line: None) if json else output.line
    labelled = read_labels(labels) if labels else None
    if pictures is None:
        faces, said = _strangers(name, strangers, model, details, seed, packages)
    else:
        faces, said = _pictures(pictures, record, only, leave_out, most, tell)
    known = about(faces, labelled)
    folder = placed(root_of(packages), name, faces, networks_at_hand(), said, known, datetime.now(UTC), sheet)
    card = bank_of(folder)
    if json:
        output.as_json({"bank": card, "folder": folder})
        return
    output.line(f"{name}: {len(card.members)} people who do not exist, measured by {', '.join(card.networks)}")
    if not card.about:
        output.line("Nobody's age or sex is known: faceres is not installed, and there are no --labels")
    output.command(f"Sheet: {folder / 'sheet.jpg'}")
    output.command(f"identity: {{bank: {name}, sha256: {card.sha256}}}")


def list_banks(packages: Packages = "", json: AsJson = False) -> None:
    """List the banks at hand."""
    banks = list(_banks(packages))
    if json:
        output.as_json({"banks": banks})
        return
    rows = [
        (one["bank"], one["members"], ", ".join(one["networks"]), one["licence"], one["sha256"][:12])
        if "bank" in one
        else (one["folder"], "", "", one["broken"], "")
        for one in banks
    ]
    output.table("Banks", ("bank", "members", "networks", "licence", "sha256"), rows)


def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A bank.")],
    sha256: Annotated[
        str | None, typer.Option("--sha256", metavar="SHA256", help="Its sha256, if several banks have the name.")
    ] = None,
    packages: Packages = "",
    json: AsJson = False,
) -> None:
    """Show who is in a bank, with what was measured of each."""
    from fsvfx.banks.bank import SHEET, open_bank
    from fsvfx.banks.looks import in_words
    from fsvfx.packages import Packages as Found
    from schemas.bank_card import About

    folder = Found.given(packages).find_bank(name, sha256)
    bank = open_bank(folder)
    known = bank.card.about or (About(),) * len(bank.card.members)
    members = [
        {"member": who, **one.model_dump(), **in_words(look)}
        for who, one, look in zip(bank.card.members, known, bank.look, strict=True)
    ]
    if json:
        output.as_json({"bank": bank.card, "members": members, "folder": folder})
        return
    output.table(f"{name}@{bank.card.sha256[:12]}", tuple(members[0]), [_cells(each) for each in members])
    output.line(f"{bank.card.record.statement} Licence: {bank.card.record.licence}")
    output.command(f"Sheet: {folder / SHEET}")


def _cells(member: dict[str, Any]) -> tuple[Any, ...]:
    return tuple("" if value is None else value for value in member.values())


COMMANDS = {"build": build, "list": list_banks, "show": show}


def _pictures(
    folder: Path, record: Path | None, only: list[str] | None, leave_out: list[str] | None, most: int, tell: Any
) -> tuple[Faces, CollectionRecord]:
    from fsvfx.banks.build import Wishes, gathered
    from fsvfx.errors import InputError
    from fsvfx.rights import collection_record

    if record is None:
        hint = "Add --record FILE: examples/consents/made_up.yaml is one"
        raise InputError("Pictures need a record stating that nobody in them exists", hint=hint)
    said = collection_record(record)
    return gathered(folder, said, Wishes(tuple(only or ("*",)), tuple(leave_out or ()), most), tell), said


def _strangers(
    name: str, count: int, model: str, details: str | None, seed: int, packages: str
) -> tuple[Faces, CollectionRecord]:
    """Far from everybody in the available banks."""
    import numpy as np

    from fsvfx.banks.bank import open_bank
    from fsvfx.banks.strangers import drawn, stranger_record, with_details, with_details_of
    from fsvfx.packages import Packages as Found
    from fsvfx.packages import card_of, root_of

    found = Found(root_of(packages))
    model, _, digits = model.partition("@")
    package = found.named(model, digits)
    card = card_of(package)
    said = stranger_record(name, card)
    known = [open_bank(folder).code for folder in found.banks() if folder.parent.name != name]
    faces = drawn(package, card, count, seed, np.concatenate([np.zeros((0, 128), np.float32), *known]))
    if details is None:
        return faces, said
    bank, _, digits = details.partition("@")
    givers = open_bank(found.find_bank(bank, digits or None))
    return with_details_of(faces, givers, seed), with_details(said, givers.card)


def _banks(packages: str) -> Iterator[dict[str, Any]]:
    """Each one's card, or what is wrong with it."""
    from fsvfx.errors import ModelError
    from fsvfx.packages import Packages as Found
    from fsvfx.packages import bank_of

    for folder in Found.given(packages).banks():
        try:
            card = bank_of(folder)
        except ModelError as error:
            yield {"folder": str(folder), "broken": error.what}
            continue
        yield {
            "bank": card.bank,
            "sha256": card.sha256,
            "members": len(card.members),
            "networks": card.networks,
            "licence": card.record.licence,
            "folder": str(folder),
        }
