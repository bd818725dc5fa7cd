"""Footage that is a shot of a shot manifest: found there, with the entry that replaces the person."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from fsvfx.errors import InputError, ManifestError
from fsvfx.manifests.checks import check_within
from fsvfx.manifests.load import load
from fsvfx.manifests.shot_job import shots_of
from fsvfx.manifests.train_draft import FootageDraft, TrainDraft
from fsvfx.manifests.yaml_text import Finding, Loc
from fsvfx.reach import Reach, ReachError
from fsvfx.suggestions import suggestion
from schemas.manifest import Manifest, Shot
from schemas.train import ShotFootage


def shot_of(reach: Reach, footage: ShotFootage, read: Callable[[Path], Manifest] = load) -> tuple[Path, Manifest, Shot]:
    """The shot manifest's path, and what ``footage`` of the training manifest with this ``reach`` names there.

    Raises ReachError, ManifestError, InputError.
    """
    path = reach.file(footage.manifest)
    found = read(path)
    [shot] = shots_of(found, (footage.shot,), path)
    return path, found, shot


def entry_of(shot: Shot, person: str) -> int | None:
    """Index of the first entry that replaces the person."""
    return next((index for index, entry in enumerate(shot.replace) if entry.performer == person), None)


def check_shot_footage(draft: TrainDraft, manifest: Path) -> Iterator[Finding]:
    """Each such shot is there, of this production, and replaces the person."""
    read, reach = cache(load), Reach(manifest, draft.common.production)
    for each in draft.footage:
        if each.shot is None:
            continue
        try:
            _, found, shot = shot_of(reach, each.shot, read)
        except InputError as error:
            yield _refused(each, each.shot, error)
        except ReachError as error:
            yield Finding((*each.loc, "shot", "manifest"), error.what, error.hint)
        else:
            yield from _check_shot(draft, each, found, shot)


def _refused(footage: FootageDraft, named: ShotFootage, error: InputError) -> Finding:
    at: Loc = (*footage.loc, "shot")
    if not isinstance(error, ManifestError):
        return Finding((*at, "shot"), error.what, error.hint)
    said = str(error.problems[0]).rstrip(".")
    hint = f"`fsvfx validate {named.manifest}` tells all of them"
    return Finding((*at, "manifest"), f"{named.manifest} is wrong itself: {said}", hint)


def _check_shot(draft: TrainDraft, footage: FootageDraft, manifest: Manifest, shot: Shot) -> Iterator[Finding]:
    if draft.common.production not in (None, manifest.production):
        what = f"shot {shot.name} is of production '{manifest.production}', not '{draft.common.production}'"
        hint = "People consent for one production: train with its own footage"
        yield Finding((*footage.loc, "shot", "manifest"), what, hint)
    if footage.person is not None and entry_of(shot, footage.person) is None:
        replaced = [entry.performer for entry in shot.replace]
        hint = suggestion(footage.person, replaced, f"It replaces: {', '.join(replaced) or 'nobody'}")
        yield Finding((*footage.loc, "person"), f"'{footage.person}' is replaced nowhere in shot {shot.name}", hint)
    if footage.name and draft.faceset and (frames := draft.faceset.exclude.get(footage.name)):
        yield from check_within(("faceset", "exclude", footage.name), frames, shot.plate.frames, "footage")
