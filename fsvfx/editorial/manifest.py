"""An edit's shots as a manifest, based on a template manifest."""

from __future__ import annotations

import copy
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from fsvfx import manifests
from fsvfx.documents import MOST_BYTES, Document, parse_yaml
from fsvfx.editorial.cuts import cuts_of
from fsvfx.editorial.edit import read_edit
from fsvfx.editorial.numbering import Numbered, placed
from fsvfx.editorial.paths import parse_maps
from schemas import rates
from schemas.upgrade import upgrade


@dataclass(frozen=True)
class ImportOptions:
    """Options for turning an edit into shots."""

    places: tuple[str, ...] = ()
    """Where the plates are, see ``find_plate``."""
    maps: tuple[str, ...] = ()
    """``FROM=TO``: local replacements of the edit's paths, see ``parse_maps``."""
    names: str = "{clip}"
    """Template of the shots' names, see ``shot_names``."""
    first_frame: int = 1001
    handles: int = 8
    rate: Fraction | None = None
    """For an EDL; default: the template's ``plate.frame_rate``."""


@dataclass(frozen=True)
class ImportedEdit:
    """A manifest that passes ``validate``, and notes for people."""

    text: str
    shots: tuple[Numbered, ...]
    notes: tuple[str, ...]


def import_edit(edit: Path, template: Path, wishes: ImportOptions) -> ImportedEdit:
    """The shots of ``edit`` as a manifest for the folder of ``template``.

    Raises EditError, ManifestError (from the template, or from the result), InputError, StoreError.
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
    return ImportedEdit(made.text, found.shots, (*found.notes, *made.notes))


def _rate_of(text: str | None) -> Fraction | None:
    return rates.parse(text) if text else None


def shots_as_data(shots: Sequence[Numbered]) -> list[dict[str, object]]:
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


_BOUND = ("overrides", "position")
"""Keys of a pattern shot that apply only to its own frames."""


@dataclass(frozen=True)
class ManifestText:
    """``notes`` list the pattern's values that were left out or need a check."""

    text: str
    notes: tuple[str, ...]


def manifest_text(template: str, shots: Sequence[Numbered], folder: Path, edit: str) -> ManifestText:
    """The text of a valid ``template`` with its shots replaced. Everything else is unchanged, including comments.

    A shot with the same name in the template keeps its settings; others take those of its first shot, without what
    belongs to that shot's own frames. ``folder``: of the manifest, the base of relative paths.
    """
    document = parse_yaml(template)
    data = upgrade(document.data)
    known = {str(one["name"]).lower(): one for one in data["shots"]}
    made: list[CommentedMap] = []
    notes: list[str] = []
    for shot in shots:
        own = known.get(shot.cut.shot.lower())
        pattern = copy.deepcopy(own or data["shots"][0])
        if own is None:
            notes += _loosened(pattern, shot.cut.shot, data["people"])
        made.append(_shot(pattern, shot, folder))
    block = f"# from {edit}\n" + _dump({"shots": made})
    if span := _lines_of_shots(document, data):
        lines = template.splitlines(keepends=True)
        text = "".join([*lines[: span.start], block, *lines[span.stop :]])
    else:
        text = _dump({key: value for key, value in data.items() if key != "shots"}) + block
    return ManifestText(text, tuple(notes))


def _loosened(pattern: dict[str, Any], shot: str, people: dict[str, Any]) -> list[str]:
    """Remove what applies only to the pattern shot's frames; returns what to check."""
    pattern.get("composite", {}).pop("overrides", None)
    entries = pattern.get("replace", [])
    for entry in entries:
        for key in _BOUND:
            entry.pop(key, None)
        if len(entries) == 1 or people[entry["performer"]].get("references"):
            entry.pop("track", None)
    tracks = [str(entry["track"]) for entry in entries if "track" in entry]
    return [f"{shot}: track {', '.join(tracks)} is the template's: check it with `fsvfx faces`"] * bool(tracks)


def _shot(pattern: dict[str, Any], shot: Numbered, folder: Path) -> CommentedMap:
    rate, (head, tail) = shot.cut.rate, shot.handles
    plate = CommentedMap(path=_relative(shot.media.path, folder))
    plate["first_frame"] = shot.first_frame
    plate["frames"] = str(shot.frames)
    plate["color_space"] = pattern["plate"]["color_space"]
    if shot.media.is_sequence:
        plate["frame_rate"] = rates.written(rate) if rate.denominator > 1 else rate.numerator
    if shot.timecode:
        plate["timecode"] = DoubleQuotedScalarString(shot.timecode)
    plate.yaml_add_eol_comment(f"the edit shows {shot.needed}; handles {head} + {tail}", "frames")
    made = CommentedMap(name=shot.cut.shot, plate=plate)
    made.update({key: value for key, value in pattern.items() if key not in ("name", "plate")})
    return made


def _relative(path: str, folder: Path) -> str:
    if path.startswith("s3://"):
        return path
    here = os.path.relpath(path, folder)
    return str(Path(path).absolute()) if here.startswith("..") else here


def _dump(value: Any) -> str:
    yaml = YAML()
    yaml.width = 110
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = io.StringIO()
    yaml.dump(value, out)
    return out.getvalue()


def _lines_of_shots(document: Document, data: dict[str, Any]) -> range | None:
    """The lines of ``shots`` in the text. None: it has no lines of its own."""
    if document.data != data:  # with an older schema
        return None
    lines = document.lines
    begin = lines[("shots",)] - 1
    others = [lines[(key,)] - 1 for key in data if key != "shots"]
    if begin in others:
        return None
    return range(begin, min((line for line in others if line > begin), default=MOST_BYTES))
