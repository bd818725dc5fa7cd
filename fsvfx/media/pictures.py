"""Single pictures of people: what they hold, and what they are by content."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fsvfx.arrays import Array
from fsvfx.digests import blake3_of
from fsvfx.errors import PlateError
from fsvfx.media import digests
from fsvfx.media.files import Place
from fsvfx.media.sequence.frame import probe_frame, read_frame
from fsvfx.reach import Reach, ReachError


def read_picture(path: Path, reach: Reach) -> Array:
    """(H, W, 3) RGB at native depth, decoded in a process of its own if it is new here. Raises PlateError."""
    place = Place(str(path), reach=reach)
    probe_frame(path, place)
    return read_frame(path, place)[0]


def digests_of(paths: Sequence[Path], reach: Reach) -> dict[Path, str]:
    """Of each file's content. Raises PlateError for one that can't be read, or is out of reach."""
    try:
        for path in paths:
            reach.check(path)
        stamps = {str(path): digests.stamp_of(path) for path in paths}
        found = digests.remembered(stamps, lambda path: blake3_of(Path(path)))
    except ReachError as error:
        raise PlateError(error.what, hint=error.hint) from error
    except OSError as error:
        hint = "Restore the file, or leave the person out"
        raise PlateError(f"{error.filename} can't be read ({error.strerror})", hint=hint) from error
    return {path: found[str(path)] for path in paths}
