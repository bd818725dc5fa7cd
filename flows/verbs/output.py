"""What the command line prints: tables and sentences for people, JSON for programs, errors in plain words."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer
from rich.cells import cell_len

from fsvfx.printable import one_line, printable

if TYPE_CHECKING:
    from fsvfx.errors import FsvfxError


def line(text: str, indent: str = "", style: str = "", *, stderr: bool = False) -> None:
    """Print a sentence: wrapped at words in a terminal, otherwise on one line. ``style``: bold, dim, a color."""
    for part in folded(printable(text), terminal_width(stderr=stderr), indent):
        _print(part, style, stderr=stderr)


def command(text: str, indent: str = "") -> None:
    """Print text for copying: never wrapped."""
    _print(f"{indent}{printable(text)}")


def terminal_width(*, stderr: bool = False) -> int | None:
    """The terminal's, in cells; None if standard output (or error) is not a terminal."""
    stream = sys.stderr if stderr else sys.stdout
    return shutil.get_terminal_size().columns if stream.isatty() else None


def _print(text: str, style: str = "", *, stderr: bool = False) -> None:
    """Without rich, which takes as long to import as checking a manifest."""
    bare = "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    chosen: dict[str, Any] = {style: True} if style in ("bold", "dim") else {"fg": style or None}
    typer.secho(text, err=stderr, color=False if bare else None, **chosen)


def as_json(value: Any) -> None:
    """Print ``value`` (pydantic models and frame ranges inside are fine) as JSON."""
    sys.stdout.write(json.dumps(value, default=_plain, indent=1) + "\n")


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table; cells are text, not markup. If not in a terminal: columns separated by two spaces, a record a
    line."""
    room = terminal_width()
    laid = laid_out(columns, [[printable(str(cell)) for cell in row] for row in rows], room)
    line(title, style="bold")
    for text in laid.head:
        _print(text, "dim")
    body = laid.body or (("none",) if room else ())
    if body:
        _print("\n".join(body))  # in one call: each is slow


def error(problem: FsvfxError, machine_readable: bool) -> None:
    """Print an error: what, where, and how to fix it."""
    if machine_readable:
        as_json({"error": _as_data(problem), "exit_code": problem.exit_code})
        return
    place = f" ({one_line(str(problem.where))})" if str(problem.where) else ""
    what, listed = problem.what, tuple(map(str, getattr(problem, "problems", ())))
    if len(reasons := getattr(problem, "reasons", ())) > 1:  # one fits the line
        what, listed = getattr(problem, "heading", what), reasons
    line(f"{what}{place}", style="red", stderr=True)
    for each in listed:
        line(one_line(each), "  ", stderr=True)
    line(problem.hint, stderr=True)


def _as_data(problem: FsvfxError) -> dict[str, Any]:
    told = [vars(each) for each in getattr(problem, "problems", ())]
    return {
        "kind": type(problem).__name__,
        "what": problem.what,
        "where": {name: value for name, value in vars(problem.where).items() if value is not None},
        "hint": problem.hint,
        "transient": problem.transient,
        **({"problems": told} if told else {}),
        **({"reasons": list(problem.reasons)} if hasattr(problem, "reasons") else {}),
    }


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else str(value)


GAP = "  "
_INDENT = "  "
_NOTHING = "-"
"""Shown for an empty cell if each record is one line: columns can then be separated at two spaces."""

_TALLEST = 1.5
"""Columns that need more than this many times the lines of records are too narrow to read."""

Row = Sequence[str]


@dataclass(frozen=True)
class Laid:
    """``head``: the columns' names; none where each record names its own."""

    head: tuple[str, ...]
    body: tuple[str, ...]


