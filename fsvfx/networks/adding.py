"""Turns a user's network into a package: describes its files, makes its card, and puts both in place."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fsvfx.digests import sha256_of
from fsvfx.errors import InputError, NetworkError, Problem
from fsvfx.networks.files import Graph, inspect
from fsvfx.networks.questions import Draft, Question
from fsvfx.networks.recognise import card_of
from fsvfx.networks.trial import Finding
from fsvfx.packages import place_network
from schemas.base import is_name
from schemas.network import NetworkCard

SHEET = "trial.png"
_LETTERS = re.compile(r"[^A-Za-z0-9_.-]+")


def name_for(file: Path, given: str = "") -> str:
    """The package's name. Raises InputError for an invalid name."""
    letters = unicodedata.normalize("NFKD", file.stem).encode("ascii", "ignore").decode()  # ü: u and a combining mark
    name = given or _LETTERS.sub("_", letters).strip("_.-")[:64]
    if not is_name(name):
        raise InputError(f"'{name}' can't be a network's name", hint="Give one of letters, digits, _ . - with --name")
    return name


def made_card(draft: Draft, name: str) -> NetworkCard:
    """The draft's card; its files are not moved. Raises InputError for an additional file that can't be used."""
    files: dict[str, Mapping[str, Any]] = {"file": described(draft.graph)}
    return card_of(draft, name, files | {key: described(inspect(Path(file))) for key, file in draft.files.items()})


def described(graph: Graph) -> dict[str, Any]:
    """A file as described in cards, by its absolute path."""
    folder = graph.file.resolve().parent
    data = [
        {"path": str(each.relative_to(folder)), "sha256": sha256_of(each), "size": each.stat().st_size}
        for each in graph.data
    ]
    said = {"path": str(graph.file.absolute()), "sha256": graph.sha256, "size": graph.size}
    return {**said, "data": data} if data else said


def placed(card: NetworkCard, root: Path, sheet: bytes, *, in_place: bool = False) -> Path:
    """The card's package below ``root``, with its files linked or copied into it, or left in place. Raises
    MachineError."""
    if in_place:
        return place_network(root, card, {SHEET: sheet})
    said = card.model_dump(mode="json")
    files: dict[str, Path | bytes] = {SHEET: sheet}
    for one in _files_in(said):
        source = Path(one["path"])
        name = source.name if source.name not in files else f"{one['sha256'][:8]}_{source.name}"
        files |= {name: source, **{each["path"]: source.parent / each["path"] for each in one["data"]}}
        one["path"] = name
    return place_network(root, type(card).model_validate(said), files)


def unanswered(file: Path, draft: Draft) -> NetworkError:
    """All questions that only a person can answer, in one error."""
    problems = tuple(Problem(one.key, one.text, _choices(one)) for one in draft.open)
    count = f"{len(problems)} thing" + ("s" if len(problems) != 1 else "")
    what = f"{count} about {file.name} can't be known from the file"
    return NetworkError(what, "Add --say NAME=VALUE for each, with the names above", str(file), problems)


def doubted(file: Path, findings: tuple[Finding, ...]) -> NetworkError:
    """The findings of the trial."""
    problems = tuple(Problem("trial", one.what, _instead(one)) for one in findings)
    hint = "Correct your answers, or add --anyway to accept it as it is"
    return NetworkError(f"{file.name} does not do what its card says", hint, str(file), problems)


def _files_in(said: Any) -> list[dict[str, Any]]:
    """The ONNX files in a card's data, the network's own first."""
    found = [said] if isinstance(said, dict) and {"path", "sha256", "size", "data"} <= said.keys() else []
    inner = said.values() if isinstance(said, dict) else said if isinstance(said, list) else ()
    return found + [one for each in inner for one in _files_in(each)]


def _choices(question: Question) -> str:
    told = "; ".join(f"{name}: {text}" for name, text in question.choices.items())
    return told or question.form


def _instead(finding: Finding) -> str:
    said = " ".join(f"--say {name}={value}" for name, value in finding.options.items())
    return said or "To see what it makes, add it with --anyway and look at the sheet"
