"""YAML as fsvfx reads it: 1.2, plain data only, bounded, with the line of every value.

The tree of nodes is turned into data here and not by a library's constructors: so every duplicate key can be told,
numbers with a leading zero and dates stay text, and tags can do nothing.
"""

from __future__ import annotations

import io
import json
import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError
from yaml.error import MarkedYAMLError, YAMLError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from fsvfx.documents.yaml_nodes import TAG, TooDeep, TooManyNodes, compose
from fsvfx.errors import Blank, Problem
from fsvfx.spelling import dead_link

Loc = tuple[str | int, ...]
M = TypeVar("M", bound=BaseModel)

MOST_BYTES = 1 << 20
MOST_VALUES = 50_000
"""A production of a thousand shots has half of it."""
MOST_DEPTH = 32
_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]{0,18})")
_TOO_DEEP = ("it is nested too deeply", "Write plain YAML, as in examples/")
_TOO_LARGE = (
    f"it has more than {MOST_VALUES} values or {MOST_DEPTH} levels",
    "Split it; aliases count each time they are used",
)


class Finding(NamedTuple):
    """One problem: where it is, what it is, how to fix it."""

    loc: Loc
    what: str
    hint: str


@dataclass
class Document:
    """What a YAML file says; ``data`` is None where it could not be read."""

    data: Any = None
    lines: dict[Loc, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    file: str = ""

    def line(self, loc: Loc) -> int | None:
        """The line (from 1) of the value at ``loc``, or of the nearest one around it."""
        for end in range(len(loc), -1, -1):
            if (line := self.lines.get(respelled(loc[:end]))) is not None:
                return line
        return None

    def tell(self, loc: Loc, what: str, hint: str) -> None:
        self.problems.append(Problem(field=dotted(loc), what=what, hint=hint, line=self.line(loc)))

    def tell_blank(self, loc: Loc, hint: str) -> None:
        self.problems.append(Blank(dotted(loc), "it is not filled in", hint, self.line(loc), self.file))


def respelled(loc: Loc) -> Loc:
    """``loc`` with ``color`` for ``colour``: a field may be written either way."""
    return tuple(part.replace("colour", "color") if isinstance(part, str) else part for part in loc)


def dotted(loc: Loc) -> str:
    """``("shots", 0, "plate")`` as ``shots[0].plate``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc)
    return text.removeprefix(".") or "(file)"


def read_yaml(path: Path) -> Document:
    """Read ``path``; whatever is wrong with it is in the document's ``problems``."""
    document = Document(file=str(path))
    if path.exists() and not (path.is_file() or path.is_dir()):
        document.tell((), "the file is a pipe, socket or device", "Give a regular file")  # which would be waited for
        return document
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            document.tell((), f"the file is larger than {MOST_BYTES >> 20} MiB", "Split it")
            return document
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        document.tell((), f"byte {error.start} is not UTF-8 text", "Save the file as UTF-8")
    except OSError as error:
        said = f"it is {link}" if (link := dead_link(path)) else error.strerror
        document.tell((), f"the file can't be read: {said}", "Check the path and its permissions")
    else:
        _parse(text, document)
    return document


def parse_yaml(text: str, file: str = "") -> Document:
    """As ``read_yaml``, of a text that is or will be in ``file``."""
    document = Document(file=file)
    _parse(text, document)
    return document


class RecordError(ValueError):
    """A record that is no such thing: the first thing that is wrong with it, in one line."""


def read_record(path: Path, model: type[M]) -> M:
    """A record that fsvfx itself has written, such as a package's card. Raises RecordError."""
    return _record(read_yaml(path), model)


def parse_record(text: str, model: type[M]) -> M:
    """As ``read_record``, of a text."""
    return _record(parse_yaml(text), model)


def record_yaml(record: BaseModel) -> bytes:
    """A record as its file has it, without what is not said."""
    from ruamel.yaml import YAML  # here, as reading needs none of it

    out = io.BytesIO()
    YAML().dump(record.model_dump(mode="json", exclude_none=True), out)
    return out.getvalue()


def _record(document: Document, model: type[M]) -> M:
    if document.problems:
        raise RecordError(str(document.problems[0]))
    try:
        return model.model_validate_json(json.dumps(document.data))
    except ValidationError as error:
        raise RecordError(" ".join(str(error).split())) from None


def _parse(text: str, document: Document) -> None:
    try:
        node = compose(text, 2 * MOST_VALUES, 2 * MOST_DEPTH)
    except TooDeep:
        document.tell((), *_TOO_DEEP)
    except TooManyNodes:
        document.tell((), *_TOO_LARGE)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        what = f"this is not valid YAML: {error.problem or error.context}"
        hint = _syntax_hint(str(error.problem), _letter_at(text, error.problem_mark))
        document.problems.append(Problem(field="(file)", what=what, hint=hint, line=line))
    except (YAMLError, ValueError) as error:
        document.tell((), f"this is not valid YAML: {error}", "Write plain YAML, as in examples/")
    else:
        _Builder(document).fill(node)


def _letter_at(text: str, mark: Any) -> str:
    lines = text.split("\n", mark.line + 1) if mark else []
    return lines[mark.line][mark.column : mark.column + 1] if mark and mark.line < len(lines) else ""


def _syntax_hint(problem: str, letter: str) -> str:
    if "tab" in problem or letter == "\t":
        return "Indent with spaces"
    if "another document" in problem:
        return "Keep one document per file"
    if "alias" in problem:
        return "Put text that begins with * in quotes"
    if "escape" in problem:
        return "Write folders with /, or put the text in single quotes: in double quotes \\ begins an escape"
    if letter and letter in "@`%":
        return f"Put text that begins with {letter} in quotes"
    return "Check the indentation, brackets and quotes there"


class _TooMuch(Exception):
    pass


class _Builder:
    """Turns nodes into data, and remembers their lines."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.left = MOST_VALUES

    def fill(self, node: Node | None) -> None:
        if node is None:
            self.document.tell((), "the file is empty", "Write what belongs there, as in examples/")
            return
        try:
            self.document.data = self._value(node, ())
        except (_TooMuch, RecursionError):
            self.document.tell((), *_TOO_LARGE)

    def _value(self, node: Node, loc: Loc) -> Any:
        self.left -= 1
        if self.left < 0 or len(loc) > MOST_DEPTH:
            raise _TooMuch
        self.document.lines.setdefault(respelled(loc), node.start_mark.line + 1)
        if isinstance(node, MappingNode):
            return self._mapping(node, loc)
        if isinstance(node, SequenceNode):
            return [self._value(item, (*loc, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, loc)

    def _mapping(self, node: MappingNode, loc: Loc) -> dict[str, Any]:
        if not str(node.tag).endswith(":map"):
            self._refuse_tag(node, loc)
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key, value in node.value:
            if key.tag == f"{TAG}merge":
                merged = self._merged(value, loc) | merged
                continue
            name = str(key.value) if isinstance(key, ScalarNode) else "?"
            if name in own:
                line = key.start_mark.line + 1
                problem = Problem(dotted((*loc, name)), f"'{name}' is given twice", "Keep one of the two", line)
                self.document.problems.append(problem)
                continue
            self.document.lines[respelled((*loc, name))] = key.start_mark.line + 1
            own[name] = self._value(value, (*loc, name))
        return merged | own

    def _merged(self, node: Node, loc: Loc) -> dict[str, Any]:
        """``<<: *defaults``: what the mapping's own keys don't say."""
        sources = node.value if isinstance(node, SequenceNode) else [node]
        found: dict[str, Any] = {}
        for source in sources:
            self.left -= 1
            if self.left < 0:
                raise _TooMuch
            if isinstance(source, MappingNode):
                found = self._mapping(source, loc) | found
            else:
                self.document.tell((*loc, "<<"), "only mappings can be merged", "Point << at a mapping")
        return found

    def _scalar(self, node: Node, loc: Loc) -> Any:
        kind = str(node.tag).removeprefix(TAG)
        text = str(node.value)
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() == "true"
        if kind == "int" and _WHOLE.fullmatch(text):
            return int(text)
        if kind == "float":
            return self._number(text, loc)
        if kind not in ("str", "int", "timestamp"):
            self._refuse_tag(node, loc)
        return text

    def _number(self, text: str, loc: Loc) -> float | str:
        try:
            number = float(text.replace(".inf", "inf").replace(".nan", "nan").replace(".Inf", "inf"))
        except ValueError:
            return text
        if not math.isfinite(number):
            self.document.tell(loc, f"{text} is not a finite number", "Write a number")
        return number

    def _refuse_tag(self, node: Node, loc: Loc) -> None:
        self.document.tell(loc, f"tags ({node.tag}) are not supported", "Write the plain value")
