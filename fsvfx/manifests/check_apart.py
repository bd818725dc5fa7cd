"""Whether everything that a manifest's shots write lies apart: from each other, from what is read, from the store."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from fsvfx.manifests.draft import Draft
from fsvfx.manifests.reach import ReachError, reach_or_s3
from fsvfx.manifests.yaml_text import Finding
from schemas.templates import filled, with_frame_field

_APART = "Give each its own path; with several shots, put {shot} into it"


def check_apart(draft: Draft, manifest: Path) -> Iterator[Finding]:
    """Each deliverable is told of once, for the first shot whose file is not its own."""
    read, globs = _read(draft, manifest)
    store = _place(manifest, draft.store) if draft.store else None
    written: dict[str, str] = {}
    told: set[int] = set()
    for shot, index, path in _deliverables(draft, manifest):
        owner = f"deliver[{index}] of shot {shot}"
        other = written.get(path) or read.get(path) or _matched(path, globs)
        written.setdefault(path, owner)
        at = ("deliver", index, "path")
        if index in told:
            continue
        if other:
            told.add(index)
            yield Finding(at, f"{owner} would write over {other}", _APART)
        elif store and path.startswith(f"{store.rstrip('/')}/{draft.production}/"):
            told.add(index)
            yield Finding(at, f"{owner} would write into the store", "Deliver elsewhere")


def _deliverables(draft: Draft, manifest: Path) -> Iterator[tuple[str, int, str]]:
    """Shot, number of the deliverable, and where it goes."""
    for shot in draft.shots:
        for index, deliver in draft.deliver.items():
            if shot.name and draft.production:
                path = _place(manifest, filled(deliver.path, shot.name, draft.production))
                if path:
                    yield shot.name, index, path


def _read(draft: Draft, manifest: Path) -> tuple[dict[str, str], dict[str, str]]:
    """What the files and globs are that are read, by where they are."""
    files = [(person.consent, f"the consent of '{name}'") for name, person in draft.people.items()]
    files += [(shot.plate.path, f"the plate of shot {shot.name}") for shot in draft.shots if shot.plate]
    files += [
        (entry.roto, f"the roto of shot {shot.name}")
        for shot in draft.shots
        for entry in shot.replace.values()
        if entry.roto
    ]
    globs = [(p, f"a reference of '{name}'") for name, person in draft.people.items() for p in person.references]
    return _placed(files, manifest), _placed(globs, manifest)


def _placed(named: list[tuple[str, str]], manifest: Path) -> dict[str, str]:
    return {place: what for path, what in named if (place := _place(manifest, with_frame_field(path)))}


def _matched(path: str, globs: dict[str, str]) -> str | None:
    return next((what for glob, what in globs.items() if fnmatchcase(path, glob)), None)


def _place(manifest: Path, given: str) -> str | None:
    try:
        return reach_or_s3(manifest, given, glob=True)
    except ReachError:
        return None
