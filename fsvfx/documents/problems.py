"""Turns pydantic's errors into problems that say how to fix them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from fsvfx.documents import fields
from fsvfx.documents.blanks import is_empty, wanted_at, without_blanks
from fsvfx.documents.yaml_text import Document, Finding, Loc, dotted, read_yaml, respelled
from fsvfx.errors import Blank
from fsvfx.printable import counted
from fsvfx.suggestions import nearest, suggestion
from schemas.deliver import OTHER_KIND

M = TypeVar("M", bound=BaseModel)
Told = tuple[str, str]
"""What is wrong, and how to fix it."""

_OTHER_NAMES = {
    "fps": "frame_rate",
    "framerate": "frame_rate",
    "range": "frames",
    "frame_range": "frames",
    "colorspace": "color_space",
    "start": "first_frame",
    "source": "identity",
    "target": "performer",
    "from": "performer",
    "to": "identity",
    "output": "deliver",
    "outputs": "deliver",
    "workdir": "store",
    "blend": "mode",
    "steps": "iterations",
    "epochs": "iterations",
    "learning_rate": "lr",
    "precision": "amp",
    "workspace": "training",
    "dims": "ae_dims",
}
_RETIMES = ("retime", "speed", "time_warp", "timewarp")


def validated(data: object, model: type[M], document: Document) -> M | None:
    """``data`` as ``model``; None if it is none: ``document``, which says it, is told why."""
    try:
        return model.model_validate_json(json.dumps(data), strict=True)
    except ValidationError as error:
        explain(error, model, document)
        return None


def respelled_fields(value: Any, loc: Loc, model: type[BaseModel], document: Document) -> Any:
    """``value`` with ``color`` for ``colour`` in the names of fields. The document is told where both are given."""
    if isinstance(value, list):
        return [respelled_fields(item, (*loc, index), model, document) for index, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    found = {}
    for key, item in value.items():
        [name] = respelled((key,))
        known = {name} if name == key else set(fields.keys_at(model, loc))  # making the schema takes a while
        name = key if key in known else name
        if name != key and name in value:
            document.tell((*loc, key), f"'{key}' and '{name}' are both given, and mean the same", f"Keep {name}")
        elif name in known:
            found[name] = respelled_fields(item, (*loc, name), model, document)
        else:
            found[key] = respelled_fields(item, (*loc, key), model, document)
    return found


def blanks_in(path: Path, model: type[BaseModel]) -> list[Blank]:
    """The blanks in the ``model`` at ``path``, as far as that is there and can be read."""
    document = read_yaml(path) if path.is_file() else Document()
    if isinstance(document.data, dict):
        validated(without_blanks(document.data, model, document), model, document)
    blanks = [problem for problem in document.problems if isinstance(problem, Blank)]
    return sorted(blanks, key=lambda blank: blank.line or 0)


def explain(error: ValidationError, model: type[BaseModel], document: Document) -> None:
    """Tell ``document`` each of ``error``'s problems that it has not told already."""
    told = {problem.field for problem in document.problems}
    for detail, loc in _details(error, model):
        at = _without_tags(loc, model)
        if dotted(at) in told:
            continue
        if is_empty(detail):
            document.tell_blank(at, wanted_at(model, loc))
        else:
            document.tell(at, *_told(detail, model, loc))


def findings(error: ValidationError, model: type[BaseModel]) -> Iterator[Finding]:
    """Each of ``error``'s problems, with its place in the ``model``."""
    for detail, loc in _details(error, model):
        yield Finding(_without_tags(loc, model), *_told(detail, model, loc))


def _details(error: ValidationError, model: type[BaseModel]) -> Iterator[tuple[ErrorDetails, Loc]]:
    told = [detail for detail in error.errors(include_url=False) if not _is_spurious(detail)]
    found = [(detail, tuple(part for part in detail["loc"] if part != "[key]")) for detail in told]
    formless: set[Loc] = set()
    for detail, loc in found:
        if _is_other_form(loc, [other for _, other in found], model):
            continue
        if _is_form(loc, model):
            if loc[:-1] in formless:
                continue  # of no form at all: told once
            formless.add(loc[:-1])
        yield detail, loc


def _is_spurious(detail: ErrorDetails) -> bool:
    """pydantic counts a list's sound entries only: with wrong ones it looks too short as well."""
    return detail["type"] == "too_short" and len(detail["input"]) >= detail.get("ctx", {}).get("min_length", 0)


