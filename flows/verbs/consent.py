"""``fsvfx consent``: drafts of consent records."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from flows.verbs import output
from flows.verbs.options import AsJson, Replace
from schemas.consent import Role

_ROLES: dict[str, tuple[Role, ...]] = {
    "identity": ("source_identity",),
    "performer": ("target_performer",),
    "both": ("source_identity", "target_performer"),
}
app = typer.Typer(help="Consent records: what each person has agreed to.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Consent records: what each person has agreed to."""


@app.command("new")
def new(
    person: Annotated[str, typer.Argument(metavar="NAME", help="The person, as the manifest's people call them.")],
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Default: consents/NAME.yaml.")] = None,
    production: Annotated[str | None, typer.Option(metavar="NAME", help="The manifest's production.")] = None,
    role: Annotated[
        Literal["identity", "performer", "both"] | None,
        typer.Option(help="identity: their face goes in; performer: their face is replaced."),
    ] = None,
    shot: Annotated[list[str] | None, typer.Option(help="A shot's name or glob; may be given several times.")] = None,
    document: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The signed paper: its hash goes into the record.")
    ] = None,
    replace: Replace = False,
    json: AsJson = False,
) -> None:
    """Write the draft of one person's consent record; what the signed paper says is left to fill in."""
    from fsvfx.drafts.consent import ConsentWishes
    from fsvfx.drafts.new import new_consent

    path = out or Path("consents") / f"{person}.yaml"
    wishes = ConsentWishes(person, production, _ROLES[role] if role else (), tuple(shot or ()))
    new_consent(wishes, path, document=document, replace=replace)
    if json:
        output.as_json({"record": path})
        return
    output.command(f"Consent record of {person}: {path}")
    output.line("Fill in what is marked TODO. docs/consent.md explains every field.")


EXAMPLES = {
    "new": (
        "fsvfx consent new ada --production harbour --role identity --document ada_signed.pdf",
        "fsvfx consent new sam --out consents/sam.yaml --role performer --shot 'sq010_*'",
    )
}
