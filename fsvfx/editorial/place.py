"""Every cut of an edit with its plate and its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fsvfx.editorial.cuts import Cut, Cuts
from fsvfx.editorial.numbering import Numbered, numbered
from fsvfx.editorial.paths import PathMap, is_windows, mapped
from fsvfx.editorial.plates import check_places, find_plate, media_of
from fsvfx.editorial.read import Edit
from fsvfx.errors import EditError, InputError, Problem

_SHOWN = 8


@dataclass(frozen=True)
class Placed:
    """The shots of an edit; ``notes`` tell what a person should know."""

    shots: tuple[Numbered, ...]
    notes: tuple[str, ...]


def placed(
    edit: Edit, cuts: Cuts, places: Sequence[str], maps: Sequence[PathMap] = (), *, first_frame: int, handles: int
) -> Placed:
    """Find and open the plate of every cut. Raises EditError with every shot that has none, or not all of its frames.

    StoreError if S3 is out of reach.
    """
    check_places(places)
    shots: list[Numbered] = []
    problems: list[Problem] = []
    for cut in cuts.cuts:
        try:
            path = _plate_of(edit, cut, places, maps)
            shots.append(numbered(cut, media_of(path, cut.rate), first_frame=first_frame, handles=handles))
        except InputError as error:
            problems.append(Problem(cut.shot, error.what, error.hint))
    paths = list(dict.fromkeys(cut.path for cut in cuts.cuts if cut.path))
    unused = _unused(paths, maps)
    if problems:
        problems += [Problem("--map", said, "Compare it with the paths above") for said in unused]
        raise EditError(str(edit.file), tuple(problems))
    mapping = [*(f"--map {said}" for said in unused), *_unmapped(paths, maps)]
    return Placed(tuple(shots), (*cuts.notes, *mapping, *(note for shot in shots for note in shot.notes)))


def _plate_of(edit: Edit, cut: Cut, places: Sequence[str], maps: Sequence[PathMap]) -> str:
    path = find_plate(cut, places, edit.folder, maps)
    if path is not None:
        return path
    there = mapped(cut.path, maps)
    said = f"{cut.path} -> {there}" if there else cut.path
    sought = ", ".join((*places, said) if said else places) or "nowhere: the edit names no file"
    named = f"clip '{cut.clip}'" + (f", reel '{cut.reel}'" if cut.reel else "")
    hint = "Give --plates: a folder, or a path such as plates/{name}/{name}.####.exr"
    if cut.path and there is None and (is_windows(cut.path) or cut.path.startswith("/")):
        hint += f"; or --map {cut.path.rpartition('/')[0] or '/'}=FOLDER: where that is here"
    raise InputError(f"no plate is found for {named} ({sought})", hint=hint)


def _unused(paths: Sequence[str], maps: Sequence[PathMap]) -> list[str]:
    """What of ``--map`` was of no use."""
    return [
        f"{one.said}: no path of the edit begins with {one.source}"
        for one in maps
        if not any(one.applied(path) is not None for path in paths)
    ]


def _unmapped(paths: Sequence[str], maps: Sequence[PathMap]) -> list[str]:
    rest = [path for path in paths if mapped(path, maps) is None] if maps else []
    more = f" and {len(rest) - _SHOWN} more" if len(rest) > _SHOWN else ""
    return [f"no --map is for {', '.join(rest[:_SHOWN])}{more}"] * bool(rest)