def _is_other_form(loc: Loc, all_locs: list[Loc], model: type[BaseModel]) -> bool:
    """Of a value that may have one of several forms pydantic tells what is wrong with each: that it is not of this form
    at all is no news where it is of another, within which something is wrong."""
    around = loc[:-1]
    return _is_form(loc, model) and any(len(one) > len(loc) and one[: len(around)] == around for one in all_locs)


def _is_form(loc: Loc, model: type[BaseModel]) -> bool:
    """Whether the last part names a form of an untagged union."""
    forms = fields.at(model, loc[:-1]).get(fields.FORMS, []) if loc else []
    names = [str(form.get("$ref", "")).rpartition("/")[2] for form in forms]
    return bool(forms) and (loc[-1] in names or bool(_PLAIN_FORM.fullmatch(str(loc[-1]))))


_PLAIN_FORM = re.compile(r"constrained-.*|literal\[.*|str|int|float|bool")
"""Of a form that is no model, as pydantic calls it."""


def _without_tags(loc: Loc, model: type[BaseModel]) -> Loc:
    """pydantic puts a union's tag, or the form's name, into the place of an error; the file has no such level."""
    return tuple(
        part
        for end, part in enumerate(loc)
        if part not in _all_tags(model, loc[:end]) and not _is_form(loc[: end + 1], model)
    )


def _all_tags(model: type[BaseModel], loc: Loc) -> list[str]:
    """Those of the schema, and the one for kinds that packages bring, which no schema has."""
    tags = _tags(model, loc)
    return [*tags, OTHER_KIND] if tags else []


def _tags(model: type[BaseModel], loc: Loc) -> list[str]:
    return list(fields.at(model, loc).get("discriminator", {}).get("mapping", {}))


def _told(detail: ErrorDetails, model: type[BaseModel], loc: Loc) -> Told:
    what, hint = _told_alone(detail, model, loc)
    keys = (
        fields.keys_of_forms(model, loc[:-1]) if _is_form(loc, model) and not isinstance(detail["input"], dict) else []
    )
    return what, hint + "".join(f", or {{{key}: ...}}" for key in keys)


def _told_alone(detail: ErrorDetails, model: type[BaseModel], loc: Loc) -> Told:
    teller = _TELLERS.get(detail["type"])
    if teller:
        return teller(detail, model, loc)
    kind = _KINDS.get(detail["type"])
    if kind:
        return f"{_quoted(detail['input'])} is not {kind[0]}", kind[1].format(input=detail["input"])
    return detail["msg"], "Fix the value" + _hint(model, loc)


def _quoted(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, (dict, list)):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return repr(text if len(text) <= 60 else text[:57] + "...") if isinstance(value, str) else text


def _hint(model: type[BaseModel], loc: Loc) -> str:
    """The field's description, as far as its first sentence."""
    said = fields.summary(fields.at(model, loc))
    return f" ({said})" if said else ""


def _missing(detail: ErrorDetails, model: type[BaseModel], loc: Loc) -> Told:
    if isinstance(loc[-1], int):
        return "an entry is missing", "Give as many entries as required" + _hint(model, loc[:-1])
    return f"{loc[-1]} is missing", f"Add {loc[-1]}" + _hint(model, loc)


def _unknown(detail: ErrorDetails, model: type[BaseModel], loc: Loc) -> Told:
    word = str(loc[-1])
    known = fields.keys_at(model, loc[:-1])
    if word.lower() in _RETIMES:
        return f"'{word}' is not a field: fsvfx does not retime", "Provide the retimed plate, and remove this field"
    if word[:1].isdigit():
        return f"'{word}' is not a field", "Write a value that has a comma in quotes, as in '1001,1005'"
    other = _OTHER_NAMES.get(word.lower(), "")
    return f"'{word}' is not a field", suggestion(other if other in known else word, known)


def _choice(detail: ErrorDetails, model: type[BaseModel], loc: Loc) -> Told:
    schema = fields.at(model, loc[:-1] if _is_form(loc, model) else loc)
    known = [str(value) for value in schema.get("enum", [schema.get("const")])]
    return one_of(detail["input"], known)


def _tag(detail: ErrorDetails, model: type[BaseModel], loc: Loc) -> Told:
    known = _tags(model, loc)
    given = detail["input"].get("kind") if isinstance(detail["input"], dict) else None
    return one_of(given, known) if given is not None else ("kind is missing", f"Add kind: one of {', '.join(known)}")


def one_of(given: object, known: list[str]) -> Told:
    """What to say of ``given`` where only ``known`` values are possible."""
    near = nearest(str(given), known)
    hint = f"Did you mean {near}? One of: " if near else "One of: "
    return f"{_quoted(given)} is not a valid choice", hint + ", ".join(known)


