"""An .otio, .otioz or .otiod -> one timeline."""

from __future__ import annotations

import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

import opentimelineio as otio
from opentimelineio.schema import SerializableCollection, Timeline

from fsvfx.editorial.files import decoded
from fsvfx.editorial.otio.schema import OLD_NAMES, nesting, parsed, problems_in
from fsvfx.errors import EditError, InputError, Where
from fsvfx.printable import listed
from fsvfx.settings import machine

PLAYLIST = "content.otio"
"""The edit in a bundle, next to its media."""


def read_otio(path: Path) -> tuple[Timeline, tuple[str, ...]]:
    """The timeline, and notes. Nothing is unpacked from a bundle. Raises InputError, EditError."""
    if path.suffix.lower() == ".otioz":
        text = decoded(_from_zip(path))
    else:
        text = decoded(bounded_bytes(path / PLAYLIST if path.suffix.lower() == ".otiod" else path))
    most = machine().max_edit_depth
    depth = nesting(text.text)
    if depth > most:
        hint = "Flatten nested sequences; if the edit is right, set FSVFX_MAX_EDIT_DEPTH higher"
        raise InputError(
            f"The edit is nested {depth} levels deep; at most {most} are allowed", hint=hint, where=_at(path)
        )
    return _timeline(path, text.text), (text.note,) * bool(text.note)


def bounded_bytes(path: Path) -> bytes:
    """A regular file's content. Raises InputError, also if it has more bytes than the machine's settings allow."""
    try:
        if path.exists() and not path.is_file():
            raise InputError("The edit is not a file", hint="Check the path", where=_at(path))
        with path.open("rb") as file:
            return _within_limit(file.read(machine().max_edit_bytes + 1), path)
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise InputError(f"The edit can't be read: {said}", hint="Check the path", where=_at(path)) from None


def _within_limit(content: bytes, path: Path) -> bytes:
    most = machine().max_edit_bytes
    if len(content) > most:
        hint = "Cut it into reels; if the edit is right, set FSVFX_MAX_EDIT_BYTES higher"
        raise InputError(f"The edit has over {most} bytes", hint=hint, where=_at(path))
    return content


def _from_zip(path: Path) -> bytes:
    if path.exists() and not path.is_file():
        raise InputError("The edit is not a file", hint="Check the path", where=_at(path))
    try:
        with zipfile.ZipFile(path) as bundle, bundle.open(PLAYLIST) as file:
            return _within_limit(file.read(machine().max_edit_bytes + 1), path)
    except OSError as error:
        said = error.strerror or str(error)
        raise InputError(f"The edit can't be read: {said}", hint="Check the path", where=_at(path)) from None
    except KeyError:
        raise unreadable(path, f"it has no {PLAYLIST}") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError) as error:
        raise unreadable(path, error) from None  # RuntimeError: it is encrypted


def _timeline(path: Path, text: str) -> Timeline:
    try:
        data = parsed(text)
        if problems := problems_in(data, otio.core.type_version_map() | OLD_NAMES):
            raise EditError(str(path), problems)
        made: Any = otio.adapters.read_from_string(json.dumps(data), "otio_json")  # as it was looked through
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
    raise InputError(what, hint="Export the timeline that you mean on its own", where=_at(path))


def _in_bin(made: Any) -> list[Timeline]:
    """The timelines of a bin and of the bins in it."""
    if not isinstance(made, SerializableCollection):
        return []
    found: list[Timeline] = []
    for one in made:
        found += [one] if isinstance(one, Timeline) else _in_bin(one)
    return found


def unreadable(path: Path, error: Exception | str) -> InputError:
    """A parser's message as an InputError."""
    said = " ".join(str(error).split()).strip(". ")[:300] or type(error).__name__
    hint = "Export the edit again, or copy it again from its source"
    return InputError(f"The edit is not a valid {path.suffix.lower()} file: {said}", hint=hint, where=_at(path))


def _at(path: Path) -> Where:
    return Where(file=str(path))
