"""Command lines in help and docs, parsed as the program would."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from flows import cli

FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


ROOT = typer.main.get_command(cli.build())


def parse(line: str) -> None:
    """Raises click's UsageError where a verb, an option or a value is unknown; nothing runs."""
    _, *words = shlex.split(line.replace("\\\n", " "), comments=True)
    command: Any = ROOT
    context: Any = None
    name = "fsvfx"
    while command is not None:
        context = command.make_context(name, list(words), parent=context)
        if not hasattr(command, "resolve_command"):
            return
        name, command, words = command.resolve_command(context, [*context._protected_args, *context.args])


def blocks(page: Path, language: str = "") -> Iterator[str]:
    """The fenced blocks of a page in ``language``."""
    for found, text in FENCE.findall(page.read_text(encoding="utf-8")):
        if found == language:
            yield text


def commands(page: Path) -> list[str]:
    """The lines of a page's blocks that call fsvfx."""
    texts = [text.replace("\\\n", " ") for language in ("", "sh", "bash", "console") for text in blocks(page, language)]
    lines = [line.strip().removeprefix("$ ") for text in texts for line in text.splitlines()]
    parts = [part.strip() for line in lines for part in re.split(r"\s&&\s", line)]
    return [part for part in parts if part.startswith("fsvfx ")]
