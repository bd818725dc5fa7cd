"""How the command line speaks: tables for people, JSON for machines, errors in plain words."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from fsvfx.errors import FsvfxError


def console() -> Console:
    """Standard output; no colours and no wrapping where it is no terminal."""
    return Console(highlight=False, soft_wrap=True)


def as_json(value: Any) -> None:
    """Print ``value`` (pydantic models and frame ranges inside are fine) as JSON."""
    sys.stdout.write(json.dumps(value, default=_plain, indent=1) + "\n")


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table; cells are text, not markup."""
    grid = Table(*columns, title=escape(title), title_justify="left", title_style="bold")
    for row in rows:
        grid.add_row(*(escape(str(cell)) for cell in row))
    console().print(grid)


def error(problem: FsvfxError, machine_readable: bool) -> None:
    """Tell an error: what, where, and how to mend it."""
    if machine_readable:
        as_json({"error": _as_data(problem), "exit_code": problem.exit_code})
        return
    out = Console(stderr=True, highlight=False, soft_wrap=True)
    place = f" [dim]({escape(str(problem.where))})[/]" if str(problem.where) else ""
    out.print(f"[red]{escape(problem.what)}[/]{place}")
    for each in getattr(problem, "problems", ()):
        out.print(f"  {escape(str(each))}")
    out.print(escape(problem.mend))


def _as_data(problem: FsvfxError) -> dict[str, Any]:
    told = [vars(each) for each in getattr(problem, "problems", ())]
    return {
        "kind": type(problem).__name__,
        "what": problem.what,
        "where": {name: value for name, value in vars(problem.where).items() if value is not None},
        "mend": problem.mend,
        "transient": problem.transient,
        **({"problems": told} if told else {}),
        **({"reasons": list(problem.reasons)} if hasattr(problem, "reasons") else {}),
    }


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else str(value)
