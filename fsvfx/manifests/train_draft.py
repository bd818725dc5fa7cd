"""What of a training manifest is sound, where the whole may not be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fsvfx.manifests.draft import Draft, ShotDraft, folders, listed, mapping, sound_of, text
from fsvfx.manifests.yaml_text import Loc
from schemas.faceset import FacesetSettings
from schemas.manifest import Person, Plate, Settings
from schemas.train import Footage, ShotFootage, TrainManifest


@dataclass(frozen=True)
class FootageDraft:
    """A piece of footage's sound parts, and where it is in the file. ``whole``: all of it is sound."""

    loc: Loc
    name: str | None
    person: str | None
    plate: Plate | None
    shot: ShotFootage | None
    whole: Footage | None


@dataclass(frozen=True)
class TrainDraft:
    """A training manifest's sound parts.

    common: what a shot manifest has, too; footage with a plate is its shots. learned: the identity, the performer and
    others, by their place in the file.
    """

    common: Draft
    model: str | None
    learned: dict[Loc, str]
    all_learned: bool
    footage: tuple[FootageDraft, ...]
    engine: str | None
    architecture: Settings
    faceset: FacesetSettings | None
    starts: bool

    def footage_named(self, name: str) -> FootageDraft | None:
        return next((each for each in self.footage if each.name == name), None)


def train_draft_of(data: dict[str, Any]) -> TrainDraft:
    """Take what validates out of ``data``."""
    footage = tuple(_footage(index, raw) for index, raw in listed(data.get("footage")) if isinstance(raw, dict))
    said = _said(data)
    return TrainDraft(
        common=_common(data, footage),
        model=text(data.get("model")),
        learned={loc: found for loc, name in said.items() if (found := text(name))},
        all_learned=isinstance(data.get("others", []), list) and all(text(name) for name in said.values()),
        footage=footage,
        engine=text(data.get("engine")),
        architecture=mapping(data.get("architecture")),
        faceset=sound_of(FacesetSettings, data.get("faceset", {})),
        starts=data.get("start") is not None,
    )


def _common(data: dict[str, Any], footage: tuple[FootageDraft, ...]) -> Draft:
    people = mapping(data.get("people"))
    return Draft(
        production=text(data.get("production")),
        named=tuple(people),
        people={name: person for name, raw in people.items() if (person := sound_of(Person, raw))},
        shots=tuple(ShotDraft(each.loc, each.name, each.plate, {}, None, "piece of footage") for each in footage),
        deliver={},
        store=text(data.get("store", TrainManifest.model_fields["store"].default)),
        folders=folders(data, TrainManifest, "training", "packages"),
        colour_config=text(mapping(data.get("color")).get("config")),
    )


def _said(data: dict[str, Any]) -> dict[Loc, object]:
    """Who is learned, as it is written."""
    roles: dict[Loc, object] = {(role,): data.get(role) for role in ("identity", "performer")}
    return roles | {("others", index): name for index, name in listed(data.get("others"))}


def _footage(index: int, raw: dict[str, Any]) -> FootageDraft:
    return FootageDraft(
        loc=("footage", index),
        name=text(raw.get("name")),
        person=text(raw.get("person")),
        plate=sound_of(Plate, raw.get("plate")),
        shot=sound_of(ShotFootage, raw.get("shot")),
        whole=sound_of(Footage, raw),
    )
