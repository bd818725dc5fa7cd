"""What is read for the shots of a manifest."""

from __future__ import annotations

import glob
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from fsvfx.footprint.canonical import Disk
from fsvfx.footprint.patterns import File, Files, Glob, Numbered, Tree
from fsvfx.spelling import fixed_part, is_glob, matches
from schemas.manifest import Person, Plate, Replace
from schemas.templates import VIDEOS, suffix

_TOKEN = re.compile(r"\{frame(?::0(\d)d)?\}|%0?(\d*)d|(#+)")
"""Every way to write a frame number that some reader knows."""

Read = tuple[Files | Glob, str]
"""What, and whose it is: ``the plate of shot sh010``."""
Place = Callable[[str], str | None]
"""From a path as it was given to an absolute one or s3://; None for one that may not be named."""


@dataclass(frozen=True)
class Shown:
    """What of a shot is read."""

    name: str
    plate: Plate | None
    replace: Iterable[Replace]


def reads_of(
    disk: Disk,
    manifest: str,
    people: Mapping[str, Person],
    shots: Iterable[Shown],
    *,
    packages: Iterable[str] = (),
    colour: str | None = None,
    place: Place = lambda given: given,
) -> Iterator[Read]:
    """Everything that shots of ``manifest`` read, links and what they lead to alike.

    ``packages``: folders of model packages. ``colour``: the color config's file. Folders that hold nothing but
    consent records, and those of packages, are taken whole, unless the manifest lies in them.
    """
    own = disk.folder(manifest.rpartition("/")[0] or "/")
    yield from _file(disk, manifest, "the manifest")
    media: list[Read] = []
    for shot in shots:
        if shot.plate and (path := place(shot.plate.path)):
            media += _pictures(disk, path, f"the plate of shot {shot.name}")
        for entry in shot.replace:
            if entry.roto and (path := place(entry.roto)):
                media += _pictures(disk, path, f"the roto of shot {shot.name}")
            if entry.driver and (path := place(entry.driver.plate.path)):
                media += _pictures(disk, path, f"the driver of shot {shot.name}")
    for name, person in people.items():
        for given in person.references:
            if path := place(given):
                media += _pictures(disk, path, f"a reference of '{name}'", may_glob=True)
    yield from media
    yield from _consents(disk, people, place, {_folder(each) for each, _ in media} | set(_and_above(own)))
    if colour and (path := place(colour)):
        yield from _file(disk, path, "the color config")
    for given in packages:
        folder = place(given)
        if folder and disk.folder(folder) not in _and_above(own):
            yield Tree(disk.folder(folder)), "the model packages"


def _consents(disk: Disk, people: Mapping[str, Person], place: Place, used: set[str]) -> Iterator[Read]:
    for name, person in people.items():
        if path := place(person.consent):
            yield from _file(disk, path, f"the consent of '{name}'")
            if (folder := disk.path(path).rpartition("/")[0]) not in used:
                yield Tree(folder), "the consent records"


def _file(disk: Disk, path: str, what: str) -> Iterator[Read]:
    for each in {disk.path(path), disk.target(path)}:
        yield File(each), what


def _pictures(disk: Disk, path: str, what: str, *, may_glob: bool = False) -> Iterator[Read]:
    """A file that is there means itself, whatever its name looks like."""
    yield from _file(disk, path, what)
    folder, _, name = path.rpartition("/")
    tokens = list(_TOKEN.finditer(name))
    if tokens and suffix(name) not in VIDEOS:
        yield from _sequence(disk, folder, name, tokens[-1], what)
    if may_glob and is_glob(path):
        yield from _globbed(disk, path, what)


def _sequence(disk: Disk, folder: str, name: str, token: re.Match[str], what: str) -> Iterator[Read]:
    """All of its numbers: also those that no shot asks for are the plate's."""
    real = disk.folder(folder)
    braces, percent, hashes = token.groups()
    digits = len(hashes) if hashes else int(braces or percent or (1 if percent is not None else 4))
    before, after = (disk.name(part, real) for part in (name[: token.start()], name[token.end() :]))
    files = Numbered(real, before, digits, after)
    yield files, what
    if not folder.startswith("s3://"):
        for link, target in disk.links_in(folder).items():
            if files.has(disk.name(link, real)):
                yield File(target), what


def _globbed(disk: Disk, path: str, what: str) -> Iterator[Read]:
    if path.startswith("s3://"):
        yield Glob(path), what
        return
    fixed = fixed_part(Path(path))
    if str(fixed) == path:
        return  # it is there as it is written
    real, rest = disk.folder(str(fixed)), str(Path(path).relative_to(fixed))
    yield Glob(f"{glob.escape(real).rstrip('/')}/{disk.name(rest, real)}"), what
    for found in matches(Path(path)):
        yield File(disk.target(found)), what


def _folder(files: Files | Glob) -> str:
    if isinstance(files, Glob):
        return files.pattern.rpartition("/")[0]
    return files.folder


def _and_above(folder: str) -> list[str]:
    parts = folder.split("/")
    return ["/".join(parts[:count]) or "/" for count in range(1, len(parts) + 1)]