def _bounds(detail: ErrorDetails, model: type[BaseModel], loc: Loc) -> Told:
    context: dict[str, Any] = detail.get("ctx", {})
    name, limit = next(iter(context.items()))
    words = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
    return f"{_quoted(detail['input'])} is out of range", f"Give {words.get(name, name)} {limit}" + _hint(model, loc)


def _length(detail: ErrorDetails, model: type[BaseModel], loc: Loc) -> Told:
    context: dict[str, Any] = detail.get("ctx", {})
    short = detail["type"].endswith("short")
    limit = int(context["min_length" if short else "max_length"])
    unit = ("character", "characters") if detail["type"].startswith("string") else ("entry", "entries")
    what = f"it has too {'few' if short else 'many'} {unit[1]}" if detail["input"] else "it is empty"
    return what, f"Give at {'least' if short else 'most'} {counted(limit, *unit)}" + _hint(model, loc)


def _pattern(detail: ErrorDetails, model: type[BaseModel], loc: Loc) -> Told:
    pattern = str(detail.get("ctx", {}).get("pattern", ""))
    return f"{_quoted(detail['input'])} has the wrong form", _PATTERNS.get(pattern[:14], f"Match {pattern}")


def _own(detail: ErrorDetails, model: type[BaseModel], loc: Loc) -> Told:
    """Our validators say ``what; how to fix it``."""
    text = str(detail.get("ctx", {}).get("error", detail["msg"]))
    what, _, hint = text.partition("; ")
    return what, (hint[:1].upper() + hint[1:]) or "Fix the value"


_PATTERNS = {
    "^[A-Za-z0-9][A": "Use letters, digits, _ . and -, beginning with a letter or digit, 64 characters at most",
    "^([01][0-9]|2[": "Write it as 01:00:00:00 (; before the frames for drop-frame)",
    "^(learned|hull": "Join learned, hull, plate, identity, external, full with * and +, as in learned*plate+external",
    "^u?d?t?c?$": "Write any of u, d, t and c, in this order, as in ud",
    "^[0-9a-f]{64}$": "Give the file's sha256: 64 digits of 0-9a-f, as printed by sha256sum",
}

_KINDS: dict[str, Told] = {
    "string_type": ("text", "Write text; put numbers in quotes"),
    "int_type": ("a whole number", "Write a whole number, without quotes"),
    "int_parsing": ("a whole number", "Write a whole number"),
    "int_from_float": ("a whole number", "Write a whole number"),
    "float_type": ("a number", "Write a number, without quotes"),
    "float_parsing": ("a number", "Write a number"),
    "finite_number": ("a finite number", "Write a finite number"),
    "bool_type": ("true or false", "Write true or false (yes and no are read as text)"),
    "bool_parsing": ("true or false", "Write true or false (yes and no are read as text)"),
    "model_type": ("a mapping", "Write a mapping: {{key: value}}"),
    "dict_type": ("a mapping", "Write a mapping: {{key: value}}"),
    "tuple_type": ("a list", "Write a list: [...]"),
    "list_type": ("a list", "Write a list: [...]"),
    "model_attributes_type": ("a mapping", "Write a mapping: {{key: value}}"),
    "date_type": ("a date", "Write it as 2026-11-22"),
    "date_parsing": ("a date", "Write it as 2026-11-22"),
    "date_from_datetime_parsing": ("a date", "Write it as 2026-11-22"),
    "date_from_datetime_inexact": ("a date", "Write it as 2026-11-22"),
    "datetime_type": ("a time", "Write it as 2026-11-22T08:00:00Z"),
    "datetime_parsing": ("a time", "Write it as 2026-11-22T08:00:00Z"),
    "datetime_from_date_parsing": ("a time", "Write it as 2026-11-22T08:00:00Z"),
    "timezone_aware": ("a time with a time zone", "Add a time zone: 2026-11-22T08:00:00Z"),
}

_TELLERS: dict[str, Callable[[ErrorDetails, type[BaseModel], Loc], Told]] = {
    "missing": _missing,
    "extra_forbidden": _unknown,
    "literal_error": _choice,
    "enum": _choice,
    "union_tag_invalid": _tag,
    "union_tag_not_found": _tag,
    "greater_than_equal": _bounds,
    "greater_than": _bounds,
    "less_than_equal": _bounds,
    "less_than": _bounds,
    "too_short": _length,
    "too_long": _length,
    "string_too_short": _length,
    "string_too_long": _length,
    "string_pattern_mismatch": _pattern,
    "value_error": _own,
}
