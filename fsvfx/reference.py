"""JSON Schemas for editors, and the tables in the docs: ``python -m fsvfx.reference docs`` writes them."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from fsvfx.documents.fields import allowed, description, plain, table
from schemas.augmentation import Augmentation
from schemas.bank import Basis, FromBank
from schemas.bank_card import BankCard
from schemas.collection import Collection, CollectionRecord, Generator
from schemas.composite import CompositeSettings
from schemas.consent import ConsentRecord, RevocationRegister, TrainingScope
from schemas.faceset import FacesetSettings
from schemas.manifest import Driver, Faces, Manifest, Person, Plate
from schemas.package import Ancestor, Figures, PackageCard, TrainedPerson
from schemas.roster import RosterCollection, RosterSeal
from schemas.texture_card import TextureCard
from schemas.train import Clips, Footage, HeldOut, Learn, Occluders, ShotFootage, Start, TrainManifest
from schemas.trainer import TrainerSettings

SCHEMAS: dict[str, type[BaseModel]] = {
    "manifest.schema.json": Manifest,
    "train.schema.json": TrainManifest,
    "consent.schema.json": ConsentRecord,
    "revocations.schema.json": RevocationRegister,
    "collection.schema.json": CollectionRecord,
}
PAGES = ("composite.md", "consent.md", "crowds.md", "models.md", "preflight.md", "three_dimensions.md", "train.md")
"""Those with tables between ``<!-- table NAME -->`` and ``<!-- end -->``; the rest of them is written by hand."""
_TABLE = re.compile(r"(<!-- table ([^\n]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_MODELS: tuple[type[BaseModel], ...] = (
    Ancestor,
    Augmentation,
    BankCard,
    Basis,
    Clips,
    Collection,
    CollectionRecord,
    Driver,
    Faces,
    FacesetSettings,
    Figures,
    FromBank,
    Footage,
    Generator,
    HeldOut,
    Learn,
    Occluders,
    PackageCard,
    Person,
    Plate,
    RosterCollection,
    RosterSeal,
    ShotFootage,
    Start,
    TextureCard,
    TrainManifest,
    TrainedPerson,
    TrainerSettings,
    TrainingScope,
)
OWN_NETWORKS = ("restoration", "restorer")
"""Options that show what a user's own network does: there is no picture of that."""
_UNITS = (
    (("erode", "feather"), "px"),
    (("hist_threshold", "face_scale", "super_resolution", "restoration", "denoise"), "%"),
    (("match_", "degrade", "motion_", "grain"), "%"),
    (("color_transfer_steady",), "frames"),
)


def json_schema(model: type[BaseModel]) -> str:
    """The JSON Schema (draft 2020-12) of a file that people write, as text."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema()}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def refreshed(page: str) -> str:
    """``page`` with each of its tables as the code has it now."""
    tables = _tables()
    return _TABLE.sub(lambda found: f"{found[1]}{tables[found[2]]()}\n{found[3]}", page)


def export(folder: Path) -> None:
    """Write every schema to ``folder``, and the tables into its pages."""
    for name, model in SCHEMAS.items():
        (folder / name).write_text(json_schema(model), encoding="utf-8")
    for name in PAGES:
        page = (folder / name).read_text(encoding="utf-8")
        (folder / name).write_text(refreshed(page), encoding="utf-8")


def _tables() -> dict[str, Callable[[], str]]:
    from fsvfx.engines.packaged import MatteSettings  # here, as engines bring torch
    from fsvfx.engines.registry import learned
    from fsvfx.preflight import CHECKS

    models: dict[str, type[BaseModel]] = {model.__name__: model for model in _MODELS}
    models["PackageSettings"] = MatteSettings
    models["HearSettings"], _ = get_args(learned("faceshifter").Architecture.model_fields["hear"].annotation)
    models["TransferSettings"], _ = get_args(learned("megafs").Architecture.model_fields["transfer"].annotation)
    people = ("original", "df", "liae", "comb", "style_transfer")
    crowds = ("simswap", "faceshifter", "cihn", "fsnet", "rsgan", "ipgan", "megafs", "fsgan", "unifacegan", "refine")
    models |= {f"architecture of {name}": learned(name).Architecture for name in (*people, *crowds)}
    checks = (f"| {check.name} | {check.says} |" for check in CHECKS)
    return {
        **{name: lambda model=model: table(model) for name, model in models.items()},  # type: ignore[misc]
        "composite options": _composite_options,
        "checks": lambda: "\n".join(["| check | what it looks at |", "|---|---|", *checks]),
    }


def _composite_options() -> str:
    properties: dict[str, Any] = CompositeSettings.model_json_schema()["properties"]
    titles = "| option | default | range | unit | what it does | picture |"
    return "\n".join([titles, "|---|---|---|---|---|---|", *(_option(*each) for each in properties.items())])


def _option(name: str, shape: dict[str, Any]) -> str:
    unit = next((unit for starts, unit in _UNITS if name.startswith(starts) and name != "super_resolver"), "")
    values = allowed(shape) or ("mattes with `*` and `+`" if name == "matte" else "a name")
    picture = "" if name in OWN_NETWORKS else f"![{name}](composite/{name}.jpg)"
    return f"| `{name}` | `{plain(shape['default'])}` | {values} | {unit} | {description(shape)} | {picture} |"


if __name__ == "__main__":
    export(Path(sys.argv[1]))
