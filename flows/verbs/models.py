"""``fsvfx models``: the weights, with their cards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.verbs import added, output, own_models
from flows.verbs.completion import model_names
from flows.verbs.options import AsJson, Packages, Research
from fsvfx.printable import counted

if TYPE_CHECKING:
    from fsvfx.engines.exporting import Exported
    from schemas.package import Figures, PackageCard

HELP = "Weights: list them, download the standard set, export and publish trained models."


def list_models(packages: Packages = "", json: AsJson = False) -> None:
    """List all models with their licences, whether they are installed; trained model packages; your own networks."""
    from fsvfx import models

    here = {name: models.present(name) for name in models.cards()}
    trained, networks = list(_trained(packages)), list(_networks(packages))
    if json:
        known = [{**card.model_dump(mode="json"), "here": here[name]} for name, card in models.cards().items()]
        output.as_json({"models": known, "packages": trained, "networks": networks})
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
    output.table("Models", ("name", "task", "version", "licence", "commercial use", "installed"), rows)
    for name, card in models.cards().items():
        if not here[name]:
            output.line(f"{name} is not installed. {models.how_to_get(card)}")
    output.table(
        "Model packages",
        ("model", "kind", "engine", "size", "people", "licence", "figures"),
        [_row(each) for each in trained],
    )
    for card in [each["card"] for each in trained if "card" in each]:  # to be copied into a manifest
        output.command(_settings(card))
    if networks:
        columns = ("network", "kind", "size", "people", "licence", "commercial use")
        output.table("Your own networks", columns, [_network_row(each) for each in networks])
    for each in networks:
        if each.get("settings"):
            output.command(each["settings"])


def pull(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME", help="Models to download. Default: the standard set.", autocompletion=model_names
        ),
    ] = None,
    json: AsJson = False,
) -> None:
    """Download weights and check their hashes."""
    from fsvfx import models

    paths = models.pull(names or (), say=(lambda line: None) if json else output.line)
    if json:
        output.as_json({"models": paths})
    else:
        output.table("Models", ("name", "file"), paths.items())


def export(
    package: Annotated[str, typer.Argument(metavar="PACKAGE", help="A model package: its folder or its name.")],
    onnx: Annotated[
        Path,
        typer.Option(
            "--onnx",
            metavar="FILE",
            help="The ONNX file to write. One named *.dfm gets DeepFaceLab's interface, for tools that open those; a "
            "general model becomes a swapper, which takes a target and a vector.",
        ),
    ],
    person: Annotated[
        str | None,
        typer.Option("--person", metavar="NAME", help="Whose face the exported model makes. Default: the identity."),
    ] = None,
    sha256: Annotated[
        str,
        typer.Option(
            "--sha256",
            metavar="DIGITS",
            help="The first digits of its weights' sha256, if several packages have the name.",
        ),
    ] = "",
    packages: Packages = "",
    research: Research = False,
    force: Annotated[bool, typer.Option("--replace", "--force", help="Overwrite an existing file.")] = False,
    json: AsJson = False,
) -> None:
    """Export a trained model as ONNX or .dfm, and check that it gives the same pictures as torch."""
    from fsvfx import extras
    from fsvfx.packages import Packages as Found
    from fsvfx.packages import card_of
    from fsvfx.rights.weights import check_use, package_weights

    extras.require("onnxscript", what="Exporting to ONNX")
    folder = Found.given(packages).named(package, sha256)
    card = card_of(folder)
    check_use([package_weights(card)], "research" if research else "commercial")
    done = _exported(folder, card, onnx, person, force=force)
    if json:
        output.as_json(vars(done))
        return
    output.table(str(done.file), ("property", "value"), done.metadata.items())
    output.line(f"{', '.join(done.outputs)} differs from torch by {done.difference:.1e} at most; opset {done.opset}")


def _exported(package: Path, card: PackageCard, out: Path, person: str | None, *, force: bool) -> Exported:
    """In the format of the file's extension, if the model supports it."""
    from fsvfx.engines import dfm_export, onnx_export, swapper_export  # torch: after checks that don't need it
    from fsvfx.errors import InputError

    if out.suffix.lower() == dfm_export.SUFFIX:
        return dfm_export.export(package, out, person=person, force=force)
    if card.roster is None:
        return onnx_export.export(package, out, person=person, force=force)
    if person is not None:
        raise InputError(f"'{card.model}' swaps anybody, so no person can be named", hint="Remove --person")
    return swapper_export.export(package, out, force=force)


