"""Follows a training that runs on a worker, through the file of its events, for whoever watches here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from flows.watch import WATCHER, Watcher
from fsvfx.training.lines import told_in

PAUSE = 0.5
"""Seconds between looks at the file."""


@contextmanager
def following(file: Path) -> Iterator[None]:
    """Tell the watcher every event that comes to ``file`` while inside."""
    over = Event()
    begin = file.stat().st_size if file.exists() else 0
    thread = Thread(target=_follow, args=(file, begin, WATCHER.get(), over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _follow(file: Path, place: int, watcher: Watcher, over: Event) -> None:
    """From byte ``place`` on; once more when it is over."""
    going = True
    while going:
        going = not over.wait(PAUSE)
        if not file.exists():
            continue
        with file.open("rb") as lines:
            lines.seek(place)
            for line in lines:
                if not line.endswith(b"\n"):
                    break
                place += len(line)
                watcher.trains(told_in(line.decode()))
