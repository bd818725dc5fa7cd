"""Every cut of an edit with its plate and its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fsvfx.editorial.cuts import Cut, Cuts
from fsvfx.editorial.numbering import Numbered, numbered
from fsvfx.editorial.plates import check_places, find_plate, media_of
from fsvfx.editorial.read import Edit
from fsvfx.errors import EditError, InputError, Problem


@dataclass(frozen=True)
class Placed:
    """The shots of an edit; ``notes`` tell what a person should know."""

    shots: tuple[Numbered, ...]
    notes: tuple[str, ...]


def placed(edit: Edit, cuts: Cuts, places: Sequence[str], *, first_frame: int, handles: int) -> Placed:
    """Find and open the plate of every cut. Raises EditError with every shot that has none, or not all of its frames.

    StoreError if S3 is out of reach.
    """
    check_places(places)
    shots: list[Numbered] = []
    problems: list[Problem] = []
    for cut in cuts.cuts:
        try:
            shots.append(_placed(edit, cut, places, first_frame, handles))
        except InputError as error:
            problems.append(Problem(cut.shot, error.what, error.mend))
    if problems:
        raise EditError(str(edit.file), tuple(problems))
    return Placed(tuple(shots), (*cuts.notes, *(note for shot in shots for note in shot.notes)))


def _placed(edit: Edit, cut: Cut, places: Sequence[str], first_frame: int, handles: int) -> Numbered:
    path = find_plate(cut, places, edit.file)
    if path is None:
        sought = ", ".join(places) or cut.path or "nowhere: the edit names no file"
        named = f"clip '{cut.clip}'" + (f", reel '{cut.reel}'" if cut.reel else "")
        raise InputError(
            f"no plate is found for {named} ({sought})",
            mend="Give --plates: a folder, or a path such as plates/{name}/{name}.####.exr",
        )
    return numbered(cut, media_of(path, cut.rate), first_frame=first_frame, handles=handles)
