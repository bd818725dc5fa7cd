"""The consoles for the progress of a run."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from fsvfx.printable import printable


class SafeConsole(Console):
    """A console on which no text can control the terminal: only its own styles and cursor moves are sent as such."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(printable(segment.text), segment.style)


def console(*, stderr: bool = False) -> Console:
    """Standard output; without colors and wrapping if it is not a terminal. Text is printed as is, not as markup."""
    return SafeConsole(highlight=False, soft_wrap=True, markup=False, emoji=False, stderr=stderr)
