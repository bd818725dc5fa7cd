"""Whether everything that a manifest's shots write is separate: from each other, from inputs, from the store.

Files are compared, not spellings of their paths: see ``fsvfx.footprint``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from fsvfx.colour import ENDINGS
from fsvfx.delivery import kinds
from fsvfx.delivery.writes import Write, writes_of
from fsvfx.documents import Finding
from fsvfx.footprint import Disk, FileIndex, Files, Read, Shown, Tree, reads_of
from fsvfx.manifests.draft import Draft, ShotDraft
from fsvfx.reach import Reach, ReachError
from fsvfx.settings import machine
from schemas.deliver import Deliver, template
from schemas.templates import filled, frame_tokens

_APART = "Give each its own path; with several shots, use {shot} in it"
_ELSEWHERE = "Deliver to another folder, or under another name"
_WRITTEN = ("deliver[", "the contact sheet of ", "the report of ")
_INTO_STORE = "the store"
_STORE = "Give the store a folder of its own, such as work/"


def check_overlaps(draft: Draft, manifest: Path, store: str | None = None) -> Iterator[Finding]:
    """Each deliverable is reported once, for the first shot whose file is not its own.

    ``store``: an absolute one that replaces the manifest's.
    """
    disk, taken, reach = Disk(), FileIndex(), Reach(manifest, draft.production)
    for files, what in read_by(disk, draft, reach, packages=_packages(draft)):
        taken.add(files, what)
    root = store or (place_of(reach, draft.store) if draft.store else None)
    if root and draft.production:
        yield from check_store(disk, taken, draft, root)
        inside = Tree(disk.folder(f"{root.rstrip('/')}/{draft.production}"))
        taken.add(inside, _INTO_STORE)
    told: set[int] = set()
    for shot in draft.shots:
        for write, files in _written(disk, draft, shot, reach):
            other = taken.owner(files)
            taken.add(files, write.what)
            if other and write.index not in told:
                told.add(write.index)
                yield _finding(write.index, write.what, other, files.shown)


def _finding(index: int, what: str, other: str, shown: str) -> Finding:
    at = ("deliver", index, "path")
    if other.startswith(_INTO_STORE):
        return Finding(at, f"{what} would write into the store", "Deliver elsewhere")
    hint = _APART if other.startswith(_WRITTEN) else _ELSEWHERE
    return Finding(at, f"{what} would overwrite {other}: {shown}", hint)


def check_store(disk: Disk, taken: FileIndex, draft: Draft, root: str) -> Iterator[Finding]:
    """Each shot's own folder in the store contains no other shot's, and no inputs."""
    for shot in draft.shots:
        if shot.name is None:
            continue
        tree = Tree(disk.folder(f"{root.rstrip('/')}/{draft.production}/{shot.name}"))
        own = f"the store of shot {shot.name}"
        other = taken.owner(tree)
        if other and other != own:  # two shots with one name have been reported
            yield Finding(("store",), f"{own} would overwrite {other}: {tree.shown}", _STORE)
            return
        taken.add(tree, own)


def _written(disk: Disk, draft: Draft, shot: ShotDraft, reach: Reach) -> Iterator[tuple[Write, Files]]:
    if shot.name and draft.production and shot.plate:
        deliver = [
            (index, one.model_copy(update={"path": path}))
            for index, one in draft.deliver.items()
            if _is_sound(one) and (path := place_of(reach, filled(template(one), shot.name, draft.production)))
        ]
        performers = [each.performer for entry in shot.replace.values() for each in entry.each]
        yield from writes_of(disk, shot.name, shot.plate.frames, performers, deliver)


def _is_sound(deliver: Deliver) -> bool:
    """Otherwise it has been reported."""
    return frame_tokens(template(deliver)) == (1 if kinds.kind(deliver.kind).per == "frame" else 0)


def _packages(draft: Draft) -> list[str]:
    named = [draft.folders["packages"]] if "packages" in draft.folders else []
    return [*named, *map(str, machine().packages), str(machine().models)]


def read_by(disk: Disk, draft: Draft, reach: Reach, *, packages: Sequence[str]) -> Iterator[Read]:
    """The inputs of the manifest's people and shots, its color config and its model ``packages``."""
    config = draft.colour_config
    return reads_of(
        disk,
        str(reach.manifest.absolute()),
        draft.people,
        [Shown(shot.name or "?", shot.plate, shot.replace.values()) for shot in draft.shots],
        packages=packages,
        colour=config if config and config.lower().endswith(ENDINGS) else None,
        place=lambda given: place_of(reach, given),
    )


def place_of(reach: Reach, given: str) -> str | None:
    """Absolute or s3://; None for what is not allowed, which is reported elsewhere."""
    try:
        return reach.place(given, glob=True)
    except ReachError:
        return None
