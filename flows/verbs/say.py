"""How the command line speaks: tables for people, JSON for machines, errors in plain words."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from flows.verbs.tables import folded, laid_out
from fsvfx.printable import one_line, printable

if TYPE_CHECKING:
    from fsvfx.errors import FsvfxError


class SafeConsole(Console):
    """A console on which no text can steer the terminal: only its own styles and cursor moves are sent as such."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(printable(segment.text), segment.style)


def console(*, stderr: bool = False) -> Console:
    """Standard output; no colours and no wrapping where it is no terminal. What is printed is text, no markup."""
    return SafeConsole(highlight=False, soft_wrap=True, markup=False, emoji=False, stderr=stderr)


def line(text: str, indent: str = "", out: Console | None = None, style: str = "") -> None:
    """Print a sentence, as it is (no markup): folded at words in a terminal, one line elsewhere."""
    out = out or console()
    for part in folded(printable(text), _width(out), indent):
        out.print(Text(part, style))


def command(text: str, indent: str = "") -> None:
    """Print what is to be copied: never folded."""
    console().print(Text(f"{indent}{text}"))


def _width(out: Console) -> int | None:
    return out.width if out.is_terminal else None


def as_json(value: Any) -> None:
    """Print ``value`` (pydantic models and frame ranges inside are fine) as JSON."""
    sys.stdout.write(json.dumps(value, default=_plain, indent=1) + "\n")


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table; cells are text, not markup. Where it is no terminal: columns two spaces apart, a record a line."""
    out = console()
    laid = laid_out(columns, [[printable(str(cell)) for cell in row] for row in rows], _width(out))
    line(title, out=out, style="bold")
    for text in laid.head:
        out.print(Text(text, "dim"))
    for text in laid.body or (("none",) if out.is_terminal else ()):
        out.print(Text(text))


def error(problem: FsvfxError, machine_readable: bool) -> None:
    """Tell an error: what, where, and how to fix it."""
    if machine_readable:
        as_json({"error": _as_data(problem), "exit_code": problem.exit_code})
        return
    out = console(stderr=True)
    place = f" ({one_line(str(problem.where))})" if str(problem.where) else ""
    line(f"{problem.what}{place}", out=out, style="red")
    for each in getattr(problem, "problems", ()):
        line(one_line(str(each)), "  ", out)
    line(problem.hint, out=out)


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
