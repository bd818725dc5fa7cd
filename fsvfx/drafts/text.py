"""YAML for people to complete: each field on a line of its own, with a comment. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from fsvfx.printable import one_line

BLANK = "TODO"
"""The placeholder in a draft for what only a person can decide; ``validate`` lists every one."""
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./*#-]*")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_COLUMN = 46


def scalar(value: str) -> str:
    """``value`` in YAML: quoted if it could be read as something else."""
    if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)


def listed(values: Iterable[str]) -> str:
    """As a list on one line."""
    return f"[{', '.join(map(scalar, values))}]"


def field(indent: int, text: str, comment: str = "") -> str:
    """A line: ``text``, and a comment on it."""
    line = " " * indent + text
    return f"{line:<{_COLUMN}} # {one_line(comment)}" if comment else line


def remark(indent: int, text: str) -> str:
    """A comment on a line of its own."""
    return f"{' ' * indent}# {one_line(text)}"
