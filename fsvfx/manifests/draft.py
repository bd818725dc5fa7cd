"""The valid parts of a manifest that may be invalid as a whole: so that every problem can be reported at once."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pydantic import BaseModel, JsonValue, TypeAdapter, ValidationError

from fsvfx.delivery import kinds
from fsvfx.documents import Loc
from fsvfx.errors import InputError
from schemas.collection import Collection
from schemas.composite import Composite
from schemas.deliver import Deliver, DeliverOther
from schemas.faceset import FacesetSettings
from schemas.manifest import Faces, Manifest, Person, Plate, Replace, Settings, StoreSettings
from schemas.train import Clips, Footage, HeldOut, Occluders, ShotFootage, TrainManifest


@dataclass(frozen=True)
class ShotDraft:
    """The valid parts of a shot, or of a piece of footage, and its place in the file."""

    loc: Loc
    name: str | None
    plate: Plate | None
    replace: dict[int, Replace]
    composite: Composite | None
    noun: str = "shot"
    faces: Faces = field(default_factory=Faces)


@dataclass(frozen=True)
class Draft:
    """A manifest's valid parts. ``named`` has everybody in ``people``, valid or not."""

    production: str | None
    named: tuple[str, ...]
    people: dict[str, Person]
    shots: tuple[ShotDraft, ...]
    deliver: dict[int, Deliver]
    store: str | None
    folders: dict[str, str]
    """Other folders that it names, by their field."""
    colour_config: str | None


def draft_of(data: dict[str, Any]) -> Draft:
    """Extract the valid parts of ``data``."""
    people = mapping(data.get("people"))
    return Draft(
        production=text(data.get("production")),
        named=tuple(people),
        people={name: person for name, raw in people.items() if (person := sound_of(Person, raw))},
        shots=tuple(_shot(index, raw) for index, raw in listed(data.get("shots")) if isinstance(raw, dict)),
        deliver={index: one for index, raw in listed(data.get("deliver")) if (one := _deliverable(raw))},
        store=_store(data.get("store", StoreSettings().path)),
        folders=folders(data, Manifest, "packages"),
        colour_config=text(mapping(data.get("color")).get("config")),
    )


def _store(raw: object) -> str | None:
    return text(raw.get("path", StoreSettings().path)) if isinstance(raw, dict) else text(raw)


def _deliverable(raw: object) -> Deliver | None:
    """Also None if its kind is not installed, or its settings do not fit that kind."""
    one: Deliver | None = sound_of(Deliver, raw)
    if isinstance(one, DeliverOther):
        try:
            kinds.wish(one)
        except (InputError, ValidationError):
            return None
    return one


def folders(data: dict[str, Any], model: type[BaseModel], *fields: str) -> dict[str, str]:
    """The folders named in ``fields``, by their field; by default the ``model``'s own."""
    said = {field: text(data.get(field, model.model_fields[field].default)) for field in fields}
    return {field: given for field, given in said.items() if given}


def _shot(index: int, raw: dict[str, Any]) -> ShotDraft:
    return ShotDraft(
        loc=("shots", index),
        name=text(raw.get("name")),
        plate=sound_of(Plate, raw.get("plate")),
        replace={i: one for i, entry in listed(raw.get("replace")) if (one := sound_of(Replace, entry))},
        composite=sound_of(Composite, raw.get("composite", {})),
        faces=sound_of(Faces, raw.get("faces", {})) or Faces(),
    )


def mapping(value: object) -> dict[str, Any]:
    """``value`` if it is a mapping; otherwise an empty one."""
    return value if isinstance(value, dict) else {}


def listed(value: object) -> Iterator[tuple[int, Any]]:
    """The entries of ``value``, if it is a list, with their indices."""
    return enumerate(value) if isinstance(value, list) else enumerate(())


def text(value: object) -> str | None:
    """``value`` if it is a non-empty text."""
    return value.strip() if isinstance(value, str) and value.strip() else None


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def sound_of(kind: Any, raw: object) -> Any:
    """``raw`` as ``kind``, without its invalid parts; None if too little remains."""
    try:
        return _adapter(kind).validate_json(json.dumps(raw), strict=True)
    except ValidationError as error:
        rest = copy.deepcopy(raw)
        for detail in error.errors(include_url=False):
            _take_out(rest, detail["loc"])
    try:
        return _adapter(kind).validate_json(json.dumps(rest), strict=True)
    except ValidationError:
        return None


_STAND_INS: dict[str, JsonValue] = {
    "path": "-",
    "color_space": "-",
    "consent": "-",
    "record": "-",
    "performer": "0",
    "identity": "0",
    "engine": "-",
    "settings": {},
}
"""For required values: their absence has been reported by then, and is not reported twice."""


