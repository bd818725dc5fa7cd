"""A timeline -> .otio or .edl."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from fsvfx.delivery.place import place
from fsvfx.editorial.edl_out import edl_of
from fsvfx.errors import InputError, Where
from fsvfx.outputs import KEEP, Named

if TYPE_CHECKING:
    from opentimelineio.schema import Timeline

SUFFIXES = (".otio", ".edl")


def check_suffix(path: Path) -> None:
    """Raises InputError for kinds that are not written."""
    if path.suffix.lower() not in SUFFIXES:
        hint = f"End it in {' or '.join(SUFFIXES)}"
        raise InputError(f"Edits of kind '{path.suffix}' are not written", hint=hint, where=Where(field="--out"))


def write_edit(
    timeline: Timeline, path: Path, rate: Fraction, drops: tuple[bool, bool] | None = None, *, owner: Named = KEEP
) -> None:
    """Write ``timeline``, whole or not at all, and not over what the ``owner`` keeps.

    ``drops``, of an EDL: whether sources that don't say so themselves, and the record, are drop-frame; default: at
    29.97 and 59.94. Raises InputError (an EDL has one picture track), MachineError.
    """
    as_edl = path.suffix.lower() == ".edl"
    text = edl_of(timeline, rate, drops) if as_edl else str(timeline.to_json_string(4)) + "\n"

    def write(draft: Path) -> None:
        draft.write_text(text, encoding="utf-8")

    place(str(path), write, owner)