def laid_out(columns: Sequence[str], rows: Iterable[Sequence[object]], width: int | None) -> Laid:
    """The table in lines of up to ``width`` terminal cells; None: one line per record, of any length.

    Words are never cut: cells are wrapped at spaces, and if even that is too wide, or needs more lines, each record is
    listed separately, its cells beside their columns' names. A word longer than a line (a path, a hash) stays whole.
    """
    texts = [tuple(" ".join(str(cell).split()) for cell in row) for row in rows]
    if width is None:
        return _set(columns, [tuple(cell or _NOTHING for cell in row) for row in texts])
    in_columns = _in_columns(columns, texts, width)
    records = _by_record(columns, texts, width)
    if in_columns is None or len(in_columns.body) > _TALLEST * len(records.body):
        return records
    return in_columns


def folded(text: str, width: int | None, indent: str = "") -> list[str]:
    """``text`` in lines of up to ``width`` cells after ``indent``; all except the first are indented further."""
    if width is None:
        return [f"{indent}{text}"]
    lines = _wrapped(text, max(width - cell_len(indent) - len(_INDENT), 1), max(width - cell_len(indent), 1))
    return [f"{indent}{_INDENT if number else ''}{line}" for number, line in enumerate(lines)]


def _in_columns(columns: Sequence[str], rows: Sequence[Row], width: int) -> Laid | None:
    """None if the columns' longest words do not fit side by side."""
    every = [columns, *rows]
    least = [max(cell_len(word) for row in every for word in row[at].split(" ")) for at in range(len(columns))]
    widths = _shared(_natural(every), least, width)
    return _set(columns, rows, widths) if widths else None


def _set(columns: Sequence[str], rows: Sequence[Row], widths: Sequence[int] = ()) -> Laid:
    """In columns of ``widths``; by default as wide as their widest cells."""
    widths = widths or _natural([columns, *rows])
    head, *body = (tuple(_lines(row, widths)) for row in (columns, *rows))
    return Laid(head, tuple(line for lines in body for line in lines))


def _natural(rows: Sequence[Row]) -> list[int]:
    return [max(map(cell_len, column)) for column in zip(*rows, strict=True)]


def _shared(natural: Sequence[int], least: Sequence[int], width: int) -> list[int] | None:
    """Each column's width: the space beyond the longest words is shared evenly among the widest columns."""
    left = width - len(GAP) * (len(natural) - 1) - sum(least)
    if left < 0:
        return None
    widths = list(least)
    while left and (open_ones := [at for at in range(len(widths)) if widths[at] < natural[at]]):
        narrowest = min(open_ones, key=lambda at: widths[at])
        widths[narrowest] += 1
        left -= 1
    return widths


def _lines(row: Row, widths: Sequence[int]) -> list[str]:
    cells = [_wrapped(cell, width) for cell, width in zip(row, widths, strict=True)]
    height = max(map(len, cells), default=1)
    padded = [[*cell, *[""] * (height - len(cell))] for cell in cells]
    return [
        GAP.join(_padded(part, width) for part, width in zip(parts, widths, strict=True)).rstrip()
        for parts in zip(*padded, strict=True)
    ]


def _by_record(columns: Sequence[str], rows: Sequence[Row], width: int) -> Laid:
    lines: list[str] = []
    for row in rows:
        lines += folded(row[0], width)
        pairs = [f"{name}: {cell}" for name, cell in zip(columns[1:], row[1:], strict=True) if cell]
        lines += _flowed(pairs, width)
    return Laid((), tuple(lines))


def _flowed(pairs: Sequence[str], width: int) -> list[str]:
    """As many of ``pairs`` per line as fit; one that is longer than a line has lines of its own."""
    lines: list[str] = []
    is_open = False
    for pair in pairs:
        if is_open and cell_len(lines[-1]) + len(GAP) + cell_len(pair) <= width:
            lines[-1] += GAP + pair
        else:
            own = folded(pair, width, _INDENT)
            lines, is_open = [*lines, *own], len(own) == 1
    return lines


def _wrapped(text: str, width: int, first: int | None = None) -> list[str]:
    """At spaces only. ``first``: width of the first line, if not ``width``."""
    lines, line, room = [], "", width if first is None else first
    for word in text.split(" "):
        if line and cell_len(line) + 1 + cell_len(word) > room:
            lines.append(line)
            line, room = word, width
        else:
            line = f"{line} {word}" if line else word
    return [*lines, line]


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text))
