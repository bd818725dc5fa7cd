"""What every model that a person writes or reads has in common."""

from __future__ import annotations

import ast
import inspect
import itertools
import re
import textwrap
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, StringConstraints
from pydantic_core import CoreSchema

_NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"
Name = Annotated[str, Field(pattern=f"^{_NAME}$")]
"""Of people, shots, models and the like: also a folder's name."""
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Text = Annotated[str, Field(min_length=1, max_length=1024)]
FilePath = Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, max_length=4096)]
"""Kept as it is written: names of files may begin or end with spaces."""


_FORBIDS = re.compile(r"non[- ]?commercial|\bNC\b|research[- ](use[- ])?only|academic", re.IGNORECASE)
REFERENCE = _NAME + r"@[0-9a-f]{64}"
"""How a single word names a user's own network: its name, and its card's digest."""


def is_name(text: str) -> bool:
    """Whether it can be a ``Name``."""
    return re.fullmatch(_NAME, text) is not None


def referred(text: str) -> tuple[str, str] | None:
    """Name and digest in ``NAME@SHA256``; None if it is no such word."""
    name, _, sha256 = text.partition("@")
    return (name, sha256) if re.fullmatch(REFERENCE, text) else None


def forbids_commercial_use(licence: str) -> bool:
    """Whether a licence's words exclude commercial use, whatever else is said of it."""
    return _FORBIDS.search(licence) is not None


class Described(BaseModel):
    """The text below a field is its description in the exported JSON Schema.

    It is read when a schema is made: pydantic's ``use_attribute_docstrings`` parses the source of every model that is
    imported, which takes as long as validating a manifest.
    """

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        schema = handler(core_schema)
        properties = handler.resolve_ref_schema(schema).get("properties", {})
        for field, text in _descriptions(cls).items():
            shape = properties.get(cls.model_fields[field].alias or field, {})
            if shape and handler.resolve_ref_schema(shape).get("description") != text:
                shape.setdefault("description", text)
        return schema


@lru_cache
def _descriptions(model: type[BaseModel]) -> dict[str, str]:
    """By field, the base classes' first."""
    bases = [each for each in reversed(model.__mro__) if issubclass(each, BaseModel) and each is not BaseModel]
    found = {name: text for each in bases for name, text in _texts_below(each)}
    return {name: text for name, text in found.items() if name in model.model_fields}


def _texts_below(model: type[BaseModel]) -> list[tuple[str, str]]:
    try:
        source = textwrap.dedent(inspect.getsource(model))
    except OSError:  # a model that is made at run time
        return []
    [body] = [each.body for each in ast.parse(source).body if isinstance(each, ast.ClassDef)]
    return [
        (field.target.id, inspect.cleandoc(below.value.value))
        for field, below in itertools.pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
        and isinstance(below.value.value, str)
    ]


class StrictModel(Described):
    """Frozen; refuses keys that it does not know, and numbers that are none (NaN, infinity)."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        str_strip_whitespace=True,
        allow_inf_nan=False,
        defer_build=True,  # of the many models that are imported, a process uses few
    )
