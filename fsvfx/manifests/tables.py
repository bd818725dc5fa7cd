"""Tables of a model's fields, for pages: made from its JSON Schema, so that they can't fall behind it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from fsvfx.manifests.shape import resolved, schema_of

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
