"""``fsvfx models``: weights, with their cards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.verbs import output
from flows.verbs.options import AsJson

if TYPE_CHECKING:
    from schemas.package import Figures

app = typer.Typer(help="Weights: list them, pull the embedded set, export what was trained.", no_args_is_help=True)
Packages = Annotated[
    str, typer.Option("--packages", metavar="DIR", help="A folder of model packages, beside those of FSVFX_PACKAGES.")
]


@app.command("list")
def list_models(packages: Packages = "", json: AsJson = False) -> None:
    """List every model card, and whether the file is here; and the model packages that were trained."""
    from fsvfx import models

    here = {name: models.present(name) for name in models.cards()}
    trained = list(_trained(packages))
    if json:
        known = [{**card.model_dump(mode="json"), "here": here[name]} for name, card in models.cards().items()]
        output.as_json({"models": known, "packages": trained})
        return
    rows = [
        (
            name,
            card.task,
            card.version,
            card.licence,
            "yes" if card.commercial_use else "no",
            "yes" if here[name] else "no",
        )
        for name, card in models.cards().items()
    ]
    output.table("Models", ("name", "for", "version", "licence", "commercial use", "here"), rows)
    for name, card in models.cards().items():
        if not here[name]:
            output.line(f"{name} is not here. {models.how_to_get(card)}")
    output.table(
        "Model packages", ("model", "engine", "people", "licence", "figures"), [_row(each) for each in trained]
    )
    for card in [each["card"] for each in trained if "card" in each]:  # to be copied into a manifest
        output.command(f"engine: {card.engine}, settings: {{model: {card.model}, sha256: {card.sha256}}}")


@app.command("pull")
def pull(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Default: the embedded set.")] = None,
    json: AsJson = False,
) -> None:
    """Fetch weights and check their hashes."""
    from fsvfx import models

    paths = models.pull(names or (), say=(lambda line: None) if json else output.line)
    if json:
        output.as_json({"models": paths})
    else:
        output.table("Models", ("name", "file"), paths.items())


@app.command("export")
def export(
    package: Annotated[str, typer.Argument(metavar="PACKAGE", help="A model package: its folder, or its name.")],
    onnx: Annotated[Path, typer.Option("--onnx", metavar="FILE", help="Write this ONNX file.")],
    person: Annotated[str | None, typer.Option("--person", help="Whose face. Default: the identity.")] = None,
    sha256: Annotated[
        str, typer.Option("--sha256", help="Of its weights, or how it begins: if several go by the name.")
    ] = "",
    packages: Packages = "",
    force: Annotated[bool, typer.Option("--replace", "--force", help="Write over a file that is there.")] = False,
    json: AsJson = False,
) -> None:
    """Write a trained engine as ONNX, checked against torch first."""
    from fsvfx import packages as known

    known.use(packages)
    folder = known.named(package, sha256)
    from fsvfx.engines.onnx_export import export as export_onnx  # brings torch: after what can go wrong without it

    done = export_onnx(folder, onnx, person=person, force=force)
    if json:
        output.as_json(vars(done))
        return
    output.table(str(done.file), ("what", "is"), done.metadata.items())
    output.line(f"{', '.join(done.outputs)} differ from torch's by {done.difference:.1e} at most")


def _trained(folder: str) -> Iterator[dict[str, Any]]:
    """What each package says of itself, or what is wrong with it."""
    from fsvfx import packages
    from fsvfx.errors import ModelError

    packages.use(folder)
    for package in packages.found():
        try:
            card = packages.card_of(package)
        except ModelError as error:
            yield {"folder": package, "error": str(error)}
        else:
            yield {"folder": package, "card": card}


def _row(package: dict[str, Any]) -> tuple[str, ...]:
    card = package.get("card")
    if card is None:
        return (package["folder"].parent.name, "", "", "", package["error"])
    figures = _told(card.figures) if card.figures else "not evaluated"
    return (card.model, card.engine, ", ".join(card.names), card.licence, figures)


def _told(figures: Figures) -> str:
    said = [f"{figures.ms_per_face:.0f} ms a face"]
    if figures.nearer is not None:
        said.insert(
            0, f"{figures.nearer:.0%} of {figures.faces} faces nearer {figures.identity} than {figures.performer}"
        )
    return ", ".join(said)
