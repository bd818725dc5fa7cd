"""Looks into a model's JSON Schema: which keys there are at a place, and what a value may be."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import BaseModel

from fsvfx.manifests.yaml_text import Loc

Schema = dict[str, Any]


@cache
def schema_of(model: type[BaseModel]) -> Schema:
    return model.model_json_schema()


def at(model: type[BaseModel], loc: Loc) -> Schema:
    """The schema of the value at ``loc``; empty where there is none."""
    root = schema_of(model)
    here = resolved(root, root)
    for part in loc:
        here = resolved(root, _step(root, here, part))
    return here


def keys_at(model: type[BaseModel], loc: Loc) -> list[str]:
    """The keys that a mapping at ``loc`` may have."""
    here, root = at(model, loc), schema_of(model)
    kinds = (resolved(root, kind) for kind in (here, *here.get("oneOf", [])))
    return list(dict.fromkeys(key for kind in kinds for key in kind.get("properties", {})))


def summary(schema: Schema) -> str:
    """A description's first sentence, without its full stop."""
    return str(schema.get("description", "")).replace("``", "'").split("\n")[0].rstrip(".")


def _step(root: Schema, here: Schema, part: str | int) -> Schema:
    if isinstance(part, int):
        prefix = here.get("prefixItems", [])
        return prefix[part] if part < len(prefix) else _mapping(here.get("items"))
    if part in here.get("properties", {}):
        return _mapping(here["properties"][part])
    tagged = here.get("discriminator", {}).get("mapping", {})
    if part in tagged:
        return {"$ref": tagged[part]}
    by_pattern = list(here.get("patternProperties", {}).values())
    return _mapping(by_pattern[0] if by_pattern else here.get("additionalProperties"))


def _mapping(value: object) -> Schema:
    return value if isinstance(value, dict) else {}


def resolved(root: Schema, here: Schema) -> Schema:
    """``here`` with its references into ``root`` followed, and the one kind taken that is not null."""
    while True:
        if "$ref" in here:
            here = {**root["$defs"][here["$ref"].rpartition("/")[2]], **{k: v for k, v in here.items() if k != "$ref"}}
            continue
        kinds = [kind for kind in here.get("anyOf", []) if kind.get("type") != "null"]
        if not kinds:
            return here
        here = {**kinds[0], **{k: v for k, v in here.items() if k != "anyOf"}}
