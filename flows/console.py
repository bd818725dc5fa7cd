"""Where the progress of a run is shown."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from fsvfx.printable import printable


class SafeConsole(Console):
    """A console on which no text can steer the terminal: only its own styles and cursor moves are sent as such."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(printable(segment.text), segment.style)


def console(*, stderr: bool = False) -> Console:
    """Standard output; no colours and no wrapping where it is no terminal. What is printed is text, no markup."""
    return SafeConsole(highlight=False, soft_wrap=True, markup=False, emoji=False, stderr=stderr)
