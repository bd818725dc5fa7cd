"""Dependencies between fields of a training manifest: people, footage, the engine, shots used as footage."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fsvfx.documents import Finding
from fsvfx.errors import InputError
from fsvfx.footprint import Disk, FileIndex, Tree
from fsvfx.manifests.check_engines import wrong_settings
from fsvfx.manifests.check_overlaps import check_store, place_of, read_by
from fsvfx.manifests.check_shots import check_chosen, check_within, whom
from fsvfx.manifests.draft import TrainDraft
from fsvfx.reach import Reach, ReachError
from fsvfx.suggestions import suggestion

if TYPE_CHECKING:
    from fsvfx.engines.packaged import PackagedEngine


from collections.abc import Callable
from functools import cache

from fsvfx.documents import Loc
from fsvfx.errors import ManifestError
from fsvfx.manifests.check_shots import shots_of
from fsvfx.manifests.draft import FootageDraft
from fsvfx.models import HEAD
from schemas.manifest import Manifest, Shot
from schemas.train import ShotFootage


def check_learned(draft: TrainDraft) -> Iterator[Finding]:
    """Everybody who is learned is among the people, once, with footage; and nobody else is."""
    seen: dict[str, str] = {}
    for loc, name in draft.learned.items():
        if name not in draft.common.named:
            yield Finding(loc, f"'{name}' is not among the people", whom(name, draft.common.named))
        if name in seen:
            yield Finding(loc, f"'{name}' is already {seen[name]}", "Name each person once")
        seen.setdefault(name, _AMONG.get(str(loc[-2]) if len(loc) > 1 else "", f"the {loc[-1]}"))
    for name in draft.common.named:
        if name not in seen and draft.all_learned and draft.is_crowd is not None and not draft.starts:
            yield Finding(("people", name), f"'{name}' is not learned", _LEARN[draft.is_crowd])
    shown = {each.person for each in draft.footage}
    for name in seen:
        if name not in shown and None not in shown:
            yield Finding(("footage",), f"there is no footage of '{name}'", "Add some: each person needs footage")


_AMONG = {"others": "among others", "people": "among the people of the crowd"}
_LEARN = {
    False: "Make them the identity, the performer or one of others, or remove them",
    True: "Add them to learn.people, or remove them",
}


def check_footage(draft: TrainDraft) -> Iterator[Finding]:
    """Each piece shows somebody who is learned; its excluded frames exist."""
    learned = list(draft.learned.values())
    for each in draft.footage:
        if each.person is not None and each.person not in learned and draft.all_learned:
            hint = suggestion(each.person, learned, _LEARN[bool(draft.is_crowd)])
            yield Finding((*each.loc, "person"), f"'{each.person}' is not learned", hint)
        if each.whole is not None:
            yield from check_chosen(each.loc, each.whole.track, each.whole.position)


def check_excluded(draft: TrainDraft) -> Iterator[Finding]:
    """Frames are excluded from existing footage that has them."""
    names = [each.name for each in draft.footage if each.name]
    for name, frames in (draft.faceset.exclude if draft.faceset else {}).items():
        at = ("faceset", "exclude", name)
        found = draft.footage_named(name)
        if found is None and any(each.clips and name.startswith(f"{each.name}_") for each in draft.footage):
            continue  # one of those videos
        if found is None:
            yield Finding(at, f"no footage named '{name}'", suggestion(name, names))
        elif found.plate is not None:
            yield from check_within(at, frames, found.plate.frames, "footage")


def check_learner(draft: TrainDraft) -> Iterator[Finding]:
    """The engine can learn this number of people, with these settings, from pictures of this size."""
    from fsvfx.engines import registry

    if draft.engine is None:
        return
    try:
        engine = registry.learned(draft.engine)
    except InputError as error:
        yield Finding(("engine",), error.what, error.hint)
        return
    if draft.is_crowd is not None and draft.is_crowd != (engine.family == "any_to_any"):
        yield Finding(*_OTHER_ENGINE[draft.is_crowd])
    elif not draft.is_crowd and len(draft.learned) > engine.most_people:
        what = f"engine '{engine.name}' learns at most {engine.most_people} people, but {len(draft.learned)} are named"
        at = next(loc[:-1] for loc in draft.learned if "others" in loc)
        yield Finding(at, what, "Remove some of others, or use an engine that learns more, such as comb")
    if draft.faces.head != HEAD:
        yield Finding(("faces", "head"), f"training supports only the head {HEAD}", "Remove head")
    wrong = list(wrong_settings(engine.Architecture, draft.architecture))
    for loc, what, hint in wrong:
        yield Finding(("architecture", *loc), what, hint)
    if not wrong:
        yield from _check_size(draft, engine)
        yield from _check_stage(draft, engine)


_OTHER_ENGINE: dict[bool, Finding] = {
    True: Finding(
        ("engine",),
        "this engine learns certain people, not a crowd",
        "Name an engine of the family any_to_any (`fsvfx engines`), or learn an identity and a performer",
    ),
    False: Finding(
        ("engine",),
        "this engine swaps anybody, and learns it from a crowd",
        "Write learn: {people: [...], collections: [...]}, or name an engine of the family one_to_one",
    ),
}


def _check_size(draft: TrainDraft, engine: type[PackagedEngine[Any]]) -> Iterator[Finding]:
    """Crops are shrunk for the model, never enlarged."""
    resolution = getattr(engine.Architecture.model_validate(draft.architecture), "resolution", 0)
    if draft.faceset is not None and draft.faceset.size < resolution:
        what = f"crops of {draft.faceset.size} px are smaller than the model's {resolution} px"
        yield Finding(("faceset", "size"), what, f"Give {resolution} or more")


def _check_stage(draft: TrainDraft, engine: type[PackagedEngine[Any]]) -> Iterator[Finding]:
    """A second stage continues from a package; few support occluders."""
    architecture = engine.Architecture.model_validate(draft.architecture)
    if engine.is_second_stage(architecture) and not draft.starts:
        what = "a second stage is trained on a finished first one, but none is named"
        yield Finding(("start",), what, "Name the first stage's package: start: {model: ..., sha256: ...}")
    if draft.occluders and not engine.sees_occluders(architecture):
        what = f"this stage of '{engine.name}' takes no occluders"
        hint = "Remove occluders, or train faceshifter's second stage (architecture: {hear: {}})"
        yield Finding(("occluders",), what, hint)


def check_folders(draft: TrainDraft, manifest: Path) -> Iterator[Finding]:
    """Checkpoints and packages have folders of their own."""
    reach, places = Reach(manifest, draft.common.production), {}
    for field, given in draft.common.folders.items():
        try:
            places[field] = reach.file(given)
        except ReachError:
            return  # already reported
    if places.get("training") == places.get("packages"):
        yield Finding(("training",), "checkpoints and packages share a folder", "Give each its own")
    yield from _check_apart(draft, reach, places)


def _check_apart(draft: TrainDraft, reach: Reach, places: dict[str, Path]) -> Iterator[Finding]:
    """No inputs are in the folders of checkpoints, packages or the store."""
    disk, taken, common, model = Disk(), FileIndex(), draft.common, draft.model
    for name, one in draft.collections.items():
        if there := place_of(reach, one.path):
            taken.add(Tree(disk.folder(there)), f"collection {name}")
    if draft.occluders and draft.occluders.path and (there := place_of(reach, draft.occluders.path)):
        taken.add(Tree(disk.folder(there)), "the occluders")
    for files, what in read_by(disk, common, reach, packages=()):
        taken.add(files, what)
    for field, folder in places.items():
        own = folder / model if model else folder
        if other := taken.owner(Tree(disk.folder(str(own)))):
            yield Finding((field,), f"{own} would overwrite {other}", "Give it a folder of its own")
    if common.store and (root := place_of(reach, common.store)):
        yield from check_store(disk, taken, common, root)


def shot_of(reach: Reach, footage: ShotFootage, read: Callable[[Path], Manifest]) -> tuple[Path, Manifest, Shot]:
    """The shot manifest's path, and the shot in it that ``footage`` of the training manifest with this ``reach`` names.

    Raises ReachError, ManifestError, InputError.
    """
    path = reach.file(footage.manifest)
    found = read(path)
    [shot] = shots_of(found, (footage.shot,), path)
    return path, found, shot


def entry_of(shot: Shot, person: str) -> int | None:
    """Index of the first entry that replaces the person."""
    return next((index for index, entry in enumerate(shot.replace) if entry.performer == person), None)


def check_shot_footage(draft: TrainDraft, manifest: Path, load: Callable[[Path], Manifest]) -> Iterator[Finding]:
    """Footage that is a shot of a shot manifest: it exists, belongs to this production, and replaces the person."""
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
    hint = f"`fsvfx validate {named.manifest}` lists all of its problems"
    return Finding((*at, "manifest"), f"{named.manifest} has problems: {said}", hint)


def _check_shot(draft: TrainDraft, footage: FootageDraft, manifest: Manifest, shot: Shot) -> Iterator[Finding]:
    if draft.common.production not in (None, manifest.production):
        what = f"shot {shot.name} is of production '{manifest.production}', not '{draft.common.production}'"
        hint = "Consent is for one production: train with footage of that production"
        yield Finding((*footage.loc, "shot", "manifest"), what, hint)
    if footage.person is not None and entry_of(shot, footage.person) is None:
        replaced = [entry.performer for entry in shot.replace]
        hint = suggestion(footage.person, replaced, f"It replaces: {', '.join(replaced) or 'nobody'}")
        yield Finding((*footage.loc, "person"), f"'{footage.person}' is not replaced in shot {shot.name}", hint)
    if footage.name and draft.faceset and (frames := draft.faceset.exclude.get(footage.name)):
        yield from check_within(("faceset", "exclude", footage.name), frames, shot.plate.frames, "footage")
