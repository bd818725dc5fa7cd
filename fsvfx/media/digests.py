"""Digests of files, cached by path and stamp, so that planning a finished shot does not read its plate again."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from fsvfx.disk import cache

_TABLE = "CREATE TABLE IF NOT EXISTS digests (place TEXT PRIMARY KEY, stamp TEXT NOT NULL, digest TEXT NOT NULL)"


def stamp_of(path: Path) -> str:
    """Changes whenever the file does."""
    stat = path.stat()
    return f"{stat.st_size}-{stat.st_mtime_ns}"


def remembered(stamps: Mapping[str, str], compute: Callable[[str], str], *, at_once: int = 1) -> dict[str, str]:
    """Digest by path, for the paths in ``stamps``; ``compute`` is called for new ones, ``at_once`` at a time.

    The cache is optional: if it can't be used, everything is computed.
    """
    known = _recall(stamps)
    fresh = [place for place in stamps if place not in known]
    with ThreadPoolExecutor(at_once) as pool:
        new = dict(zip(fresh, pool.map(compute, fresh)))
    _keep((place, stamps[place], digest) for place, digest in new.items())
    return {place: known.get(place) or new[place] for place in stamps}


def _recall(stamps: Mapping[str, str]) -> dict[str, str]:
    known: dict[str, str] = {}
    places = {_spelt(place): place for place in stamps}
    names = list(places)
    try:
        with closing(_open()) as memory:
            for at in range(0, len(names), 500):
                some = names[at : at + 500]
                marks = ",".join("?" * len(some))
                rows = memory.execute(f"SELECT place, stamp, digest FROM digests WHERE place IN ({marks})", some)
                found = ((places[name], stamp, digest) for name, stamp, digest in rows)
                known |= {place: digest for place, stamp, digest in found if stamps[place] == stamp}
    except (sqlite3.Error, OSError):
        return {}
    return known


def _keep(rows: Iterable[tuple[str, str, str]]) -> None:
    fresh = [(_spelt(place), stamp, digest) for place, stamp, digest in rows]
    if not fresh:
        return
    try:
        with closing(_open()) as memory, memory:
            memory.executemany("INSERT OR REPLACE INTO digests VALUES (?, ?, ?)", fresh)
    except (sqlite3.Error, OSError):
        return


def _spelt(place: str) -> str:
    """In a form that SQLite accepts: names need not be UTF-8."""
    return place.encode("utf-8", "backslashreplace").decode()


def _open() -> sqlite3.Connection:
    memory = sqlite3.connect(cache("digests.sqlite"), timeout=10)
    memory.execute(_TABLE)
    return memory
