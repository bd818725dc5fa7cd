"""What of a manifest is sound, where the whole may not be: so that every problem can be told at once."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import JsonValue, TypeAdapter, ValidationError

from fsvfx.manifests.yaml_text import Loc
from schemas.composite import Composite
from schemas.deliver import Deliver
from schemas.manifest import Manifest, Person, Plate, Replace


@dataclass(frozen=True)
class ShotDraft:
    """A shot's sound parts, and where it is in the file."""

    loc: Loc
    name: str | None
    plate: Plate | None
    replace: dict[int, Replace]
    composite: Composite | None


@dataclass(frozen=True)
class Draft:
    """A manifest's sound parts. ``named`` has everybody in ``people``, sound or not."""

    production: str | None
    named: tuple[str, ...]
    people: dict[str, Person]
    shots: tuple[ShotDraft, ...]
    deliver: dict[int, Deliver]
    store: str | None
    colour_config: str | None


def draft_of(data: dict[str, Any]) -> Draft:
    """Take what validates out of ``data``."""
    people = data.get("people") if isinstance(data.get("people"), dict) else {}
    fields = Manifest.model_fields
    return Draft(
        production=_text(data.get("production")),
        named=tuple(people or {}),
        people={name: person for name, raw in (people or {}).items() if (person := _sound(Person, raw))},
        shots=tuple(_shot(index, raw) for index, raw in _listed(data.get("shots")) if isinstance(raw, dict)),
        deliver={index: one for index, raw in _listed(data.get("deliver")) if (one := _sound(Deliver, raw))},
        store=_text(data.get("store", fields["store"].default)),
        colour_config=_text(colour.get("config")) if isinstance(colour := data.get("colour"), dict) else None,
    )


def _shot(index: int, raw: dict[str, Any]) -> ShotDraft:
    return ShotDraft(
        loc=("shots", index),
        name=_text(raw.get("name")),
        plate=_sound(Plate, raw.get("plate")),
        replace={i: one for i, entry in _listed(raw.get("replace")) if (one := _sound(Replace, entry))},
        composite=_sound(Composite, raw.get("composite", {})),
    )


def _listed(value: object) -> Iterator[tuple[int, Any]]:
    return enumerate(value) if isinstance(value, list) else enumerate(())


def _text(value: object) -> str | None:
    return value.strip() if isinstance(value, str) and value.strip() else None


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _sound(kind: Any, raw: object) -> Any:
    """``raw`` as ``kind``, less what is wrong in it; None if too little is left."""
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
    "performer": "0",
    "identity": "0",
    "engine": "-",
    "settings": {},
}
"""For what must be there: their own place has been told of by then, and is not told of twice."""


def _take_out(raw: Any, loc: Loc) -> None:
    """Remove the value at ``loc``, or put its stand-in there."""
    for part in loc[:-1]:
        if isinstance(raw, list) and isinstance(part, int):
            raw = raw[part]
        elif isinstance(raw, dict) and part in raw:
            raw = raw[part]  # else it is a union's tag, which the file has not
    if not loc or not isinstance(raw, dict):
        return
    raw.pop(loc[-1], None)
    if loc[-1] in _STAND_INS:
        raw[loc[-1]] = _STAND_INS[str(loc[-1])]
    elif loc[-1] == "frames" and len(loc) > 1:
        raw["frames"] = 0  # an override's; a plate's would make all overrides look wrong
