"""Problems with a crowd: its picture collections, held-out people, and videos named by folder or glob."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from fsvfx import spelling
from fsvfx.documents import Finding, Loc
from fsvfx.errors import InputError
from fsvfx.manifests.draft import FootageDraft, TrainDraft
from fsvfx.media.collections import chosen, everybody_in, is_held_out, matches
from fsvfx.printable import counted
from fsvfx.reach import Reach, ReachError
from fsvfx.suggestions import suggestion
from schemas.templates import VIDEOS


def check_crowd(draft: TrainDraft, manifest: Path) -> Iterator[Finding]:
    """Folders are only listed, and only existing ones: preflight reports missing ones."""
    reach = Reach(manifest, draft.common.production)
    yield from _check_called(draft)
    known: dict[str, list[str]] = {}
    for name, one in draft.collections.items():
        at: Loc = ("collections", name)
        yield from _within((*at, "record"), one.record, reach)
        yield from _within((*at, "path"), one.path, reach)
        found = everybody_in(folder) if (folder := _file(one.path, reach)) else []
        if found:
            yield from _check_patterns((*at, "only"), one.only, found, one.path)
            yield from _check_patterns((*at, "leave_out"), one.leave_out, found, one.path)
        known[name] = chosen(found, one.only, one.leave_out)
    if draft.occluders and draft.occluders.path:
        yield from _within(("occluders", "path"), draft.occluders.path, reach)
    if draft.is_crowd:
        yield from _check_crowd(draft, known)
    for footage in draft.footage:
        yield from _check_clips(footage, reach)


def _check_called(draft: TrainDraft) -> Iterator[Finding]:
    """Each collection is learned once, and exists."""
    seen: set[str] = set()
    for loc, name in draft.called.items():
        if name not in draft.collections:
            hint = suggestion(name, list(draft.collections), "Add it to collections, with its path and record")
            yield Finding(loc, f"'{name}' is not among the collections", hint)
        if name in seen:
            yield Finding(loc, f"collection '{name}' is named twice", "Name each collection once")
        if name in draft.common.named:
            yield Finding(loc, f"'{name}' is a person's name, too", "Give the collection another name")
        seen.add(name)
    for name in draft.collections:
        if name not in seen:
            hint = "Add it to learn.collections, or remove it"
            yield Finding(("collections", name), f"collection '{name}' is not learned", hint)


def _check_patterns(at: Loc, patterns: Sequence[str], names: Sequence[str], where: str) -> Iterator[Finding]:
    for index, pattern in enumerate(patterns):
        if not chosen(names, (pattern,)):
            hint = suggestion(
                pattern, names, f"It has {counted(len(names), 'person', 'people')}, such as {', '.join(names[:3])}"
            )
            yield Finding((*at, index), f"'{pattern}' matches nobody in {where}", hint)


def _check_crowd(draft: TrainDraft, known: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    """``known``: the people in its collections; excluding collections whose folders are missing."""
    people = [*draft.learned.values(), *chain.from_iterable(known.values())]
    twice = sorted({name for name in people if people.count(name) > 1}) if len(set(people)) < len(people) else []
    if twice:
        what = f"somebody is in the crowd twice: {', '.join(twice[:3])}"
        yield Finding(("learn",), what, "Leave them out of one: collections.NAME.leave_out")
    if draft.all_learned and not draft.called and len(draft.learned) < 2:
        yield Finding(("learn", "people"), "a crowd has at least two people", "Add people, or collections")
    for index, pattern in enumerate(draft.held_out.people if draft.held_out and any(known.values()) else ()):
        if not any(matches(name, (pattern,)) for name in people):
            hint = suggestion(pattern, people, "Name somebody of the crowd, or use a glob")
            yield Finding(("learn", "held_out", "people", index), f"'{pattern}' matches nobody in the crowd", hint)
    if draft.held_out and draft.all_learned and draft.held_out.is_nobody:
        yield from _check_frames(draft)
    elif draft.held_out and draft.all_learned and all(known.get(name) for name in draft.called.values()):
        held_out = sum(is_held_out(name, draft.held_out) for name in set(people))
        if held_out < 2:
            what = f"{held_out or 'none'} of the crowd's {len(set(people))} people is held out, and previews need two"
            hint = "Name two or more in learn.held_out.people, or raise its share"
            tune = "; or share: 0, to hold out frames of footage and nobody" if len(draft.learned) > 1 else ""
            yield Finding(("learn", "held_out"), what, hint + tune)


def _check_frames(draft: TrainDraft) -> Iterator[Finding]:
    """If no people are held out, frames are."""
    if len(draft.learned) < 2:
        what = "nobody is held out, and previews need frames of two people with footage"
        yield Finding(("learn", "held_out"), what, "Add people with footage to learn.people, or hold out two people")
    if draft.faceset and not draft.faceset.held_out:
        what = "neither people nor frames are held out, and previews need some"
        yield Finding(("faceset", "held_out"), what, "Hold out a share of the frames, such as 0.1")


def _check_clips(footage: FootageDraft, reach: Reach) -> Iterator[Finding]:
    if footage.clips is None:
        return
    try:
        folder = reach.file(footage.clips.path, glob=True)
    except ReachError as error:
        yield Finding((*footage.loc, "clips", "path"), error.what, error.hint)
        return
    if folder.is_dir() and not clips_at(folder):
        what = f"no videos in {footage.clips.path}"
        yield Finding((*footage.loc, "clips", "path"), what, f"Videos end in {' '.join(sorted(VIDEOS))}")


def clips_at(path: Path) -> list[Path]:
    """The videos in a folder, or those matched by a glob; sorted."""
    found = map(Path, spelling.matches(path / "*" if path.is_dir() else path))
    return [one for one in found if one.suffix.lower() in VIDEOS and not one.name.startswith(".")]


def _within(at: Loc, given: str, reach: Reach) -> Iterator[Finding]:
    try:
        reach.file(given)
    except ReachError as error:
        yield Finding(at, error.what, error.hint)


def _file(given: str, reach: Reach) -> Path | None:
    try:
        return reach.file(given)
    except ReachError:
        return None  # already reported


def check_names_of(pieces: Sequence[str]) -> None:
    """Raises InputError if two videos would become footage with the same name: their results would be in the same
    place."""
    twice = sorted(name for name, times in Counter(map(str.lower, pieces)).items() if times > 1)
    if twice:
        hint = "Give their videos other file names, or name them in pieces of footage of their own"
        raise InputError(f"Several videos would give footage of the same name: {', '.join(twice[:3])}", hint=hint)


def no_clips(given: str) -> InputError:
    """The error for a folder or glob of footage without videos."""
    return InputError(f"No videos at {given}", hint=f"Correct clips.path; videos end in {' '.join(sorted(VIDEOS))}")
