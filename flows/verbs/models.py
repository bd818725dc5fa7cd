"""``fsvfx models``: weights, with their cards."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.verbs import say
from flows.verbs.options import AsJson

app = typer.Typer(help="Weights: list the cards, or pull the embedded set.", no_args_is_help=True)


@app.command("list")
def list_models(json: AsJson = False) -> None:
    """List every model card, and whether the file is here."""
    from fsvfx import models

    here = {name: models.present(name) for name in models.cards()}
    if json:
        say.as_json([{**card.model_dump(mode="json"), "here": here[name]} for name, card in models.cards().items()])
        return
    rows = [
        (name, card.task, card.version, card.licence, "yes" if card.commercial_use else "no", _place(name, here[name]))
        for name, card in models.cards().items()
    ]
    say.table("Models", ("name", "for", "version", "licence", "commercial use", "here"), rows)


@app.command("pull")
def pull(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Default: the embedded set.")] = None,
    json: AsJson = False,
) -> None:
    """Fetch weights and check their hashes."""
    from fsvfx import models

    out = say.console()
    paths = models.pull(names or (), say=(lambda line: None) if json else out.print)
    if json:
        say.as_json({"models": paths})
    else:
        say.table("Models", ("name", "file"), paths.items())


def _place(name: str, here: bool) -> str:
    from fsvfx import models

    return "yes" if here else models.how_to_get(models.card(name))
