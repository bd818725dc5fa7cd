"""An .otio, .otioz or .otiod -> one timeline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import opentimelineio as otio
from opentimelineio.schema import SerializableCollection, Timeline

from fsvfx.editorial.files import decoded, edit_bytes, unreadable
from fsvfx.editorial.otio.schema import OLD_NAMES, nesting, parsed, problems_in
from fsvfx.errors import EditError, InputError, Where
from fsvfx.printable import listed
from fsvfx.settings import machine

PLAYLIST = "content.otio"
"""The edit in a bundle, next to its media."""


def read_otio(path: Path) -> tuple[Timeline, tuple[str, ...]]:
    """The timeline, and notes. Nothing is unpacked from a bundle. Raises InputError, EditError."""
    suffix = path.suffix.lower()
    in_zip = PLAYLIST if suffix == ".otioz" else ""
    text = decoded(edit_bytes(path / PLAYLIST if suffix == ".otiod" else path, in_zip))
    most = machine().max_edit_depth
    depth = nesting(text.text)
    if depth > most:
        hint = "Flatten nested sequences; if the edit is right, set FSVFX_MAX_EDIT_DEPTH higher"
        what = f"The edit is nested {depth} levels deep; at most {most} are allowed"
        raise InputError(what, hint=hint, where=Where(file=str(path)))
    return _timeline(path, text.text), (text.note,) * bool(text.note)


def _timeline(path: Path, text: str) -> Timeline:
    try:
        data = parsed(text)
        if problems := problems_in(data, otio.core.type_version_map() | OLD_NAMES):
            raise EditError(str(path), problems)
        made: Any = otio.adapters.read_from_string(json.dumps(data), "otio_json")  # in the form that was checked
    except (otio.exceptions.OTIOError, ValueError, TypeError, KeyError, IndexError, RuntimeError) as error:
        raise unreadable(path, error) from None  # RecursionError is a RuntimeError
    timelines = [made] if isinstance(made, otio.schema.Timeline) else _in_bin(made)
    if len(timelines) == 1:
        return timelines[0]
    if timelines:
        names = listed(one.name or "one without a name" for one in timelines)
        what = f"The file holds {len(timelines)} timelines: {names}"
    else:
        what = f"The file holds a {type(made).__name__} without a timeline"
    raise InputError(what, hint="Export the timeline that you mean on its own", where=Where(file=str(path)))


def _in_bin(made: Any) -> list[Timeline]:
    """The timelines in a bin and in its nested bins."""
    if not isinstance(made, SerializableCollection):
        return []
    found: list[Timeline] = []
    for one in made:
        found += [one] if isinstance(one, Timeline) else _in_bin(one)
    return found