def _take_out(raw: Any, loc: Loc) -> None:
    """Remove the value at ``loc``, or replace it with its stand-in."""
    for part in loc[:-1]:
        if isinstance(raw, list) and isinstance(part, int):
            raw = raw[part]
        elif isinstance(raw, dict) and part in raw:
            raw = raw[part]  # otherwise it is a union's tag, which is not in the file
    if not loc or not isinstance(raw, dict):
        return
    raw.pop(loc[-1], None)
    if loc[-1] in _STAND_INS:
        raw[loc[-1]] = _STAND_INS[str(loc[-1])]
    elif loc[-1] == "frames" and len(loc) > 1:
        raw["frames"] = 0  # an override's; a plate's would make all overrides look wrong


@dataclass(frozen=True)
class FootageDraft:
    """The valid parts of a piece of footage, and its place in the file. ``whole``: everything is valid."""

    loc: Loc
    name: str | None
    person: str | None
    plate: Plate | None
    clips: Clips | None
    shot: ShotFootage | None
    whole: Footage | None


@dataclass(frozen=True)
class TrainDraft:
    """A training manifest's valid parts.

    common: what a shot manifest has, too; footage with a plate is its shots. learned: the identity, the performer and
    others, or a crowd's people, by their place in the file. is_crowd: None if unknown. called: a crowd's collections,
    by their place.
    """

    common: Draft
    model: str | None
    learned: dict[Loc, str]
    all_learned: bool
    is_crowd: bool | None
    called: dict[Loc, str]
    collections: dict[str, Collection]
    held_out: HeldOut | None
    footage: tuple[FootageDraft, ...]
    engine: str | None
    architecture: Settings
    faceset: FacesetSettings | None
    faces: Faces
    starts: bool
    occluders: Occluders | None

    def footage_named(self, name: str) -> FootageDraft | None:
        return next((each for each in self.footage if each.name == name), None)


def train_draft_of(data: dict[str, Any]) -> TrainDraft:
    """Extract the valid parts of ``data``."""
    footage = tuple(_footage(index, raw) for index, raw in listed(data.get("footage")) if isinstance(raw, dict))
    said, learn = _said(data), mapping(data.get("learn"))
    sound_lists = all(isinstance(each.get(key, []), list) for each in (data, learn) for key in ("others",))
    crowd, pair = (any(key in learn for key in keys) for keys in (_CROWD, _PAIR))
    return TrainDraft(
        common=_common(data, footage),
        model=text(data.get("model")),
        learned={loc: found for loc, name in said.items() if (found := text(name))},
        all_learned=sound_lists and all(text(name) for name in said.values()),
        is_crowd=None if (crowd and pair) or ("learn" in data and not learn) else crowd,
        called={
            ("learn", "collections", i): name for i, raw in listed(learn.get("collections")) if (name := text(raw))
        },
        collections={
            name: one for name, raw in mapping(data.get("collections")).items() if (one := sound_of(Collection, raw))
        },
        held_out=sound_of(HeldOut, learn.get("held_out", {})),
        footage=footage,
        engine=text(data.get("engine")),
        architecture=mapping(data.get("architecture")),
        faceset=sound_of(FacesetSettings, data.get("faceset", {})),
        faces=sound_of(Faces, data.get("faces", {})) or Faces(),
        starts=data.get("start") is not None,
        occluders=sound_of(Occluders, data["occluders"]) if data.get("occluders") is not None else None,
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


_PAIR, _CROWD = ("identity", "performer", "others"), ("people", "collections")


def _said(data: dict[str, Any]) -> dict[Loc, object]:
    """The learned people with footage, as written."""
    learn = mapping(data.get("learn"))
    if any(key in learn for key in _CROWD):
        return {("learn", "people", index): name for index, name in listed(learn.get("people"))}
    said, at = (learn, ("learn",)) if "learn" in data else (data, ())
    roles: dict[Loc, object] = {(*at, role): said.get(role) for role in ("identity", "performer")}
    return roles | {(*at, "others", index): name for index, name in listed(said.get("others"))}


def _footage(index: int, raw: dict[str, Any]) -> FootageDraft:
    return FootageDraft(
        loc=("footage", index),
        name=text(raw.get("name")),
        person=text(raw.get("person")),
        plate=sound_of(Plate, raw.get("plate")),
        clips=sound_of(Clips, raw.get("clips")),
        shot=sound_of(ShotFootage, raw.get("shot")),
        whole=sound_of(Footage, raw),
    )
