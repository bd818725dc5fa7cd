"""Blanks, for a person to fill in: ``TODO``, ``TODO: what is wanted``, or nothing at all where a value must be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from fsvfx.documents import fields
from fsvfx.documents.yaml_text import Document, Loc

_TODO = re.compile(r"TODO(?::\s*(.*))?", re.DOTALL)
_FREE = ("notes",)
"""Fields whose text may say anything."""


def without_blanks(data: Any, model: type[BaseModel], document: Document) -> Any:
    """``data`` with nothing in place of each ``TODO``; ``document``, which says it, is told of them."""
    for loc, wanted in _todos(data, ()):
        document.tell_blank(loc, f"Write {wanted}" if wanted else wanted_at(model, loc))
    return _without(data)


def is_empty(detail: ErrorDetails) -> bool:
    """Whether pydantic refused nothing, or an empty text, where a value must be."""
    return detail["input"] in (None, "") and detail["type"] not in ("missing", "extra_forbidden", "value_error")


def wanted_at(model: type[BaseModel], loc: Loc) -> str:
    """What is to be written at ``loc``: its choices, or its description's first sentence."""
    schema = fields.at(model, loc)
    if choices := schema.get("enum"):
        return f"Write one of: {', '.join(map(str, choices))}"
    said = fields.summary(schema) or (fields.summary(fields.at(model, loc[:-1])) if isinstance(loc[-1], int) else "")
    return f"Write: {_in_sentence(said)}" if said else f"Write the {str(loc[-1]).replace('_', ' ')}"


def _in_sentence(text: str) -> str:
    first = text.partition(" ")[0]
    return text if len(first) > 1 and first.isupper() else text[:1].lower() + text[1:]


def _todos(value: Any, loc: Loc) -> Iterator[tuple[Loc, str]]:
    if isinstance(value, str) and (found := _TODO.fullmatch(value)):
        yield loc, (found[1] or "").strip()
    for key, inner in _items(value):
        if key not in _FREE:
            yield from _todos(inner, (*loc, key))


def _items(value: Any) -> list[tuple[Any, Any]]:
    return list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: inner if key in _FREE else _without(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return list(map(_without, value))
    return None if isinstance(value, str) and _TODO.fullmatch(value) else value
