"""A model's fields, by its JSON Schema: what is at a place in a document, and tables of them all for the docs."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import BaseModel

from fsvfx.documents.yaml_text import Loc

Schema = dict[str, Any]
FORMS = "x-forms"
"""In a resolved schema: the forms that a value of an untagged union may have."""


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


def keys_of_forms(model: type[BaseModel], loc: Loc) -> list[str]:
    """The first key of each form of a value's untagged union that is a mapping."""
    forms = (resolved(schema_of(model), form) for form in at(model, loc).get(FORMS, []))
    return [next(iter(form["properties"])) for form in forms if form.get("properties")]


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
    for form in here.get(FORMS, []):
        if str(form.get("$ref", "")).endswith(f"/{part}"):
            return _mapping(form)
    by_pattern = list(here.get("patternProperties", {}).values())
    return _mapping(by_pattern[0] if by_pattern else here.get("additionalProperties"))


def _mapping(value: object) -> Schema:
    return value if isinstance(value, dict) else {}


def resolved(root: Schema, here: Schema) -> Schema:
    """``here`` with its references into ``root`` followed, and the first kind taken that is not null; where there are
    several, all of them as ``FORMS``."""
    while True:
        if "$ref" in here:
            here = {**root["$defs"][here["$ref"].rpartition("/")[2]], **{k: v for k, v in here.items() if k != "$ref"}}
            continue
        kinds = [kind for kind in here.get("anyOf", []) if kind.get("type") != "null"]
        if not kinds:
            return here
        forms = {FORMS: kinds} if len(kinds) > 1 else {}
        here = {**kinds[0], **{k: v for k, v in here.items() if k != "anyOf"}, **forms}


Shape = dict[str, Any]


def table(model: type[BaseModel]) -> str:
    """Every field: its default, what it may be, what it is for."""
    root = schema_of(model)
    required = root.get("required", [])
    rows = [_row(name, shape, resolved(root, shape), name in required) for name, shape in root["properties"].items()]
    return "\n".join(["| field | default | may be | what for |", "|---|---|---|---|", *rows])


def description(shape: Shape) -> str:
    """As one line of a table."""
    return " ".join(str(shape.get("description", "")).split()).replace("``", "`").replace("|", "\\|")


def allowed(shape: Shape) -> str:
    """What a value may be, in words; empty where its description has to tell."""
    if "enum" in shape:
        return ", ".join(f"`{value}`" for value in shape["enum"])
    if "const" in shape:
        return f"`{shape['const']}`"
    if shape.get("type") in ("integer", "number"):
        return _bounds(shape)
    return {"boolean": "`true`, `false`", "array": "a list", "object": "a mapping"}.get(shape.get("type", ""), "")


def plain(value: object) -> str:
    """A value as YAML has it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _row(name: str, own: Shape, shape: Shape, is_required: bool) -> str:
    default = "required" if is_required else _default(own.get("default"))
    text = description(own) or description(shape)
    return f"| `{name}` | {default} | {allowed(shape)} | {text} |"


def _default(value: object) -> str:
    return "" if value in (None, "", [], {}) or isinstance(value, dict) else f"`{plain(value)}`"


def _bounds(shape: Shape) -> str:
    low, above = shape.get("minimum"), shape.get("exclusiveMinimum")
    high, below = shape.get("maximum"), shape.get("exclusiveMaximum")
    if low is not None and high is not None:
        text = f"{plain(low)} to {plain(high)}"
    else:
        words = (("at least", low), ("more than", above), ("at most", high), ("less than", below))
        text = ", ".join(f"{word} {plain(limit)}" for word, limit in words if limit is not None)
    step = shape.get("multipleOf")
    return f"{text}, in steps of {step}" if step else text