def publish(
    package: Annotated[str, typer.Argument(metavar="PACKAGE", help="A model package: its folder or its name.")],
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="The folder of packages to write it to.")],
    licence: Annotated[str, typer.Option("--licence", metavar="TEXT", help="What the copy may be used for.")],
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="The copy's name. Default: the package's own.")
    ] = "",
    sha256: Annotated[
        str,
        typer.Option(
            "--sha256",
            metavar="DIGITS",
            help="The first digits of its weights' sha256, if several packages have the name.",
        ),
    ] = "",
    packages: Packages = "",
    json: AsJson = False,
) -> None:
    """Make a small package for everybody from a general model that has learned only made-up people."""
    from fsvfx.packages import Packages as Found
    from fsvfx.packages import card_of

    folder = Found.given(packages).named(package, sha256)
    name = name or card_of(folder).model
    from fsvfx.engines.publishing import publish as published  # imports torch: after checks that don't need it

    made = _read(published(folder, to, model=name, licence=licence))
    if json:
        output.as_json(made)
        return
    output.line(f"{made['folder']}: {_size(made['bytes'])}; {_people(made['card'])}")
    output.command(_settings(made["card"]))


def _trained(folder: str) -> Iterator[dict[str, Any]]:
    """Each package's card, or what is wrong with it."""
    from fsvfx.errors import ModelError
    from fsvfx.packages import Packages

    for package in Packages.given(folder).all():
        try:
            yield _read(package)
        except ModelError as error:
            yield {"folder": package, "error": str(error)}


def _read(package: Path) -> dict[str, Any]:
    from fsvfx.packages import WEIGHTS, card_of, is_starter

    size = (package / WEIGHTS).stat().st_size if (package / WEIGHTS).is_file() else 0
    return {"folder": package, "card": card_of(package), "starter": is_starter(package), "bytes": size}


def _networks(folder: str) -> Iterator[dict[str, Any]]:
    """The card of each of the user's own networks, or what is wrong with it."""
    from fsvfx.errors import ModelError
    from fsvfx.packages import Packages, network_of

    for package in Packages.given(folder).networks():
        try:
            card = network_of(package)
        except ModelError as error:
            yield {"folder": package, "error": str(error)}
        else:
            yield {"folder": package, "card": card, "digest": card.digest, "settings": added.settings_of(card)}


def _network_row(network: dict[str, Any]) -> tuple[str, ...]:
    card = network.get("card")
    if card is None:
        return (network["folder"].parent.name, "", "", "", network["error"], "")
    allowed = {True: "yes", False: "no", None: "unknown"}[card.commercial_use]
    size = f"{card.target.size} px, {_size(sum(file.size for file in card.files))}"
    return (card.model, card.kind, size, ", ".join(card.people), card.licence, allowed)


def _row(package: dict[str, Any]) -> tuple[str, ...]:
    card = package.get("card")
    if card is None:
        return (package["folder"].parent.name, "", "", "", "", "", package["error"])
    figures = _told(card.figures) if card.figures else "not evaluated"
    kind = "starter" if package["starter"] else "trained"
    return (card.model, kind, _engine(card), _size(package["bytes"]), _people(card), card.licence, figures)


def _size(count: int) -> str:
    return f"{count / 2**20:.1f} MiB"


def _settings(card: PackageCard) -> str:
    return f"engine: {card.engine}, settings: {{model: {card.model}, sha256: {card.sha256}}}"


def _engine(card: PackageCard) -> str:
    """With the inputs of its model besides pictures and codes."""
    from fsvfx.engines.supervision import parts_of

    return ", ".join((card.engine, *parts_of(card.architecture)))


def _people(card: PackageCard) -> str:
    if card.roster is None:
        return ", ".join(card.names)
    made_up = card.roster.people - card.roster.real
    generators = dict.fromkeys(each.name for one in card.roster.collections for each in one.generators)
    by = f" by {', '.join(generators)}" if generators else ""
    learned = f"anybody; learned {card.roster.people} people"
    return learned + (f", {made_up} of them made up{by}" if made_up else "")


def _told(figures: Figures) -> str:
    said = [f"{figures.ms_per_face:.0f} ms per face"]
    if figures.nearer is not None:
        pair = f"nearer to {figures.identity} than to {figures.performer}"
        anybody = f"nearer to the identity, in {counted(figures.pairs, 'pair')} of people held out"
        whom = pair if figures.identity else anybody
        said.insert(0, f"{figures.nearer:.0%} of faces {whom}")
    return ", ".join(said)


COMMANDS = {"list": list_models, "pull": pull, **own_models.COMMANDS, "export": export, "publish": publish}
EXAMPLES = {
    "list": ("fsvfx models list", "fsvfx models list --packages packages/ --json"),
    "pull": ("fsvfx models pull", "fsvfx models pull yunet"),
    **own_models.EXAMPLES,
    "export": (
        "fsvfx models export lead_on_double --onnx lead_on_double.onnx",
        "fsvfx models export lead_on_double --onnx lead_on_double.dfm",
    ),
    "publish": ("fsvfx models publish anybody --to starters/ --licence MIT",),
}
