"""``fsvfx consent``: drafts of consent records."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from flows.verbs import output
from flows.verbs.options import AsJson, Replace

if TYPE_CHECKING:
    from schemas.consent import Role

_ROLES: dict[str, tuple[Role, ...]] = {
    "identity": ("source_identity",),
    "performer": ("target_performer",),
    "both": ("source_identity", "target_performer"),
    "driver": ("driver",),
}
HELP = "Consent records: what each person has agreed to."


def new(
    person: Annotated[str, typer.Argument(metavar="NAME", help="The person, by their name in the manifest.")],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write to this file. Default: consents/NAME.yaml.")
    ] = None,
    production: Annotated[
        str | None, typer.Option(metavar="NAME", help="The production, as the manifest names it.")
    ] = None,
    role: Annotated[
        Literal["identity", "performer", "both", "driver"] | None,
        typer.Option(
            help="Identity: their face goes in. Performer: their face is replaced. Driver: their performance moves "
            "another face."
        ),
    ] = None,
    shot: Annotated[
        list[str] | None, typer.Option(help="A shot's name, or a pattern such as 'sq010_*'; repeatable.")
    ] = None,
    document: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The signed document; its hash goes into the record.")
    ] = None,
    replace: Replace = False,
    json: AsJson = False,
) -> None:
    """Write a draft of one person's consent record, to be filled in from the signed document."""
    from fsvfx.drafts.consent import ConsentWishes
    from fsvfx.drafts.new import new_consent

    path = out or Path("consents") / f"{person}.yaml"
    wishes = ConsentWishes(person, production, _ROLES[role] if role else (), tuple(shot or ()))
    new_consent(wishes, path, document=document, replace=replace)
    if json:
        output.as_json({"record": path})
        return
    output.command(f"Consent record of {person}: {path}")
    output.line("Replace each TODO in it; docs/consent.md explains every field.")


COMMANDS = {"new": new}
EXAMPLES = {
    "new": (
        "fsvfx consent new ada --role identity --document ada_signed.pdf",
        "fsvfx consent new sam --role performer --shot 'sq010_*'",
    )
}
