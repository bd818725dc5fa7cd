"""Messages about networks and packs that were added or measured, and their use in a manifest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flows.verbs import output

if TYPE_CHECKING:
    from fsvfx.networks.packs import Added
    from fsvfx.networks.questions import Draft
    from fsvfx.networks.trial import Trial
    from schemas.network import NetworkCard
    from schemas.pack import Measured


def tell(draft: Draft, trial: Trial, folder: Path) -> None:
    from fsvfx.networks.adding import SHEET
    from fsvfx.packages import network_of

    card = network_of(folder)
    for why in draft.because:
        output.line(f"{draft.graph.file.name}: {why}")
    if trial.made_up:
        output.line(f"Tried with a made-up vector: {trial.made_up}")
    for finding in trial.findings:
        output.line(f"Added anyway, but {finding.what}", style="yellow")
    allowed = {True: "yes", False: "no", None: "unknown"}[card.commercial_use]
    output.line(f"Licence: {card.licence}. Commercial use: {allowed}")
    output.line(f"Tried on a face in {trial.seconds:.2f} s; the sheet shows the identity, the input and the output")
    output.command(f"Sheet: {folder / SHEET}")
    output.command(f"Card: {folder / 'network.yaml'}")
    output.command(settings_of(card))


def settings_of(card: NetworkCard) -> str:
    """The manifest entry for using a network."""
    named = f"{card.model}@{card.digest}"
    return {
        "swapper": f"engine: onnx_swapper, settings: {{model: {card.model}, sha256: {card.digest}}}",
        "dfm": f"engine: dfm, settings: {{model: {card.model}, sha256: {card.digest}}}",
        "restorer": f"composite: {{restoration: 50, restorer: {named}}}",
        "upscaler": f"composite: {{super_resolution: 50, super_resolver: {named}}}",
    }[card.kind]


def tell_pack(added: Added) -> None:
    """A pack's contents, and how it is used."""
    card = added.card
    rows = [
        (one.task, Path(one.file).name, f"{one.size} px" if one.size else "any size", _use(card.pack, one.task))
        for one in card.networks
    ]
    output.table(f"Pack {card.pack}", ("task", "file", "pictures", "used by"), rows)
    for file, why in added.passed_over.items():
        output.line(f"{file} is not used: {why}")
    output.line(f"Licence: {card.licence}. Commercial use: {'yes' if card.commercial_use else 'no'}")
    if any(one.task == "recognition" for one in card.networks):
        output.line("Next: measure the distance below which two faces count as one person, on pictures of people")
        research = "" if card.commercial_use else " --research"
        output.command(f"fsvfx models measure {card.pack} FACES{research}", "  ")


def _use(pack: str, task: str) -> str:
    return {
        "detection": f"faces: {{detector: {pack}}}",
        "recognition": f"fsvfx evaluate, and networks that were made with it: '{pack}'",
    }.get(task, f"fsvfx models measure {pack}, to compare with FaceMesh")


def tell_measured(found: Measured, file: Path | None) -> None:
    rows = [
        ("one person", found.same.pairs, found.same.median, f"95 % below {found.same.tail}"),
        ("two people", found.different.pairs, found.different.median, f"95 % above {found.different.tail}"),
    ]
    title = f"{found.network}: {found.people} people, {found.pictures} pictures"
    output.table(title, ("pairs of", "pairs", "median distance", "tail"), rows)
    output.line(f"Below {found.same_person} two faces count as one person: right for {found.right:.1%} of the pairs")
    for name, points in found.points.items():
        output.line(
            f"The pack's {name} and FaceMesh put eyes, nose and mouth {points.median:.1%} of the eyes' distance apart "
            f"(95 % within {points.tail:.1%}); its crops would be {points.scale:.3f} times as large"
        )
    if file is not None:
        output.command(f"Written to {file}")
