"""From an edit's file to a manifest's text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from fsvfx import manifests
from fsvfx.editorial.cuts import cuts_of
from fsvfx.editorial.manifest_text import manifest_text
from fsvfx.editorial.numbering import Numbered
from fsvfx.editorial.paths import parse_maps
from fsvfx.editorial.place import placed
from fsvfx.editorial.read import read_edit
from schemas import rates


@dataclass(frozen=True)
class Wishes:
    """How an edit becomes shots."""

    places: tuple[str, ...] = ()
    """Where the plates are, see ``find_plate``."""
    maps: tuple[str, ...] = ()
    """``FROM=TO``: where paths of the edit are here, see ``parse_maps``."""
    names: str = "{clip}"
    """Template of the shots' names, see ``shot_names``."""
    first_frame: int = 1001
    handles: int = 8
    rate: Fraction | None = None
    """For an EDL; default: the template's ``plate.frame_rate``."""


@dataclass(frozen=True)
class Taken:
    """A manifest that ``validate`` passes, and what a person should know."""

    text: str
    shots: tuple[Numbered, ...]
    notes: tuple[str, ...]


def take_in(edit: Path, template: Path, wishes: Wishes) -> Taken:
    """The shots of ``edit`` as a manifest that is to lie in the folder of ``template``.

    Raises EditError, ManifestError (the template's, or what the edit makes of it), InputError, StoreError.
    """
    maps = parse_maps(wishes.maps)
    pattern = manifests.load(template)
    rate = wishes.rate or _rate_of(pattern.shots[0].plate.frame_rate)
    read = read_edit(edit, rate)
    cuts = cuts_of(read, wishes.names)
    found = placed(read, cuts, wishes.places, maps, first_frame=wishes.first_frame, handles=wishes.handles)
    written = template.read_text(encoding="utf-8-sig")
    made = manifest_text(written, found.shots, template.absolute().parent, edit.name)
    manifests.parse(made.text, template)
    return Taken(made.text, found.shots, (*found.notes, *made.notes))


def _rate_of(text: str | None) -> Fraction | None:
    return rates.parse(text) if text else None


def as_data(shots: Sequence[Numbered]) -> list[dict[str, object]]:
    """For machines."""
    return [
        {
            "shot": shot.cut.shot,
            "clip": shot.cut.clip,
            "plate": shot.media.path,
            "frames": shot.frames,
            "shown": shot.needed,
            "handles": shot.handles,
        }
        for shot in shots
    ]
