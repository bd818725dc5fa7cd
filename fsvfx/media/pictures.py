"""Single pictures of people: their content, and their digests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fsvfx.arrays import Array
from fsvfx.digests import blake3_of, digest_of
from fsvfx.errors import PlateError
from fsvfx.media import digests, oiio
from fsvfx.media.collections import cutouts_in
from fsvfx.media.files import Place, guarded
from fsvfx.media.sequence.frame import probe_frame, read_frame
from fsvfx.reach import Reach, ReachError


def read_picture(path: Path, reach: Reach) -> Array:
    """(H, W, 3) RGB at native depth, first decoded in a separate process if it is new here. Raises PlateError."""
    place = Place(str(path), reach=reach)
    probe_frame(path, place)
    return read_frame(path, place)[0]


def read_cutout(path: Path, reach: Reach) -> NDArray[np.float32]:
    """(H, W, 4) in [0, 1]: RGB, not premultiplied, and alpha, of a PNG or TIFF, checked like other pictures.

    Raises PlateError: it can't be read, or has no alpha.
    """
    place = Place(str(path), reach=reach)
    with guarded("the picture can't be read", place):
        oiio.probe_pixels(path, place)
        with oiio.opened(path, place) as file:
            names = oiio.channel_names(file.spec())
            if not {"R", "G", "B", "A"} <= {*names}:
                raise place.error(f"it has the channels {', '.join(names)}", "Cut-outs have R, G, B and A")
            codes = oiio.pixels(file, [names.index(name) for name in "RGBA"], place)
    return np.asarray(codes / np.float32(np.iinfo(codes.dtype).max if codes.dtype.kind == "u" else 1), np.float32)


def cutouts_digest(folder: Path, reach: Reach) -> str:
    """The digest of all cut-outs in the folder, in the order of their names. Raises PlateError."""
    files = cutouts_in(folder)
    found = digests_of(files, reach)
    return digest_of([found[file] for file in files])


def digests_of(paths: Sequence[Path], reach: Reach) -> dict[Path, str]:
    """The digest of each file's content. Raises PlateError for one that can't be read, or is out of reach."""
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
